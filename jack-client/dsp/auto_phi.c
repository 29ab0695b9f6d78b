/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/dsp/auto_phi.h"

#include <math.h>

static const double target = 1;
static const double depth_per_second = 0.25;
static const double phase_per_coherence = 0.1; /* rad */
static const double tick_s = 1.0 / AUTO_PHI_TICKS_PER_SECOND;
static const double report_depth = 0.005;
static const double report_phase = 0.02; /* rad */
static const double report_s = 0.5;

static void forget(struct auto_phi *a)
{
    a->elapsed_s = a->sum = 0;
    a->frames = a->ticks = 0;
    a->has_coherence = false;
}

RT_SAFE void auto_phi_set_on(struct auto_phi *a, const struct breathing *breathing, bool on)
{
    forget(a);
    a->on = on;
    a->since_report_s = 0;
    a->moved_depth = a->moved_phase = 0;
    a->reported_depth = breathing_depth(breathing);
}

static void remember(struct auto_phi *a, uint32_t ticks)
{
    for (uint32_t i = 0; i < ticks && i < AUTO_PHI_HISTORY; i++) {
        a->latest = (a->latest + 1) % AUTO_PHI_HISTORY;
        a->history[a->latest] = (float)(a->sum / a->frames);
        a->ticks += a->ticks < AUTO_PHI_HISTORY;
    }
}

/* Criticality averaged over one breath, or over what there is of it. The oldest tick counts in part. */
static double mean_over_breath(const struct auto_phi *a, double rate)
{
    const double breath = fmax(1, AUTO_PHI_TICKS_PER_SECOND / rate);
    double sum = 0;
    double weights = 0;
    for (uint32_t i = 0; i < a->ticks && i < breath; i++) {
        const double weight = fmin(1, breath - i);
        sum += weight * (double)a->history[(a->latest + AUTO_PHI_HISTORY - i) % AUTO_PHI_HISTORY];
        weights += weight;
    }
    return sum / weights;
}

/* `ticks` at once: a hop may be longer than one. */
static void tick(struct auto_phi *a, struct breathing *breathing, double coherence, uint32_t ticks)
{
    remember(a, ticks);
    const double depth = breathing_depth(breathing);
    const double error = target - mean_over_breath(a, breathing_rate(breathing));
    const double moved = fmin(fmax(depth + depth_per_second * error * ticks * tick_s, 0), 1);
    if (moved != depth) {
        breathing_set_depth(breathing, moved);
        a->moved_depth += moved - depth;
    }
    if (a->has_coherence && coherence != a->coherence) {
        const double step = phase_per_coherence * (coherence - a->coherence);
        breathing_shift_phase(breathing, step);
        a->moved_phase += step;
    }
    a->coherence = coherence;
    a->has_coherence = true;
    a->elapsed_s -= ticks * tick_s;
    a->sum = 0;
    a->frames = 0;
}

static bool due_report(struct auto_phi *a, const struct breathing *breathing, double phase,
                       struct phi_adaptation *report)
{
    const double by_depth = fabs(a->moved_depth) / report_depth;
    const double by_phase = fabs(a->moved_phase) / report_phase;
    if (a->since_report_s < report_s || (by_depth < 1 && by_phase < 1)) {
        return false;
    }
    *report = (struct phi_adaptation){
        .old_depth = (float)a->reported_depth,
        .new_depth = (float)breathing_depth(breathing),
        .old_phase = breathing_angle(phase - a->moved_phase),
        .new_phase = breathing_angle(phase),
        .reason = by_depth >= by_phase ? REASON_CRITICALITY_OPTIMIZATION : REASON_COHERENCE_TRACKING,
    };
    a->reported_depth = breathing_depth(breathing);
    a->since_report_s = 0;
    a->moved_depth = a->moved_phase = 0;
    return true;
}

RT_SAFE bool auto_phi_frame(struct auto_phi *a, struct breathing *breathing,
                            const struct auto_phi_frame *frame, struct phi_adaptation *report)
{
    if (!a->on || !breathing->on || !frame->active) {
        forget(a);
        return false;
    }
    a->sum += frame->criticality;
    a->frames++;
    a->elapsed_s += frame->seconds;
    a->since_report_s += frame->seconds;
    const double ticks = floor(a->elapsed_s / tick_s);
    if (ticks >= 1) {
        tick(a, breathing, frame->coherence, (uint32_t)ticks);
    }
    return due_report(a, breathing, frame->phase, report);
}
