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

static double wrap(double angle)
{
    static const double two_pi = 6.28318530717958647693;
    const double turned = fmod(angle, two_pi);
    return turned < 0 ? turned + two_pi : turned;
}

static void forget(struct auto_phi *a)
{
    a->elapsed_s = a->sum = 0;
    a->frames = a->ticks = 0;
    a->has_coherence = false;
}

void auto_phi_set_on(struct auto_phi *a, const struct breathing *breathing, bool on)
{
    forget(a);
    a->on = on;
    a->since_report_s = 0;
    a->moved_depth = a->moved_phase = 0;
    a->reported_depth = breathing_depth(breathing);
}

static void remember(struct auto_phi *a)
{
    a->latest = (a->latest + 1) % AUTO_PHI_HISTORY;
    a->history[a->latest] = (float)(a->sum / a->frames);
    a->ticks += a->ticks < AUTO_PHI_HISTORY;
}

/* Criticality averaged over one breath, or over what there is of it. */
static double mean_over_breath(const struct auto_phi *a, double rate)
{
    const double wanted = fmax(1, round(AUTO_PHI_TICKS_PER_SECOND / rate));
    const uint32_t count = wanted < a->ticks ? (uint32_t)wanted : a->ticks;
    double sum = 0;
    for (uint32_t i = 0; i < count; i++) {
        sum += (double)a->history[(a->latest + AUTO_PHI_HISTORY - i) % AUTO_PHI_HISTORY];
    }
    return sum / count;
}

static void tick(struct auto_phi *a, struct breathing *breathing, double coherence)
{
    remember(a);
    const double depth = breathing_depth(breathing);
    const double error = target - mean_over_breath(a, breathing_rate(breathing));
    const double moved = fmin(fmax(depth + depth_per_second * error * tick_s, 0), 1);
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
    a->elapsed_s -= tick_s;
    a->sum = 0;
    a->frames = 0;
}

static bool due_report(struct auto_phi *a, const struct breathing *breathing, struct phi_adaptation *report)
{
    const double by_depth = fabs(a->moved_depth) / report_depth;
    const double by_phase = fabs(a->moved_phase) / report_phase;
    if (a->since_report_s < report_s || (by_depth < 1 && by_phase < 1)) {
        return false;
    }
    const double phase = breathing_phase(breathing, 0);
    *report = (struct phi_adaptation){
        .old_depth = (float)a->reported_depth,
        .new_depth = (float)breathing_depth(breathing),
        .old_phase = (float)wrap(phase - a->moved_phase),
        .new_phase = (float)phase,
        .reason = by_depth >= by_phase ? REASON_CRITICALITY_OPTIMIZATION : REASON_COHERENCE_TRACKING,
    };
    a->reported_depth = breathing_depth(breathing);
    a->since_report_s = 0;
    a->moved_depth = a->moved_phase = 0;
    return true;
}

bool auto_phi_frame(struct auto_phi *a, struct breathing *breathing, const struct auto_phi_frame *frame,
                    struct phi_adaptation *report)
{
    if (!a->on || !breathing->on || !frame->active) {
        forget(a);
        return false;
    }
    a->sum += frame->criticality;
    a->frames++;
    a->elapsed_s += frame->seconds;
    a->since_report_s += frame->seconds;
    if (a->elapsed_s >= tick_s) {
        tick(a, breathing, frame->coherence);
    }
    return due_report(a, breathing, report);
}
