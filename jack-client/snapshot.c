/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/snapshot.h"

RT_SAFE void snapshot_from_frame(struct metrics_snapshot *snapshot, const struct analysis_frame *frame,
                                 uint32_t channels)
{
    *snapshot = (struct metrics_snapshot){
        .frame = frame->frame,
        .ici = frame->ici,
        .criticality = frame->criticality,
        .phase_coherence = frame->phase_coherence,
        .spectral_centroid = frame->spectral_centroid,
        .active_channels = frame->active_channels,
        .channel_count = channels,
    };
    for (uint32_t i = 0; i < channels; i++) {
        snapshot->channel[i] = frame->channel[i];
    }
}
