/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inside of struct analysis, for analysis.c (which runs) and analysis_setup.c (which prepares). */
#ifndef PHICAST_JACK_CLIENT_DSP_ANALYSIS_STATE_H
#define PHICAST_JACK_CLIENT_DSP_ANALYSIS_STATE_H

#include "jack-client/dsp/analysis.h"
#include "jack-client/dsp/bins.h"
#include "jack-client/dsp/onsets.h"

#include <fftw3.h>

enum {
    FIRST_BIN = 2,      /* a Hann window leaks a constant offset into bins 0 and 1 only */
    BLOCK_CHANNELS = 8, /* channels that any block may have to do, however short */
    COST_TRANSFORM = 4, /* in quarters of a transform */
    COST_LEVELS = 1,
    HISTORY =
        16, /* samples in front of a channel's ring: the ring's last, for who looks back across its start */
    LEVELS_MAX = ANALYSIS_WINDOW_MAX / ANALYSIS_HOP_MIN /* hops in the longest window */
};

struct channel_state {
    float *samples;      /* ring of 2 W, and HISTORY samples in front of it */
    float *mean;         /* per bin: average power over time, times 1 / mean_scale */
    double mean_scale;   /* what a silent channel's averages have decayed to meanwhile; 0 = nothing left */
    double mean_squared; /* sum over bins of mean^2 */
    double squared;      /* average over time of the sum over bins of P^2 */
    double weight;       /* 1 - (1 - a)^(frames so far), the start-up correction of both averages */
    float hop_energy;    /* sum of squares of the samples of the hop under way */
    double power_bound;  /* the sum of P in the frame under way is no larger */
    bool active;
    uint32_t heard;           /* frames since it became active, up to what onsets need to know */
    bool is_zero;             /* the last hop of the frame under way, and */
    bool was_zero;            /* the hop before it have no sample but 0 */
    float levels[LEVELS_MAX]; /* the energies of the window's hops, a ring */
};

/* The frame whose transforms are under way. */
struct job {
    bool running;
    bool fresh;      /* the first after a restart of the window */
    uint32_t parts;  /* enum metric_part: what it measures on request */
    uint64_t end;    /* stream position just past its window */
    uint32_t next;   /* the first channel not yet done */
    uint32_t active; /* active channels so far */
    double loudest;  /* the largest sum of P so far */
    double agreeing; /* sum over their pairs and over bins of Re(X_i conj(X_j)), */
    double possible; /* and of A_i A_j */
};

/* A ratio whose numerator and denominator are averaged over time. */
struct smooth_ratio {
    double numerator;
    double denominator;
};

struct analysis {
    struct analysis_config config;
    uint32_t bins;      /* W/2 - 3 used bins, from FIRST_BIN on */
    uint32_t levels;    /* W / H */
    double open_power;  /* the sum of P at which a channel becomes active, and */
    double close_power; /* below which it goes inactive */
    double smooth;      /* 1 - e^(-H / fs tau_s); 1 when there is no smoothing */
    double decay;       /* a = 1 - e^(-H / fs tau_c) */
    double bias;        /* kappa */
    double hz_per_bin;

    fftwf_plan plan;
    float *window;       /* W: Hann, times 4 / W, so that a sinusoid of amplitude A reads A at its bin */
    float *windowed;     /* W */
    float *spectrum;     /* W/2 + 1 complex bins */
    float *power;        /* per used bin, of the channel at hand */
    float *amplitude;    /* per used bin: sum of A over the channels done */
    float *resultant_re; /* per used bin: sum of Re X over the channels done */
    float *resultant_im; /* and of Im X */
    void *memory;        /* the one block that all arrays stand in, */
    size_t memory_bytes; /* and its length */

    uint64_t position; /* samples fed since the window was restarted */
    uint64_t due;      /* the position at which the next frame ends */
    uint32_t hops;     /* hops since the window was restarted: where levels are written */
    bool frame_due;    /* position has reached `due` and the job for it has not begun */
    struct job job;
    const float *inputs[CHANNELS_MAX]; /* the block at hand, */
    uint32_t count;                    /* its length */
    uint32_t taken;                    /* and how much of it has been taken in */
    uint32_t quota;                    /* quarters of transforms that this block may still cost */

    uint32_t wanted;          /* enum metric_part: asked for */
    uint32_t requested_parts; /* measured in the job before, or under way */
    float peak_keep;          /* what is left of a peak after a hop */
    float band_keep;          /* and of a band's level */
    struct band_bins band[BANDS_MAX];
    float band_power[BANDS_MAX]; /* of the frame under way: sum of P over the active channels done */
    struct onsets onsets;
    struct requested_metrics requested;

    uint64_t frame; /* the number of the next frame */
    bool smoothing; /* the last frame had an active channel, so the ratios have a past */
    struct smooth_ratio centroid;
    struct smooth_ratio coherence;
    struct smooth_ratio integration;
    uint64_t refused;
    struct channel_metrics metrics[CHANNELS_MAX]; /* of the frame under way */
    struct channel_state channel[CHANNELS_MAX];
};

#endif
