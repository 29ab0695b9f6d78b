/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the inputs could be connected to, and are, told to the world; and which port it was that somebody
 * chose from that. Control thread. */
#ifndef PHICAST_JACK_CLIENT_CLIENT_SOURCES_H
#define PHICAST_JACK_CLIENT_CLIENT_SOURCES_H

#include "jack-client/ports/ports.h"
#include "shared/telemetry.h"

#include <jack/jack.h>
#include <stdint.h>

/* Start from {0}. */
struct sources {
    struct patchbay current;
    const struct telemetry *written; /* where `current` stands; NULL: it does not yet */
};

/* After the graph has changed. */
void sources_update(struct sources *sources, jack_client_t *client, const struct ports *ports);

/* The server has gone, and whatever was there. */
void sources_server_lost(struct sources *sources);

/* Writes them if they do not stand there yet. Cheap: often. */
void sources_publish(struct sources *sources, struct telemetry *telemetry);

/* The name of that source, to be freed; NULL: it is not there any more, or has another name. */
char *sources_find(jack_client_t *client, uint64_t id);

#endif
