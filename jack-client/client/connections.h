/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who is connected to whom: --connect, --follow, and the memory that brings connections back after the server
 * has gone. Control thread.
 *
 * --connect joins a matching port when it appears, and leaves a person's later choice alone. --follow keeps
 * the inputs listening to whatever feeds the matching ports, and takes away again only what it has made
 * itself. A port that goes takes all that was known of it along: one that comes back under its name, however
 * soon, is new. One that is renamed is the same.
 */
#ifndef PHICAST_JACK_CLIENT_CLIENT_CONNECTIONS_H
#define PHICAST_JACK_CLIENT_CLIENT_CONNECTIONS_H

#include "jack-client/client/arrivals.h"
#include "jack-client/client/joins.h"
#include "jack-client/client/links.h"
#include "jack-client/options.h"
#include "jack-client/ports/ports.h"

#include <stdint.h>

struct connections {
    const struct option_list *connect; /* patterns */
    const struct option_list *follow;  /* patterns */
    struct links standing;             /* ours as last seen, those gone for a moment included */
    struct links lost;                 /* stood when the server went, and not yet restored */
    struct links followed;             /* made by --follow */
    struct joins joins;
    struct offer {
        char *source; /* the port that --connect has given this input, if it is still there; NULL: none */
        uint64_t id;
        bool made; /* a connection that is not there any more is one that a person undid */
    } offered[CHANNELS_MAX];
};

/* After the graph has changed (`changed`), and from time to time. now_ms: a monotonic clock. */
void connections_update(struct connections *connections, jack_client_t *client, struct ports *ports,
                        struct arrivals *arrivals, bool changed, uint64_t now_ms);

/* A person wants them connected, or not: which the options leave alone, as what is done in a patchbay. */
void connections_patch(struct connections *connections, jack_client_t *client, const char *source,
                       const char *sink, bool connected);

/* Says which patterns match nothing: for once, when the ports that were there at the start have been seen. */
void connections_name_idle(const struct connections *connections, jack_client_t *client);

/* Whether something has been asked for of which it is not known yet whether it was done: update again soon.
 */
bool connections_pending(const struct connections *connections);

/* The server has gone: what stood is to be restored in the next one. */
void connections_server_lost(struct connections *connections);

void connections_clear(struct connections *connections);

#endif
