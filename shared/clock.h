/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The two clocks: one that never steps, for schedules and ages, and the one on the wall, for timestamps. */
#ifndef PHICAST_SHARED_CLOCK_H
#define PHICAST_SHARED_CLOCK_H

#include <stdint.h>
#include <time.h>

/* CLOCK_MONOTONIC in microseconds. Any thread. */
static inline uint64_t clock_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000U + (uint64_t)now.tv_nsec / 1000U;
}

/* CLOCK_REALTIME in microseconds since 1970. Any thread. */
static inline uint64_t clock_unix_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000U + (uint64_t)now.tv_nsec / 1000U;
}

static inline uint64_t clock_earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

#endif
