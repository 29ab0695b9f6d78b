/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/dsp/onsets.h"

#include "shared/telemetry.h"

#include <math.h>
#include <string.h>

/* Of amplitudes, in ln(1 + x): 1000 to 2500 differ little. More makes an attack of the gate's opening, less
 * loses quiet hits. */
static const float compression = 1500;

/* Nepers. So small a rise is noise, or a slow swell. */
static const float dead_zone = 0.1F;

/* Of the recent mean. With less than 2, tones that beat need a threshold that loses more than this does. */
static const float mean_factor = 2.5F;

/* Nepers, at which the strength is 1 - 1/e. */
static const float strength_scale = 0.6F;

RT_SAFE void onsets_restart(struct onsets *o)
{
    memset(o->raw, 0, o->mean_frames * sizeof o->raw[0]);
    memset(o->flux, 0, o->largest_frames * sizeof o->flux[0]);
    o->frames = 0;
    o->since = o->pause_frames;
    o->silence = o->short_frames + 1;
    o->has_newcomers = false;
    o->sound = 0;
    o->shown = 0;
}

static void count_silence(struct onsets *o, bool sounds)
{
    if (sounds) {
        o->sound++;
    } else {
        o->silence = o->sound > 0 ? 1 : o->silence + 1;
        o->sound = 0;
    }
}

/* A frame whose level is x dB above this counts as having risen by x dB at the most: a channel below the gate
 * is silence to us, so without it a steady sound that crosses the gate would come out of nothing. A loud
 * sound that breathes with a depth of 1 crosses it steeply; that is told by a silence too short for the sound
 * to have been gone, and takes more. Always as much would lose hits at -40 dBFS. */
static float floor_of(const struct onsets *o)
{
    return o->silence <= o->short_frames && o->sound <= o->short_frames ? o->held : o->floor;
}

static float sum_of(const float *ring, uint32_t count)
{
    float sum = 0;
    for (uint32_t i = 0; i < count; i++) {
        sum += ring[i];
    }
    return sum;
}

static float largest_of(const float *ring, uint32_t count)
{
    float largest = 0;
    for (uint32_t i = 0; i < count; i++) {
        largest = ring[i] > largest ? ring[i] : largest;
    }
    return largest;
}

/* Of the bands that people see; in amplitude, as they are shown, and not in its logarithm. */
static uint32_t rose_most(const struct onsets *o, const float *now, const float *before)
{
    float sum[BANDS_MAX] = {0};
    uint32_t most = 0;
    for (uint32_t b = 0; b < o->bands; b++) {
        const float rise = expf(now[b]) - expf(before[b]);
        sum[o->group[b]] += rise > 0 ? rise : 0;
    }
    for (uint32_t g = 1; g < BANDS_MAX; g++) {
        most = sum[g] > sum[most] ? g : most;
    }
    return most;
}

/* Whether this frame, whose flux stands in the ring already, is an onset. Soon after a restart the mean is of
 * what there is; of too few frames it would tell nothing. */
static bool is_onset(const struct onsets *o, float flux)
{
    enum { ENOUGH = 4 };
    if (o->frames < o->lag + ENOUGH) {
        return false;
    }
    const uint64_t known = o->frames - o->lag;
    const uint32_t frames = known < o->mean_frames ? (uint32_t)known : o->mean_frames;
    return o->since >= o->pause_frames && flux >= largest_of(o->flux, o->largest_frames) &&
           flux > mean_factor * sum_of(o->raw, o->mean_frames) / (float)frames + o->threshold;
}

static float level_of(const struct onsets *o, const float *amplitude)
{
    return sqrtf(bins_power(amplitude, (o->bins + 1) / 2) / 3);
}

/* It was below the gate, which is not to say that it was silent: of what it has, as much as the floor may not
 * be new. */
RT_SAFE void onsets_newcomer(struct onsets *o, const float *amplitude)
{
    float sum[ONSETS_BANDS_MAX];
    const float level = level_of(o, amplitude);
    const float share = level > o->floor ? o->floor / level : 1;
    bins_bands(amplitude, o->band, o->bands, sum);
    for (uint32_t b = 0; b < o->bands; b++) {
        o->newcomers[b] = (o->has_newcomers ? o->newcomers[b] : 0) + share * sum[b];
    }
    o->has_newcomers = true;
}

/* Raises the floor to where what may have been there before does not count as risen. */
static void raise_floor(struct onsets *o, const float *sum, const float *before, const float *now,
                        float *floor)
{
    float left[ONSETS_BANDS_MAX];
    float level[ONSETS_BANDS_MAX];
    for (uint32_t b = 0; b < o->bands; b++) {
        left[b] = sum[b] > o->newcomers[b] ? sum[b] - o->newcomers[b] : 0;
    }
    bins_log(left, compression, level, o->bands);
    for (uint32_t b = 0; b < o->bands; b++) {
        const float least = before[b] + now[b] - level[b];
        floor[b] = least > floor[b] ? least : floor[b];
    }
    o->has_newcomers = false;
}

/* The mean, over the bands, of what they have risen, and of that what the floor allows. now[] is filled with
 * their logarithms. */
static struct rise_sums compare(struct onsets *o, const float *amplitude, const float *before, float *now)
{
    float sum[ONSETS_BANDS_MAX];
    float floor[ONSETS_BANDS_MAX];
    const float level = level_of(o, amplitude);
    struct rise_sums rise = {0, 0};

    count_silence(o, level > 0);
    const float least = floor_of(o);
    bins_bands(amplitude, o->band, o->bands, sum);
    bins_log(sum, compression, now, o->bands);
    bins_log(sum, level > least ? compression * least / level : compression, floor, o->bands);
    if (o->has_newcomers) {
        raise_floor(o, sum, before, now, floor);
    }
    if (o->frames >= o->lag) {
        rise = bins_rise(now, before, floor, dead_zone, o->bands);
    }
    return (struct rise_sums){rise.all / (float)o->bands, rise.capped / (float)o->bands};
}

RT_SAFE struct analysis_onset onsets_frame(struct onsets *o, const float *amplitude)
{
    float now[ONSETS_BANDS_MAX];
    float *before = o->before + o->frames % o->lag * o->bands;
    struct analysis_onset onset = {0};
    const struct rise_sums rise = compare(o, amplitude, before, now);

    o->since++;
    o->flux[o->frames % o->largest_frames] = rise.capped;
    if (is_onset(o, rise.capped)) {
        o->since = 0;
        onset = (struct analysis_onset){.found = true,
                                        .strength = 1 - expf(-rise.capped / strength_scale),
                                        .band = rose_most(o, now, before),
                                        .seconds_before = o->seconds_before};
    }
    o->raw[o->frames % o->mean_frames] = rise.all;
    bins_widen(now, before, o->bands);
    o->frames++;
    o->shown *= o->keep;
    o->shown = onset.strength > o->shown ? onset.strength : o->shown;
    return onset;
}
