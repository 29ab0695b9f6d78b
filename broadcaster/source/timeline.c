/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/source/timeline.h"

void timeline_begin_anew(struct timeline *timeline)
{
    timeline->anew = timeline->begun;
}

double timeline_place(struct timeline *timeline, double t)
{
    const double step = t - timeline->last;
    const bool jumps = timeline->anew || step > TIMELINE_GAP_MAX;
    if (!timeline->begun || jumps || step >= 0 || step < -TIMELINE_LATE_MAX) {
        timeline->position += !timeline->begun ? 0 : jumps ? TIMELINE_JOINT : step > 0 ? step : 0;
        timeline->last = t;
    }
    timeline->begun = true;
    timeline->anew = false;
    return timeline->position;
}
