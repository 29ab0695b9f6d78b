/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/source/source.h"

const char *source_state_str(enum source_state state)
{
    static const char *const names[] = {"absent", "refused", "stalled", "live", "replay"};
    return names[state];
}

void source_frame(const struct source *source, double unix_s, struct metrics_snapshot *out)
{
    if (source_is_live(source)) {
        *out = source->metrics;
        return;
    }
    *out = (struct metrics_snapshot){
        .frame = source->metrics.frame,
        .timestamp = unix_s,
        .phi_depth = source->metrics.phi_depth,
        .phi_phase = source->metrics.phi_phase,
        .band_count = source->metrics.band_count,
    };
}

struct latency_snapshot source_latency(const struct source *source)
{
    return source_is_live(source) ? source->latency : (struct latency_snapshot){0};
}
