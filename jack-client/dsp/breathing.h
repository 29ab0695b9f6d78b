/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Phi breathing: output i = g_i(t) * input i, with
 *
 *     g_i(t) = 1 - depth/2 * (1 - sin theta_i(t)),   theta_i(t) = theta(t) + i * 2 pi (1 - 1/phi),
 *
 * theta advancing at the breathing rate, phi the golden ratio. Every change of depth, phase, rate or on/off
 * glides along a raised cosine of 100 ms, so that nothing clicks. While it is off and the last glide is over,
 * the output is the input, bit for bit, and theta stands still.
 *
 * The gain is exact at every BREATHING_SEGMENT-th sample and linear in between, which at 10 Hz stays within
 * 3e-5.
 */
#ifndef PHICAST_JACK_CLIENT_DSP_BREATHING_H
#define PHICAST_JACK_CLIENT_DSP_BREATHING_H

#include "shared/rt_safe.h"
#include "shared/telemetry.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    BREATHING_SEGMENT = 16,   /* samples */
    BREATHING_HISTORY = 4096, /* segments whose theta is remembered */
};

#define BREATHING_DEPTH_DEFAULT 0.6180339887498949 /* 1/phi */
#define BREATHING_RATE_DEFAULT 0.6180339887498949  /* Hz */
#define BREATHING_RATE_MIN 0.01
#define BREATHING_RATE_MAX 10.0

/* A value on its way along a raised cosine. */
struct glide {
    double from;
    double to;
    uint32_t done; /* segments; the way is over at `length` */
    uint32_t length;
};

/* Plain data; one thread at a time. */
struct breathing {
    double sample_rate; /* Hz */
    uint32_t channels;
    bool on;
    double theta; /* rad, [0, 2 pi), at the end of the segment under way */
    struct glide depth;
    struct glide rate; /* Hz */
    struct glide
        shift; /* rad: what a change of phase has yet to add to theta; goes from 0 to its full size */
    struct glide power;          /* 0 off ... 1 on */
    uint32_t into;               /* samples of the segment under way that have been passed */
    uint64_t segments;           /* begun since it was last switched on; 0 while the input is bypassed */
    double cosine[CHANNELS_MAX]; /* of each channel's own angle */
    double sine[CHANNELS_MAX];
    float gain[CHANNELS_MAX];         /* at the start of the segment under way */
    float step[CHANNELS_MAX];         /* per sample within it */
    float history[BREATHING_HISTORY]; /* theta at the start of segment n, at n mod BREATHING_HISTORY */
};

/* Setup thread: off, at the default depth and rate, theta 0. */
void breathing_init(struct breathing *breathing, double sample_rate, uint32_t channels);

/* Setup thread: the sound goes on at another rate or width; theta, the settings and on/off are kept. */
void breathing_resume(struct breathing *breathing, double sample_rate, uint32_t channels);

/* Passes count samples of every channel. inputs[i] and outputs[i] may be the same. */
RT_SAFE void breathing_pass(struct breathing *breathing, const float *const *inputs, float *const *outputs,
                            uint32_t count);

/* Each begins a glide. Values outside the ranges are clipped (phase: wrapped). */
RT_SAFE void breathing_set_depth(struct breathing *breathing, double depth); /* 0...1 */
RT_SAFE void breathing_set_phase(struct breathing *breathing, double phase); /* rad */
RT_SAFE void breathing_shift_phase(struct breathing *breathing,
                                   double by); /* rad, on top of what glides already */
RT_SAFE void breathing_set_rate(struct breathing *breathing, double rate); /* Hz */
RT_SAFE void breathing_set_on(struct breathing *breathing, bool on);

/* Where the settings are, or are gliding to. */
RT_SAFE double breathing_depth(const struct breathing *breathing);
RT_SAFE double breathing_rate(const struct breathing *breathing);

/* theta as it was `ago` samples before the last one passed; rad, [0, 2 pi). */
RT_SAFE double breathing_phase(const struct breathing *breathing, uint64_t ago);

#endif
