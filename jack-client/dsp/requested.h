/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The part of an analysis that is done only while somebody asks for it: levels, bands, onsets. For
 * analysis.c; what a job measures is settled when it begins. */
#ifndef PHICAST_JACK_CLIENT_DSP_REQUESTED_H
#define PHICAST_JACK_CLIENT_DSP_REQUESTED_H

#include "jack-client/dsp/analysis_state.h"
#include "shared/rt_safe.h"

/* The job begins: what was not measured in the frame before starts afresh. */
RT_SAFE void requested_begin(struct analysis *analysis);

/* The level of one channel since the last frame. Returns what it cost, in quarters of a transform. */
RT_SAFE uint32_t requested_levels(struct analysis *analysis, uint32_t channel);

/* The channel's bands, of the powers that stand in analysis->power; or it is silent. */
RT_SAFE void requested_bands(struct analysis *analysis, uint32_t channel);
RT_SAFE void requested_no_bands(struct analysis *analysis, uint32_t channel);

/* The channel is active, and its powers stand in analysis->power. */
RT_SAFE void requested_onsets(struct analysis *analysis, uint32_t channel);

/* All channels have passed, and their amplitudes are still summed up in analysis->amplitude. */
RT_SAFE void requested_finish(struct analysis *analysis, struct analysis_frame *frame);

#endif
