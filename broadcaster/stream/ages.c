/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/stream/ages.h"

enum { WINDOW_US = 1000000 };

/* Below 0 when the first is the later one. */
static double ms_between(uint64_t from_us, uint64_t to_us)
{
    return (double)(int64_t)(to_us - from_us) / 1e3;
}

void ages_add(struct ages *window, uint64_t now_us, uint64_t centre_us)
{
    const uint64_t slot = window->count++ % LATENCY_SAMPLES;
    window->sample[slot].at_us = now_us;
    window->sample[slot].age_ms = ms_between(centre_us, now_us);
}

double ages_mean_ms(const struct ages *window, uint64_t now_us)
{
    const uint64_t held = window->count < LATENCY_SAMPLES ? window->count : LATENCY_SAMPLES;
    double sum = 0;
    uint64_t used = 0;

    for (uint64_t i = 0; i < held; i++) {
        if (window->sample[i].at_us + WINDOW_US > now_us) {
            sum += window->sample[i].age_ms;
            used++;
        }
    }
    return used > 0 ? sum / (double)used : 0;
}

struct latency_report latency_describe(const struct latency_snapshot *graph, double software_ms,
                                       const struct metrics_snapshot *newest, double timestamp)
{
    const double wait_ms = ms_between(newest->centre_us, newest->published_us);
    return (struct latency_report){
        .timestamp = timestamp,
        .total_ms = graph->hardware_ms + software_ms,
        .hardware_ms = graph->hardware_ms,
        .software_ms = software_ms,
        .buffer_ms = graph->buffer_ms,
        .jitter_ms = graph->jitter_ms,
        .calibrated = graph->calibrated,
        .compensation_ms = graph->compensated ? graph->hardware_ms + wait_ms : 0,
    };
}
