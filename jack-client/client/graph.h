/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The server's ports, asked for one by one. A port may go or get a new name between any two calls: it is
 * known by its number. Control thread. */
#ifndef PHICAST_JACK_CLIENT_CLIENT_GRAPH_H
#define PHICAST_JACK_CLIENT_CLIENT_GRAPH_H

#include "shared/options.h"

#include <jack/jack.h>
#include <stdbool.h>
#include <stdint.h>

/* The number of the port of that name; 0: there is none. */
uint64_t graph_port_id(jack_client_t *client, const char *name);

/* The present name of a source that was known as `name`, to be freed; NULL if it has gone. JACK gives a
 * number that has become free to another port: struct arrivals tells. */
char *graph_present_name(jack_client_t *client, const char *name, uint64_t id);

bool graph_is_own(jack_client_t *client, const char *name);

/* Calls each(context, name) for the audio ports of others that match the patterns, pattern by pattern, in
 * JACK's order. flags: JackPortIsInput or JackPortIsOutput. */
void graph_for_matching(jack_client_t *client, const struct option_list *patterns, unsigned long flags,
                        void (*each)(void *context, const char *name), void *context);

#endif
