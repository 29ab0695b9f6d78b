/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Takes connections up and hands them to libwebsockets. Its own listener would be woken for ever, and write a
 * line each time, while a connection waits that there is no descriptor for. Event loop's thread. */
#ifndef PHICAST_BROADCASTER_SERVER_ACCEPT_H
#define PHICAST_BROADCASTER_SERVER_ACCEPT_H

#include "broadcaster/limits.h"
#include "broadcaster/listen.h"

#include <ev.h>
#include <libwebsockets.h>

struct server_accept {
    struct ev_loop *loop;
    struct lws_vhost *vhost; /* of all addresses */
    struct limits *limits;
    uint32_t count;
    ev_io listener[OPTION_LIST_MAX];
    ev_timer pause;    /* runs while there is nothing left to take anybody up with */
    uint64_t pauses;   /* so far */
    uint64_t pause_us; /* when the last one began */
};

/* All pointers must live on until server_accept_stop. */
void server_accept_start(struct server_accept *accept, struct ev_loop *loop, struct lws_vhost *vhost,
                         const struct listen_plan *plan, struct limits *limits);

/* One of all zeros is fine. */
void server_accept_stop(struct server_accept *accept);

#endif
