/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From one clock to another that people may set: the offset between them, smooth between two steps.
 *
 * Readings of the offset are noisy, because the scheduler may come between the two clocks' readings. So the
 * offset follows them slowly, by at most CLOCK_MAP_SLEW of the time that has passed: time never runs
 * backwards, and a reading's noise hardly shows. When readings stay away from it by more than
 * CLOCK_MAP_STEP_US, somebody has set the clock, and the offset jumps there. Pure: reads no clock itself. */
#ifndef PHICAST_JACK_CLIENT_CLIENT_CLOCK_MAP_H
#define PHICAST_JACK_CLIENT_CLIENT_CLOCK_MAP_H

#include <stdbool.h>
#include <stdint.h>

#define CLOCK_MAP_SLEW 0.001 /* twice what NTP slews a clock by at the most */
enum {
    CLOCK_MAP_STEP_US = 2000,    /* a reading further off than this is a step, or nothing */
    CLOCK_MAP_STEP_READINGS = 5, /* so many in a row make it a step */
};

/* Start from {0}. */
struct clock_map {
    bool set;
    double offset_us; /* what to add to the one clock to have the other */
    int64_t last_us;  /* of the one clock, at the latest reading */
    int far_readings; /* in a row */
};

/* A reading: the other clock read offset_us more than the one clock, which read now_us. True when it made the
 * offset jump, *jump_us then being by how much (never at the first reading). */
bool clock_map_read(struct clock_map *map, int64_t now_us, int64_t offset_us, int64_t *jump_us);

#endif
