/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/snapshot.h"

#include <string.h>

RT_SAFE void snapshot_from_frame(struct metrics_snapshot *snapshot, const struct analysis_frame *frame,
                                 uint32_t channels)
{
    snapshot->frame = frame->frame;
    snapshot->timestamp = 0;
    snapshot->centre_us = 0;
    snapshot->published_us = 0;
    snapshot->ici = frame->ici;
    snapshot->criticality = frame->criticality;
    snapshot->phase_coherence = frame->phase_coherence;
    snapshot->spectral_centroid = frame->spectral_centroid;
    snapshot->phi_depth = 0;
    snapshot->phi_phase = 0;
    snapshot->phi_breathing_active = 0;
    snapshot->active_channels = frame->active_channels;
    snapshot->channel_count = channels;
    snapshot->band_count = frame->band_count;
    snapshot->parts = frame->parts;
    snapshot->state = STATE_IDLE;
    memcpy(snapshot->channel, frame->channel, channels * sizeof frame->channel[0]);
    memset(snapshot->channel + channels, 0, (CHANNELS_MAX - channels) * sizeof frame->channel[0]);
    memcpy(&snapshot->requested, &frame->requested, requested_bytes(frame->parts));
}
