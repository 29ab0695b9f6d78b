/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The way to one target: a socket that never blocks, found and found again whatever becomes of the other end.
 *
 * Events must not go missing: those that cannot leave at once wait in a queue, in order. They wait for
 * LINK_PATIENCE_US at most: an event that is older when the target comes back is dropped and counted, because
 * a light that changes now for what was heard minutes ago does harm. Metrics are a state: what cannot leave
 * at once is dropped, the next frame follows. A TCP target that takes nothing while LINK_PATIENCE_US pass or
 * the queue fills is disconnected, and connected again later, with growing pauses, for ever.
 *
 * UDP tells of a missing receiver only if its machine answers so; packets are sent all the same.
 *
 * A name may come to mean another machine. Each attempt begins with the name; while UDP is refused it is
 * asked for every LINK_LOOKUP_REFUSED_US, and else every LINK_LOOKUP_US. An address that it no longer stands
 * for is left for the first that it does. A service's name is asked for whenever the answer may have changed;
 * one that is not announced any more is waited for, while the loss of Avahi alone changes nothing.
 *
 * All functions: the event loop's thread. */
#ifndef PHICAST_BROADCASTER_SINKS_OSC_LINK_H
#define PHICAST_BROADCASTER_SINKS_OSC_LINK_H

#include "broadcaster/sinks/osc/choice.h"
#include "broadcaster/sinks/osc/packet.h"
#include "broadcaster/sinks/osc/queue.h"
#include "broadcaster/sinks/osc/resolve.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    LINK_PATIENCE_US = 5000000,
    LINK_PAUSE_MIN_US = 500000,
    LINK_PAUSE_MAX_US = 15000000,
    LINK_CALM_US = 60000000,
    LINK_LOOKUP_US = 60000000,
    LINK_LOOKUP_REFUSED_US = 2000000,
    LINK_WHY_MAX = 80
};

enum link_state {
    LINK_WAITING,    /* nothing is under way until the pause is over */
    LINK_RESOLVING,  /* the name is being asked for */
    LINK_CONNECTING, /* TCP only */
    LINK_OPEN,
    LINK_REFUSED /* UDP only: nobody listens there; sending on */
};

struct osc_link {
    const struct osc_choice *choice;
    bool quiet;          /* nobody asked for this target: it is no news whether it is there */
    bool missed;         /* it was said that nobody is there */
    uint64_t moves;      /* to another address */
    uint64_t changes;    /* of what there is to say about it, until there were none for LINK_CALM_US */
    uint64_t changed_us; /* when the last of them was */
    enum link_state state;
    char why[LINK_WHY_MAX];      /* one phrase on the state, for people */
    int fd;                      /* -1: none */
    struct osc_resolve *resolve; /* NULL: the name is not being asked for */
    uint64_t resolved_us;        /* when it was last */
    uint32_t resolved_change;    /* of a service: what osc_service_changes was then */
    struct addrinfo *list;       /* all addresses found */
    struct addrinfo *address;
    struct osc_queue queue;
    size_t part; /* TCP: bytes of the first waiting packet that have left already */
    uint64_t
        since_us; /* connecting: since when; open: when the target last took something, or was asked to */
    uint64_t probe_us; /* UDP: when a packet left of which it is not known yet whether it was refused; 0 */
    uint64_t retry_us; /* waiting: until when */
    uint64_t pause_us; /* the next one */
    uint64_t openings; /* moves on whenever a receiver may be there that has had nothing yet */
    uint64_t sent;     /* packets handed to the kernel */
    uint64_t dropped;  /* packets given up */
};

/* choice must live on. quiet: only --verbose is told of the target's comings and goings. */
void osc_link_init(struct osc_link *link, const struct osc_choice *choice, bool quiet);
void osc_link_close(struct osc_link *link);

/* Does what is due. Returns when it must be called again, CLOCK_MONOTONIC in us. */
uint64_t osc_link_beat(struct osc_link *link, uint64_t now_us);

/* keep: it may wait in the queue (an event), rather than be dropped (metrics). */
void osc_link_send(struct osc_link *link, const struct osc_packet *packet, bool keep, uint64_t now_us);

/* Whether packets leave at all. */
bool osc_link_sends(const struct osc_link *link);

/* Whether somebody seems to be there to receive them. */
bool osc_link_seems_alive(const struct osc_link *link);

/* "waiting", "resolving", "connecting", "open", "refused". */
const char *osc_link_state_str(enum link_state state);

#endif
