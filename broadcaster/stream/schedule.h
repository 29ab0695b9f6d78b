/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An absolute schedule: deadline n stands at start + n / rate, so that no lateness ever adds up. Pure. */
#ifndef PHICAST_BROADCASTER_STREAM_SCHEDULE_H
#define PHICAST_BROADCASTER_STREAM_SCHEDULE_H

#include <stdint.h>

struct schedule {
    uint64_t start_us; /* CLOCK_MONOTONIC */
    uint64_t rate_hz;  /* deadlines per second, >= 1 */
    uint64_t number;   /* of the next deadline, from 1 */
};

/* The first deadline is one period after now_us. */
void schedule_init(struct schedule *schedule, uint64_t now_us, uint32_t rate_hz);

/* When the next deadline is, in us of the same clock. */
uint64_t schedule_deadline(const struct schedule *schedule);

/* Moves on to the first deadline after now_us, skipping (not bunching up) those that were slept through.
 * Returns how many were skipped: 0 when on time. */
uint64_t schedule_advance(struct schedule *schedule, uint64_t now_us);

#endif
