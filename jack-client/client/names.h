/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What each channel is called: what --label says; else its input's first source, by its pretty name or as
 * "client:port", with " +2" behind it if there are two more. Control thread. */
#ifndef PHICAST_JACK_CLIENT_CLIENT_NAMES_H
#define PHICAST_JACK_CLIENT_CLIENT_NAMES_H

#include "jack-client/ports/ports.h"
#include "shared/telemetry.h"

#include <jack/jack.h>
#include <stddef.h>
#include <stdint.h>

struct names {
    const struct channel_names *labels; /* empty: none is given for this channel */
    struct channel_names current;
    const struct telemetry *written; /* where `current` stands; NULL: it does not yet */
};

/* labels must live on. */
void names_init(struct names *names, const struct channel_names *labels);

/* After the graph, or a property of a port, has changed. */
void names_update(struct names *names, jack_client_t *client, const struct ports *ports);

/* The server has gone, and whatever fed the channels. */
void names_server_lost(struct names *names);

/* Writes them if they do not stand there yet. Cheap: often. */
void names_publish(struct names *names, struct telemetry *telemetry);

/* One name, in `size` bytes, with zeros behind it: the text, of which `more` others stand behind, cut at the
 * end of a character where it does not fit; what is no UTF-8, and each control character, becomes a "?". */
void names_make(char *out, size_t size, const char *text, uint32_t more);

#endif
