/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/control/clocks.h"

#include <jack/jack.h>
#include <time.h>

enum { TRIES = 5 };

static int64_t read_us(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

uint64_t clocks_now_ms(void)
{
    return (uint64_t)read_us(CLOCK_MONOTONIC) / 1000;
}

/* The reading that JACK's clock enclosed most tightly is the one least disturbed by the scheduler. */
static int64_t offset_us(clockid_t clock)
{
    int64_t best_width = INT64_MAX;
    int64_t best = 0;
    for (int i = 0; i < TRIES; i++) {
        const int64_t before = (int64_t)jack_get_time();
        const int64_t now = read_us(clock);
        const int64_t after = (int64_t)jack_get_time();
        if (after - before < best_width) {
            best_width = after - before;
            best = now - (before + after) / 2;
        }
    }
    return best;
}

void clocks_update(struct rt_inputs *inputs)
{
    atomic_store_explicit(&inputs->realtime_offset_us, offset_us(CLOCK_REALTIME), memory_order_relaxed);
    atomic_store_explicit(&inputs->monotonic_offset_us, offset_us(CLOCK_MONOTONIC), memory_order_relaxed);
}
