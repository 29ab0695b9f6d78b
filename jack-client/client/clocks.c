/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/client/clocks.h"

#include "shared/clock.h"
#include "shared/log.h"

#include <jack/jack.h>
#include <stdbool.h>
#include <time.h>

enum { TRIES = 5, WIDEST_US = 50 };

static int64_t read_us(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

uint64_t clocks_now_ms(void)
{
    return clock_now_us() / 1000;
}

/* The reading that JACK's clock enclosed most tightly is the one least disturbed by the scheduler. False if
 * none was tight. */
static bool read_offset(clockid_t clock, int64_t *now_us, int64_t *offset_us)
{
    int64_t best_width = INT64_MAX;
    for (int i = 0; i < TRIES; i++) {
        const int64_t before = (int64_t)jack_get_time();
        const int64_t other = read_us(clock);
        const int64_t after = (int64_t)jack_get_time();
        if (after - before < best_width) {
            best_width = after - before;
            *now_us = after;
            *offset_us = other - (before + after) / 2;
        }
    }
    return best_width <= WIDEST_US;
}

/* True when the clock has been set. */
static bool follow(struct clock_map *map, clockid_t clock, _Atomic int64_t *result)
{
    int64_t now_us = 0;
    int64_t offset_us = 0;
    int64_t jump_us = 0;
    if (!read_offset(clock, &now_us, &offset_us) && map->set) {
        return false;
    }
    const bool jumped = clock_map_read(map, now_us, offset_us, &jump_us);
    if (jumped) {
        log_warning("the system's clock was set by %.3f s; timestamps follow", (double)jump_us * 1e-6);
    }
    atomic_store_explicit(result, (int64_t)map->offset_us, memory_order_relaxed);
    return jumped;
}

void clocks_update(struct clocks *clocks, struct rt_inputs *inputs)
{
    if (follow(&clocks->real, CLOCK_REALTIME, &inputs->realtime_offset_us)) {
        atomic_fetch_add_explicit(&inputs->clock_steps, 1, memory_order_release);
    }
    (void)follow(&clocks->monotonic, CLOCK_MONOTONIC, &inputs->monotonic_offset_us);
}
