/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The origins of pages that were refused last, for whoever may let them in. Bounded, however many there are:
 * one that comes again is the same entry, and where a new one finds no room, the one goes that came least
 * often, and of those the one that came longest ago; so a flood of invented ones pushes itself out. Event
 * loop's thread. */
#ifndef PHICAST_BROADCASTER_GUARD_REFUSALS_H
#define PHICAST_BROADCASTER_GUARD_REFUSALS_H

#include <stdint.h>

enum { REFUSALS_MAX = 8, REFUSALS_ORIGIN_MAX = 272 /* of http://, a name, and a port */ };

struct refused_origin {
    char origin[REFUSALS_ORIGIN_MAX]; /* as it was sent, in visible ASCII, cut where it is too long */
    char admit[REFUSALS_ORIGIN_MAX];  /* what --allow-origin takes to let it in; "": nothing does */
    uint64_t count;
    double last; /* Unix seconds */
};

/* Start from {0}. */
struct refusals {
    uint32_t count;
    struct refused_origin origin[REFUSALS_MAX]; /* the newest first */
};

/* admit: what --allow-origin takes to let it in; NULL: nothing does. now: Unix seconds. */
void refusals_add(struct refusals *refusals, const char *origin, const char *admit, double now);

#endif
