/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Takes connections up. Event loop's thread. */
#ifndef PHICAST_BROADCASTER_HTTP_LISTENER_H
#define PHICAST_BROADCASTER_HTTP_LISTENER_H

#include "broadcaster/guard/listen.h"
#include "broadcaster/http/connection.h"

#include <ev.h>

struct listener {
    struct connections *connections; /* NULL: stopped */
    struct tls *tls;                 /* NULL: plain */
    uint32_t count;
    ev_io io[OPTION_LIST_MAX];
    ev_timer pause;    /* runs while there is nothing left to take anybody up with */
    uint64_t pauses;   /* so far */
    uint64_t pause_us; /* when the last one began */
};

/* All pointers must live on until listener_stop. */
void listener_start(struct listener *listener, struct connections *connections,
                    const struct listen_plan *plan, struct tls *tls);

/* One of all zeros is fine. */
void listener_stop(struct listener *listener);

#endif
