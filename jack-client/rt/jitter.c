/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/rt/jitter.h"

#include <math.h>

void jitter_add(struct jitter *jitter, uint64_t now_us, double late_us)
{
    if (now_us - jitter->slice_began_us >= JITTER_SLICE_US) {
        jitter->slice_began_us = now_us;
        jitter->current = (jitter->current + 1) % JITTER_SLICES;
        jitter->slice[jitter->current] = (struct jitter_slice){0};
    }
    struct jitter_slice *slice = &jitter->slice[jitter->current];
    slice->count++;
    slice->sum += late_us;
    slice->squares += late_us * late_us;
}

double jitter_deviation(const struct jitter *jitter)
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
