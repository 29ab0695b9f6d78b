/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/dsp/analysis.h"

#include "jack-client/dsp/analysis_state.h"
#include "jack-client/dsp/bins.h"
#include "jack-client/dsp/requested.h"
#include "jack-client/dsp/sinusoid.h"
#include "shared/rt_safe.h"

#include <math.h>
#include <string.h>

RT_TRUST(void fftwf_execute(const fftwf_plan plan);)

/* Of the Hann window: what a steady sound leaves of the bound on its power. */
static const double mean_square_of_window = 0.375;

/* --- samples in --- */

RT_SAFE void analysis_want(struct analysis *a, uint32_t parts)
{
    const bool bands = (parts & PART_BANDS) && a->config.channel_bands;
    a->wanted = (parts & PARTS_ALL) | (bands ? PART_CHANNEL_BANDS : 0);
}

RT_SAFE void analysis_feed(struct analysis *a, const float *const *inputs, uint32_t count)
{
    const uint64_t share = ((uint64_t)a->config.channels * count + a->config.hop - 1) / a->config.hop;
    for (uint32_t i = 0; i < a->config.channels; i++) {
        a->inputs[i] = inputs[i];
    }
    a->count = count;
    a->taken = 0;
    a->quota = (share > BLOCK_CHANNELS ? (uint32_t)share : BLOCK_CHANNELS) *
               (a->wanted & PART_LEVELS ? COST_TRANSFORM + COST_LEVELS : COST_TRANSFORM);
}

static void ingest_channel(struct analysis *a, struct channel_state *channel, const float *in, uint32_t count)
{
    const uint32_t ring = 2 * a->config.window;
    const uint32_t at = (uint32_t)a->position & (ring - 1);
    const uint32_t first = count < ring - at ? count : ring - at;
    const struct ingest_sums head = ingest_block(in, channel->samples + at, first);
    channel->hop_energy += head.energy;
    a->refused += head.refused;
    if (at + first == ring) {
        memcpy(channel->samples - HISTORY, channel->samples + ring - HISTORY, HISTORY * sizeof(float));
    }
    if (first < count) {
        const struct ingest_sums tail = ingest_block(in + first, channel->samples, count - first);
        channel->hop_energy += tail.energy;
        a->refused += tail.refused;
    }
}

/* Takes in samples up to the end of the hop, or of the block. Hops and frames end at the same positions. */
static void ingest(struct analysis *a)
{
    const uint32_t hop = a->config.hop;
    const uint32_t to_hop_end = hop - ((uint32_t)a->position & (hop - 1));
    const uint32_t left = a->count - a->taken;
    const uint32_t count = left < to_hop_end ? left : to_hop_end;

    for (uint32_t i = 0; i < a->config.channels; i++) {
        ingest_channel(a, &a->channel[i], a->inputs[i] + a->taken, count);
    }
    a->position += count;
    a->taken += count;
    if (count == to_hop_end) {
        for (uint32_t i = 0; i < a->config.channels; i++) {
            a->channel[i].levels[a->hops & (a->levels - 1)] = a->channel[i].hop_energy;
            a->channel[i].hop_energy = 0;
        }
        a->hops++;
        a->frame_due = a->position == a->due;
    }
}

/* --- one channel of one frame --- */

/* Windows the channel's last W samples before `end`; returns the sum of P over all bins, halves of the
 * spectrum apart. */
static double apply_window(struct analysis *a, const struct channel_state *channel, uint64_t end)
{
    const uint32_t window = a->config.window;
    const uint32_t ring = 2 * window;
    const uint32_t at = (uint32_t)(end - window) & (ring - 1);
    const uint32_t first = window < ring - at ? window : ring - at;
    float energy = window_block(channel->samples + at, a->window, a->windowed, first);
    if (first < window) {
        energy += window_block(channel->samples, a->window + first, a->windowed + first, window - first);
    }
    return 0.5 * window * (double)energy;
}

static double bin_power(const struct analysis *a, uint32_t bin)
{
    return (double)bins_power(a->spectrum + 2 * (size_t)bin, 1);
}

/* The sum of P over the used bins, without a loop where that is exact enough: all bins less the unused ones.
 */
static double used_power(const struct analysis *a, double all)
{
    const uint32_t half = a->config.window / 2;
    const double unused =
        0.5 * (bin_power(a, 0) + bin_power(a, half)) + bin_power(a, 1) + bin_power(a, half - 1);
    if (unused < 0.9 * all) {
        return all - unused;
    }
    return (double)bins_power(a->spectrum + (size_t)2 * FIRST_BIN, a->bins);
}

/* One frame more in the channel's averages. The weight is each channel's own, because a restart may drop a
 * frame that only some channels have passed. */
static void weigh(const struct analysis *a, struct channel_state *channel)
{
    channel->weight += a->decay * (1 - channel->weight);
}

/* An inactive channel's averages decay as with P = 0: all bins alike, so by one factor. */
static void pass_silent(struct analysis *a, uint32_t i)
{
    struct channel_state *channel = &a->channel[i];
    const double keep = 1 - a->decay;

    weigh(a, channel);
    channel->active = false;
    channel->heard = 0;
    channel->squared *= keep;
    channel->mean_squared *= keep * keep;
    channel->mean_scale *= keep;
    if (channel->mean_scale < 1e-15) { /* 1e-30 of the power, below everything else's rounding */
        channel->mean_scale = 0;
        channel->mean_squared = 0;
        channel->squared = 0;
    }
    a->metrics[i] = (struct channel_metrics){0};
    if (a->job.parts & PART_BANDS) {
        requested_no_bands(a, i);
    }
}

static void pass_active(struct analysis *a, uint32_t i)
{
    struct channel_state *channel = &a->channel[i];
    const double keep = 1 - a->decay;
    struct bin_sums sums;

    bins_pass(a->spectrum + (size_t)2 * FIRST_BIN, a->bins, (float)(keep * channel->mean_scale),
              (float)a->decay, channel->mean, a->amplitude, a->resultant_re, a->resultant_im, a->power,
              &sums);
    weigh(a, channel);
    channel->active = true;
    channel->mean_scale = 1;
    channel->mean_squared = (double)sums.mean_squared;
    channel->squared = keep * channel->squared + a->decay * (double)sums.power_squared;
    a->job.active++;
    a->job.agreeing += (double)sums.agreeing;
    a->job.possible += (double)sums.possible;
    if (a->job.parts & PART_BANDS) {
        requested_bands(a, i);
    }
    if (a->job.parts & PART_ONSETS) {
        requested_onsets(a, i);
    }

    const uint32_t peak = FIRST_BIN + (uint32_t)bins_find(a->power, a->bins, sums.peak);
    const struct sinusoid tone = sinusoid_at(a->spectrum, peak);
    a->metrics[i] = (struct channel_metrics){
        .frequency = (float)((double)tone.bin * a->hz_per_bin),
        .amplitude = tone.amplitude,
        .phase = tone.phase,
        .active = 1,
    };
}

static void note_power(struct analysis *a, double power)
{
    a->job.loudest = power > a->job.loudest ? power : a->job.loudest;
}

/* Returns what it cost: 0, or a transform. */
static uint32_t pass_spectrum(struct analysis *a, uint32_t i)
{
    struct channel_state *channel = &a->channel[i];
    const double gate = channel->active ? a->close_power : a->open_power;

    if (channel->power_bound < gate) {
        note_power(a, mean_square_of_window * channel->power_bound);
        pass_silent(a, i);
        return 0;
    }
    const double all = apply_window(a, channel, a->job.end);
    if (all < gate) {
        note_power(a, all);
        pass_silent(a, i);
        return 0;
    }
    fftwf_execute(a->plan);
    const double power = used_power(a, all);
    note_power(a, power);
    if (power < gate) {
        pass_silent(a, i);
    } else {
        pass_active(a, i);
    }
    return COST_TRANSFORM;
}

static uint32_t pass_channel(struct analysis *a, uint32_t i)
{
    const uint32_t levels = a->job.parts & PART_LEVELS ? requested_levels(a, i) : 0;
    return levels + pass_spectrum(a, i);
}

/* --- across channels --- */

static double smoothed(const struct analysis *a, struct smooth_ratio *ratio, double numerator,
                       double denominator)
{
    const double step = a->smoothing ? a->smooth : 1;
    ratio->numerator += step * (numerator - ratio->numerator);
    ratio->denominator += step * (denominator - ratio->denominator);
    return ratio->denominator > 0 ? ratio->numerator / ratio->denominator : 0;
}

static float clamped(double value, double low, double high)
{
    return (float)(value < low ? low : value > high ? high : value);
}

static void finish_ratios(struct analysis *a, struct analysis_frame *frame)
{
    const struct across_sums sums =
        bins_across(a->amplitude, a->resultant_re, a->resultant_im, a->bins, FIRST_BIN);
    const double nyquist = 0.5 * a->config.sample_rate;

    frame->spectral_centroid = clamped(
        a->hz_per_bin * smoothed(a, &a->centroid, (double)sums.amplitude_moment, (double)sums.amplitude), 0,
        nyquist);
    frame->phase_coherence =
        clamped(smoothed(a, &a->coherence, (double)sums.resultant, (double)sums.amplitude), 0, 1);
    const double mean_cosine = smoothed(a, &a->integration, a->job.agreeing, a->job.possible);
    frame->ici = a->job.active > 1 ? clamped(0.5 * (1 + mean_cosine), 0, 1) : 1;
    a->smoothing = true;
}

static float criticality(const struct analysis *a)
{
    double squared = 0;
    double mean_squared = 0;
    for (uint32_t i = 0; i < a->config.channels; i++) {
        const struct channel_state *channel = &a->channel[i];
        squared += channel->squared / channel->weight;
        mean_squared += channel->mean_squared / (channel->weight * channel->weight);
    }
    if (mean_squared <= 0) {
        return 0;
    }
    const double variation = a->bias * (squared / mean_squared - 1);
    return variation > 0 ? (float)sqrt(variation) : 0;
}

static void finish_frame(struct analysis *a, struct analysis_frame *frame)
{
    frame->frame = a->frame++;
    frame->end = a->job.end;
    frame->over_gate = (float)(a->job.loudest / a->open_power);
    frame->active_channels = a->job.active;
    for (uint32_t i = 0; i < a->config.channels; i++) {
        frame->channel[i] = a->metrics[i];
    }
    frame->band_count = a->config.bands;
    frame->parts = a->job.parts;
    frame->onset.found = false;
    if (a->job.parts) {
        requested_finish(a, frame);
    }
    if (a->job.active > 0) {
        finish_ratios(a, frame);
        frame->criticality = criticality(a);
    } else {
        frame->spectral_centroid = frame->phase_coherence = frame->ici = frame->criticality = 0;
        a->smoothing = false;
    }
    a->job.running = false;
}

/* --- the schedule --- */

/* A bound on the sum of P from the samples' energy: the window is nowhere above 1, and Parseval's theorem for
 * the Hann window says sum P = 8/W * sum (w x)^2, less what lies in the unused bins. */
static double power_bound(const struct analysis *a, const struct channel_state *channel)
{
    double energy = 0;
    for (uint32_t h = 0; h < a->levels; h++) {
        energy += (double)channel->levels[h];
    }
    return 8 * energy / a->config.window;
}

/* The bounds are taken now for all channels: the levels move on while the transforms wait for their turn. */
static void start_job(struct analysis *a)
{
    for (uint32_t i = 0; i < a->config.channels; i++) {
        a->channel[i].power_bound = power_bound(a, &a->channel[i]);
    }
    a->frame_due = false;
    a->job =
        (struct job){.running = true, .fresh = a->due == a->config.window, .parts = a->wanted, .end = a->due};
    a->due += a->config.hop;
    if (a->job.parts != 0 || a->requested_parts != 0) {
        requested_begin(a);
    }
}

/* True when the last channel is done. With the next frame due the quota no longer counts. */
static bool run_job(struct analysis *a)
{
    while (a->job.next < a->config.channels && (a->quota > 0 || a->frame_due)) {
        const uint32_t cost = pass_channel(a, a->job.next++);
        a->quota -= cost < a->quota ? cost : a->quota;
    }
    return a->job.next == a->config.channels;
}

RT_SAFE bool analysis_step(struct analysis *a, struct analysis_frame *frame)
{
    for (;;) {
        if (a->job.running && run_job(a)) {
            finish_frame(a, frame);
            return true;
        }
        if (a->frame_due) {
            start_job(a);
        } else if (a->taken < a->count) {
            ingest(a);
        } else {
            return false;
        }
    }
}

RT_SAFE uint32_t analysis_lag(const struct analysis_config *config)
{
    return config->channels > BLOCK_CHANNELS ? config->hop : 0;
}

RT_SAFE void analysis_restart_window(struct analysis *a)
{
    if (a->job.running) { /* a frame half done is dropped, and what it has summed with it */
        (void)bins_across(a->amplitude, a->resultant_re, a->resultant_im, a->bins, FIRST_BIN);
    }
    a->job.running = false;
    a->frame_due = false;
    a->position = 0;
    a->due = a->config.window;
    a->hops = 0;
    a->taken = a->count = 0;
    for (uint32_t i = 0; i < a->config.channels; i++) {
        a->channel[i].hop_energy = 0;
        memset(a->channel[i].samples - HISTORY, 0, HISTORY * sizeof(float));
    }
    onsets_restart(&a->onsets);
}

RT_SAFE uint64_t analysis_position(const struct analysis *a)
{
    return a->position;
}

RT_SAFE uint64_t analysis_refused_samples(const struct analysis *a)
{
    return a->refused;
}
