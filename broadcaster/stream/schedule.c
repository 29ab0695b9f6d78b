/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/stream/schedule.h"

void schedule_init(struct schedule *schedule, uint64_t now_us, uint32_t rate_hz)
{
    *schedule = (struct schedule){.start_us = now_us, .rate_hz = rate_hz, .number = 1};
}

uint64_t schedule_deadline(const struct schedule *schedule)
{
    return schedule->start_us + schedule->number * 1000000U / schedule->rate_hz;
}

uint64_t schedule_advance(struct schedule *schedule, uint64_t now_us)
{
    const uint64_t next = schedule->number + 1;
    schedule->number = next;
    if (schedule_deadline(schedule) > now_us) {
        return 0;
    }
    schedule->number = (now_us - schedule->start_us) * schedule->rate_hz / 1000000U;
    while (schedule_deadline(schedule) <= now_us) { /* at most twice: the divisions round down */
        schedule->number++;
    }
    return schedule->number - next;
}
