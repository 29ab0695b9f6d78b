/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/dsp/requested.h"

#include "jack-client/dsp/bins.h"

#include <math.h>
#include <string.h>

RT_SAFE void requested_begin(struct analysis *a)
{
    const uint32_t before = a->requested_parts;
    const uint32_t fresh = a->job.parts & ~before;
    struct requested_metrics *r = &a->requested;
    a->requested_parts = a->job.parts;
    for (uint32_t i = 0; (a->job.parts & PART_LEVELS) && i < a->config.channels; i++) {
        struct channel_state *channel = &a->channel[i];
        const float hop_energy = channel->levels[(a->hops - 1) & (a->levels - 1)];
        channel->is_zero = a->job.fresh ? channel->power_bound == 0 : hop_energy == 0;
        channel->was_zero = channel->was_zero && !(fresh & PART_LEVELS) && !a->job.fresh;
        r->level[i].peak = fresh & PART_LEVELS ? 0 : r->level[i].peak;
    }
    if (fresh & PART_BANDS) {
        memset(r->band, 0, sizeof r->band);
        memset(r->channel_band, 0, sizeof r->channel_band);
    }
    if (fresh & PART_ONSETS) {
        onsets_restart(&a->onsets);
    }
    memset(a->band_power, 0, sizeof a->band_power);
}

RT_SAFE uint32_t requested_levels(struct analysis *a, uint32_t i)
{
    struct channel_state *channel = &a->channel[i];
    struct level_metrics *level = &a->requested.level[i];
    const float fallen = level->peak * a->peak_keep;
    const bool skip = channel->is_zero && channel->was_zero;
    channel->was_zero = channel->is_zero;
    if (skip) { /* not even the last samples of the hop before are anything */
        level->rms = 0;
        level->peak = fallen;
        return 0;
    }
    const uint32_t count = a->job.fresh ? a->config.window : a->config.hop; /* since the last frame */
    const uint32_t at = (uint32_t)(a->job.end - count) & (2 * a->config.window - 1);
    const struct level_sums sums = level_block(channel->samples + at, count);
    level->rms = sqrtf(sums.energy / (float)count);
    level->peak = sums.peak > fallen ? sums.peak : fallen;
    level->clipped += sums.clipped;
    return COST_LEVELS;
}

/* Rises at once, falls slowly, so that whoever looks now and then misses nothing. */
static float released(const struct analysis *a, float before, float power)
{
    const float level = sqrtf(power / 3); /* Parseval's theorem for the Hann window */
    const float fallen = before * a->band_keep;
    return level > fallen ? level : fallen;
}

RT_SAFE void requested_bands(struct analysis *a, uint32_t i)
{
    float power[BANDS_MAX];
    float *own = a->requested.channel_band[i];
    bins_bands(a->power, a->band, a->config.bands, power);
    for (uint32_t b = 0; b < a->config.bands; b++) {
        a->band_power[b] += power[b];
        own[b] = released(a, own[b], power[b]);
    }
}

RT_SAFE void requested_no_bands(struct analysis *a, uint32_t i)
{
    for (uint32_t b = 0; b < a->config.bands; b++) {
        a->requested.channel_band[i][b] *= a->band_keep;
    }
}

RT_SAFE void requested_onsets(struct analysis *a, uint32_t i)
{
    struct channel_state *channel = &a->channel[i];
    if (channel->heard < a->onsets.lag) {
        channel->heard++;
        float *amplitude = a->windowed; /* has been transformed, and is free */
        for (uint32_t k = 0; k < a->bins; k++) {
            amplitude[k] = sqrtf(a->power[k]);
        }
        amplitude[a->bins] = 0;
        onsets_newcomer(&a->onsets, amplitude);
    }
}

RT_SAFE void requested_finish(struct analysis *a, struct analysis_frame *frame)
{
    struct requested_metrics *r = &a->requested;
    for (uint32_t b = 0; (a->job.parts & PART_BANDS) && b < a->config.bands; b++) {
        r->band[b] = released(a, r->band[b], a->band_power[b]);
    }
    if (a->job.parts & PART_ONSETS) {
        frame->onset = onsets_frame(&a->onsets, a->amplitude);
        r->onset_strength = a->onsets.shown;
    }
    memcpy(&frame->requested, r, requested_bytes(a->job.parts));
}
