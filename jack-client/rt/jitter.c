/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/rt/jitter.h"

#include <math.h>

/* Slices stand on a fixed grid of time: those that went by without a callback are emptied, too. */
static struct jitter_slice *slice_at(struct jitter *jitter, uint64_t now_us)
{
    const uint64_t number = now_us / JITTER_SLICE_US;
    const uint64_t passed = number - jitter->number;
    for (uint64_t i = 1; i <= passed && i <= JITTER_SLICES; i++) {
        jitter->slice[(jitter->number + i) % JITTER_SLICES] = (struct jitter_slice){0};
    }
    jitter->number = number;
    return &jitter->slice[number % JITTER_SLICES];
}

RT_SAFE void jitter_add(struct jitter *jitter, uint64_t now_us, double late_us)
{
    struct jitter_slice *slice = slice_at(jitter, now_us);
    slice->count++;
    slice->sum += late_us;
    slice->squares += late_us * late_us;
}

RT_SAFE double jitter_deviation(const struct jitter *jitter)
{
    double count = 0;
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < JITTER_SLICES; i++) {
        count += jitter->slice[i].count;
        sum += jitter->slice[i].sum;
        squares += jitter->slice[i].squares;
    }
    if (count < 2) {
        return 0;
    }
    const double variance = (squares - sum * sum / count) / (count - 1);
    return variance > 0 ? sqrt(variance) : 0;
}
