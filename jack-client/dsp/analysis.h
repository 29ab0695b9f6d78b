/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From samples to metrics: the analysis of N channels, one frame per hop, whatever blocks the samples come
 * in.
 *
 * Symbols as in docs/metrics.md: window W, hop H, bins k = 2 ... W/2 - 2, all per-bin work in 32-bit float.
 * Frame m ends at sample W + m H of the stream. Nothing here knows JACK, files or shared memory.
 */
#ifndef PHICAST_JACK_CLIENT_DSP_ANALYSIS_H
#define PHICAST_JACK_CLIENT_DSP_ANALYSIS_H

#include "jack-client/dsp/onsets.h"
#include "shared/rt_safe.h"
#include "shared/status.h"
#include "shared/telemetry.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ANALYSIS_WINDOW_MIN 256
#define ANALYSIS_WINDOW_MAX 16384
#define ANALYSIS_HOP_MIN 64
#define ANALYSIS_GATE_MIN (-120)
#define ANALYSIS_GATE_MAX 0
#define ANALYSIS_SMOOTH_MAX 60000
#define ANALYSIS_CRITICALITY_MIN 1
#define ANALYSIS_CRITICALITY_MAX 600000
#define ANALYSIS_RELEASE_MAX 60000

/* The ranges are those above, ends included. */
struct analysis_config {
    uint32_t sample_rate;   /* Hz, 1000...1000000 */
    uint32_t channels;      /* 1...CHANNELS_MAX */
    uint32_t window;        /* samples, a power of two */
    uint32_t hop;           /* samples, a power of two, not longer than the window */
    double gate_db;         /* dBFS: a channel below is inactive */
    double smooth_ms;       /* tau of the ratios across channels; 0 = none */
    double criticality_ms;  /* tau of the criticality's averages */
    uint32_t bands;         /* 0...BANDS_MAX */
    bool channel_bands;     /* with the bands of all channels together, those of each */
    double band_release_ms; /* tau in which the bands' levels fall; 0 = at once */
    double onset_threshold; /* 0...ONSETS_THRESHOLD_MAX, nepers: see onsets.h */
    bool repeatable;        /* the same numbers each time, to the last bit, and not the fastest transform */
};

#define ANALYSIS_DEFAULTS                                                                                    \
    ((struct analysis_config){.sample_rate = 48000,                                                          \
                              .channels = 8,                                                                 \
                              .window = 2048,                                                                \
                              .hop = 512,                                                                    \
                              .gate_db = -60,                                                                \
                              .smooth_ms = 50,                                                               \
                              .criticality_ms = 500,                                                         \
                              .bands = 8,                                                                    \
                              .band_release_ms = 120,                                                        \
                              .onset_threshold = ONSETS_THRESHOLD_DEFAULT})

/* One finished frame. Every number is finite for every input. */
struct analysis_frame {
    uint64_t frame;          /* counts from 0 */
    uint64_t end;            /* the stream position just past its window, samples */
    float ici;               /* 0...1 */
    float criticality;       /* >= 0 */
    float phase_coherence;   /* 0...1 */
    float spectral_centroid; /* Hz */
    float over_gate; /* the loudest channel's power as a multiple of the gate's, >= 0; below it roughly */
    uint32_t active_channels;
    struct channel_metrics channel[CHANNELS_MAX];
    uint32_t band_count; /* 1...BANDS_MAX */
    uint32_t parts;      /* enum metric_part: what of the following has been measured */
    struct requested_metrics requested;
    struct analysis_onset onset;
};

struct analysis;

/* Setup thread (allocates, plans the transform: up to a second). STATUS_BAD_ARG for a value outside the
 * ranges above, STATUS_NO_MEMORY. Destroy with analysis_destroy, when no thread uses it any more. */
MUST_CHECK enum status analysis_create(const struct analysis_config *config, struct analysis **analysis);
void analysis_destroy(struct analysis *analysis);

/* What the functions below touch besides the stack. */
struct analysis_memory {
    void *state;
    size_t state_bytes;
    void *arrays;
    size_t arrays_bytes;
    const void *plan; /* stands where all of the transform's plan stands, */
    const void *code; /* and its code; both have been run through */
};

/* Setup thread: for whoever locks it. */
struct analysis_memory analysis_memory(struct analysis *analysis);

/* From the next frame on, also measures these (bits of enum metric_part), or no more. */
RT_SAFE void analysis_want(struct analysis *analysis, uint32_t parts);

/* Hands over the next `count` samples of every channel; the samples must stay readable until analysis_step
 * has returned false. NaN, infinite, denormal and absurd (beyond 1e8) samples count as 0. */
RT_SAFE void analysis_feed(struct analysis *analysis, const float *const *inputs, uint32_t count);

/* Works on what was fed; call until it returns false. True: *frame holds the next finished frame.
 *
 * Where a block is short, a frame's transforms are spread over several blocks: a block of n samples pays for
 * max(8, ceil(channels * n / hop)) channels, so a frame is finished before the next one is due, and with up
 * to 8 channels in the very block that completed its window. Silent channels cost next to nothing. */
RT_SAFE bool analysis_step(struct analysis *analysis, struct analysis_frame *frame);

/* Any thread. How many samples after the end of its window a frame is finished at the latest, when blocks may
 * be as short as they like. */
RT_SAFE uint32_t analysis_lag(const struct analysis_config *config);

/* Forgets the samples in the window (after a gap); the next frame needs a full window again. Frame numbers go
 * on, as do the averages over time. */
RT_SAFE void analysis_restart_window(struct analysis *analysis);

/* The number of samples fed since creation or the last restart of the window: the stream position. */
RT_SAFE uint64_t analysis_position(const struct analysis *analysis);

/* The number of samples taken as 0 since creation. */
RT_SAFE uint64_t analysis_refused_samples(const struct analysis *analysis);

#endif
