/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who is connected to whom: --connect, --follow, and the memory that brings connections back after the server
 * has gone. Control thread.
 *
 * --connect joins a matching port when it first appears, and leaves a person's later choice alone. --follow
 * keeps the inputs listening to whatever feeds the matching ports, and takes away again only what it has made
 * itself.
 */
#ifndef PHICAST_JACK_CLIENT_CONTROL_CONNECTIONS_H
#define PHICAST_JACK_CLIENT_CONTROL_CONNECTIONS_H

#include "jack-client/control/links.h"
#include "jack-client/options.h"
#include "jack-client/rt/process.h"

#include <stdint.h>

struct connections {
    const struct option_list *connect; /* patterns */
    const struct option_list *follow;  /* patterns */
    struct links standing;             /* ours as last seen, those gone for a moment included */
    struct links lost;                 /* stood when the server went, and not yet restored */
    struct links offered;              /* made by --connect while their source port has been there */
    struct links followed;             /* made by --follow */
};

/* After the graph has changed, and from time to time. now_ms: a monotonic clock. */
void connections_update(struct connections *connections, jack_client_t *client, const struct rt *rt,
                        uint64_t now_ms);

/* The server has gone: what stood is to be restored in the next one. */
void connections_server_lost(struct connections *connections);

void connections_clear(struct connections *connections);

#endif
