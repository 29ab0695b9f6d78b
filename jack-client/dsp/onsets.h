/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Onsets: where something new begins. SuperFlux (Boeck & Widmer 2013) without a look ahead: how much the
 * spectrum has risen, on a scale of loudness, against that of half a window before, whose neighbouring bands
 * stand in for each other, so that vibrato is no onset.
 *
 * In nepers (8.7 dB), as a mean over narrow bands: the flux of a frame. There is an onset where it is the
 * largest of the last 30 ms, is above 2.5 times the mean of the last 100 ms by the threshold, and 50 ms have
 * passed since the last one. */
#ifndef PHICAST_JACK_CLIENT_DSP_ONSETS_H
#define PHICAST_JACK_CLIENT_DSP_ONSETS_H

#include "jack-client/dsp/bins.h"
#include "shared/rt_safe.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ONSETS_THRESHOLD_MIN 0.001
#define ONSETS_THRESHOLD_MAX 2
#define ONSETS_THRESHOLD_DEFAULT 0.035

enum { ONSETS_BANDS_MAX = 256 }; /* narrow ones, of the longest window */

struct onsets_config {
    double sample_rate;
    uint32_t window;
    uint32_t hop;
    uint32_t first_bin; /* of the amplitudes */
    uint32_t bins;
    double gate;      /* the level at which a channel becomes active; 1 = full scale */
    double threshold; /* nepers */
    uint32_t groups;  /* bands of the kind that people see (bands.h); 0: none */
};

struct analysis_onset {
    bool found;
    float strength;       /* 0...1 */
    uint32_t band;        /* of those that people see, the one that rose most; from 0 */
    float seconds_before; /* the end of the frame that it was found in, on the average */
};

struct onsets {
    uint32_t bins;
    uint32_t bands;
    uint32_t lag;            /* frames between the two that are compared */
    uint32_t mean_frames;    /* 100 ms */
    uint32_t largest_frames; /* 30 ms */
    uint32_t pause_frames;   /* 50 ms */
    uint32_t short_frames;   /* 130 ms */
    float threshold;
    float floor; /* level: see onsets.c */
    float held;
    float keep; /* what is left of `shown` after a frame */
    float seconds_before;
    float newcomers[ONSETS_BANDS_MAX]; /* of the frame under way: what of them may have been there before */
    bool has_newcomers;
    struct band_bins band[ONSETS_BANDS_MAX];
    uint8_t group[ONSETS_BANDS_MAX]; /* of each narrow band */

    float *before; /* lag * bands: logarithms of the frames before, as a ring */
    float *raw;    /* mean_frames: rises, a ring */
    float *flux;   /* largest_frames: a ring */

    uint64_t frames;  /* since the last restart */
    uint32_t since;   /* frames since the last onset */
    uint32_t silence; /* frames: how long it has lasted, or did last */
    uint32_t sound;   /* frames since it */
    float shown;      /* strength of the last onset, falling back */
};

/* How many floats it needs. */
size_t onsets_floats(const struct onsets_config *config);

/* How many samples before the end of the frame that it is found in an onset lies, on the average. */
double onsets_before(uint32_t window, uint32_t hop);

/* Setup thread. block: that many, which must live on. */
void onsets_prepare(struct onsets *onsets, const struct onsets_config *config, float *block);

/* What came before is not known: nothing is found until half a window and four hops have passed. */
RT_SAFE void onsets_restart(struct onsets *onsets);

/* One of the channels in the next frame, which was not active in the one that this will be compared with. */
RT_SAFE void onsets_newcomer(struct onsets *onsets, const float *amplitude);

/* amplitude: of each bin, summed over the active channels; readable, and 0, for one bin more. */
RT_SAFE struct analysis_onset onsets_frame(struct onsets *onsets, const float *amplitude);

#endif
