/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/dsp/onsets.h"
#include "shared/band.h"

#include <math.h>
#include <string.h>

/* Twelve to the octave let steady noise vary more, and find fewer onsets at a threshold that is safe. */
static const double per_octave = 24;

static const double mean_s = 0.1;
static const double largest_s = 0.03;
static const double pause_s = 0.05;
static const double short_s = 0.13;
static const double release_s = 0.12;

/* See onsets.c. In dB above the gate. */
static const double floor_db = 4;
static const double held_db = 8;

static uint32_t frames_of(const struct onsets_config *c, double seconds)
{
    return (uint32_t)fmax(1, round(seconds * c->sample_rate / c->hop));
}

static uint32_t lag_of(const struct onsets_config *c)
{
    return (uint32_t)fmax(1, round(0.5 * c->window / c->hop));
}

/* Each a bin wide at least. Returns how many; band may be NULL. */
static uint32_t lay_out(const struct onsets_config *c, struct band_bins *band)
{
    const double end = (double)c->first_bin + c->bins;
    const double step = pow(2, 1 / per_octave);
    uint32_t count = 0;
    for (double low = c->first_bin; low < end && count < ONSETS_BANDS_MAX; count++) {
        const double high = fmin(fmax(low + 1, rint(low * step)), end);
        if (band) {
            band[count] = (struct band_bins){
                .first = (uint32_t)(low - c->first_bin), .count = (uint32_t)(high - low) - 1, .head = 1};
        }
        low = high;
    }
    return count;
}

size_t onsets_floats(const struct onsets_config *c)
{
    return (size_t)lag_of(c) * lay_out(c, NULL) + frames_of(c, mean_s) + frames_of(c, largest_s);
}

/* The wide band that the middle of a narrow one lies in, or is nearest to. */
static uint8_t group_of(const struct onsets_config *c, const struct band_bins *band)
{
    const double middle = c->first_bin + band->first + 0.5 * band->count;
    const double hz = middle * c->sample_rate / c->window;
    uint32_t group = 0;
    while (group + 1 < c->groups && hz >= band_edge(group + 1, c->groups, c->sample_rate)) {
        group++;
    }
    return (uint8_t)group;
}

double onsets_before(uint32_t window, uint32_t hop)
{
    return 0.5 * hop + 0.2 * window;
}

void onsets_prepare(struct onsets *o, const struct onsets_config *c, float *block)
{
    *o = (struct onsets){
        .bins = c->bins,
        .bands = lay_out(c, NULL),
        .lag = lag_of(c),
        .mean_frames = frames_of(c, mean_s),
        .largest_frames = frames_of(c, largest_s),
        .pause_frames = frames_of(c, pause_s),
        .short_frames = frames_of(c, short_s),
        .threshold = (float)c->threshold,
        .floor = (float)(c->gate * pow(10, floor_db / 20)),
        .held = (float)(c->gate * pow(10, held_db / 20)),
        .keep = (float)exp(-(double)c->hop / (c->sample_rate * release_s)),
        /* Half a hop, as the attack may lie anywhere in it, and the slow start of the window: measured. */
        .seconds_before = (float)(onsets_before(c->window, c->hop) / c->sample_rate),
        .before = block,
    };
    lay_out(c, o->band);
    o->raw = o->before + (size_t)o->lag * o->bands;
    o->flux = o->raw + o->mean_frames;
    for (uint32_t b = 0; b < o->bands; b++) {
        o->group[b] = group_of(c, &o->band[b]);
    }
    onsets_restart(o);
}
