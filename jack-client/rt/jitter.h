/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The standard deviation of the callback's wake-up over the last ten seconds. RT thread only. */
#ifndef PHICAST_JACK_CLIENT_RT_JITTER_H
#define PHICAST_JACK_CLIENT_RT_JITTER_H

#include "shared/rt_safe.h"

#include <stdint.h>

enum { JITTER_SLICES = 40, JITTER_SLICE_US = 250000 };

struct jitter_slice {
    uint32_t count;
    double sum;
    double squares;
};

/* Start from {0}. */
struct jitter {
    uint64_t number; /* of the slice being filled, counted from the clock's 0; the others hold the past */
    struct jitter_slice slice[JITTER_SLICES];
};

/* late_us: how long after the cycle's predicted start the callback ran; now_us: the same clock's time of it.
 */
RT_SAFE void jitter_add(struct jitter *jitter, uint64_t now_us, double late_us);

/* In us; 0 with fewer than two values. */
RT_SAFE double jitter_deviation(const struct jitter *jitter);

#endif
