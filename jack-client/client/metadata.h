/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What patchbays show: pretty names, order, groups, an icon; of our own ports, and the pretty names of
 * others. Control thread; failures are no matter. */
#ifndef PHICAST_JACK_CLIENT_CLIENT_METADATA_H
#define PHICAST_JACK_CLIENT_CLIENT_METADATA_H

#include "jack-client/ports/ports.h"

#include <jack/metadata.h>
#include <stdint.h>

void metadata_set(jack_client_t *client, struct ports *ports);
void metadata_remove(jack_client_t *client, struct ports *ports);

/* The pretty name of the port of that number, for jack_free; NULL: it has none. */
char *metadata_pretty_name(uint64_t port);

/* Has changed(arg) called, in a thread of JACK's, when a property of anything changes. Before the client is
 * activated. */
void metadata_watch(jack_client_t *client, JackPropertyChangeCallback changed, void *arg);

#endif
