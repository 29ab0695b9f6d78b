/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Phi breathing: output i = g_i(t) * input i, with
 *
 *     g_i(t) = 1 - depth/2 * (1 - sin theta_i(t)),   theta_i(t) = theta(t) + i * 2 pi (1 - 1/phi),
 *
 * theta advancing at the breathing rate, phi the golden ratio. Every change of depth, phase, rate or on/off
 * glides along a raised cosine of 100 ms, so that nothing clicks. While it is off and the last glide is over,
 * the output is the input, bit for bit, theta stands still, and what is set arrives at once.
 *
 * The gain is exact at every BREATHING_SEGMENT-th sample and linear in between, which at 10 Hz and 48 kHz
 * stays within 4e-5.
 */
#ifndef PHICAST_JACK_CLIENT_DSP_BREATHING_H
#define PHICAST_JACK_CLIENT_DSP_BREATHING_H

#include "shared/control.h"
#include "shared/rt_safe.h"
#include "shared/telemetry.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    BREATHING_SEGMENT = 16,   /* samples */
    BREATHING_HISTORY = 4096, /* segments whose theta is remembered */
    GLIDE_RAMPS = 8,
    BREATHING_CHANNELS_MAX = CHANNELS_MAX + 1,
};

#define BREATHING_DEPTH_DEFAULT 0.6180339887498949 /* 1/phi */
#define BREATHING_RATE_DEFAULT 0.6180339887498949  /* Hz */
#define BREATHING_RATE_MIN COMMAND_RATE_MIN
#define BREATHING_RATE_MAX COMMAND_RATE_MAX

/* One raised cosine. */
struct ramp {
    double by;     /* how far it goes */
    uint32_t done; /* segments */
};

/* A value on its way: a sum of raised cosines, so that a change in the middle of a change bends nothing, and
 * a fader that never rests is followed all the while. A ramp begins at most every GLIDE_RAMPS-th of a ramp's
 * length; what is asked for meanwhile waits for the next. */
struct glide {
    double to;      /* what was asked for last */
    double value;   /* now */
    double arrived; /* the sum of all ramps that are over */
    double leading; /* and of those under way: where they lead */
    uint32_t ramps; /* under way, the oldest first */
    struct ramp ramp[GLIDE_RAMPS];
};

/* Plain data; one thread at a time. */
struct breathing {
    double sample_rate; /* Hz */
    uint32_t channels;
    uint32_t glide_length; /* segments */
    bool on;
    double theta; /* rad, [0, 2 pi), at the end of the segment under way */
    struct glide depth;
    struct glide rate;  /* Hz */
    struct glide shift; /* rad: what changes of phase add to theta, from the last rest on */
    struct glide power; /* 0 off ... 1 on */
    bool bypassed;      /* the segment under way is passed as it is */
    uint32_t into;      /* samples of the segment under way that have been passed */
    uint64_t segments;  /* begun at this rate */
    double cosine[BREATHING_CHANNELS_MAX]; /* of each channel's own angle */
    double sine[BREATHING_CHANNELS_MAX];
    float gain[BREATHING_CHANNELS_MAX]; /* at the start of the segment under way */
    float step[BREATHING_CHANNELS_MAX]; /* per sample within it */
    float history[BREATHING_HISTORY];   /* theta at the start of segment n, at n mod BREATHING_HISTORY */
};

/* Setup thread: off, at the default depth and rate, theta 0. */
void breathing_init(struct breathing *breathing, double sample_rate, uint32_t channels);

/* Setup thread: the sound goes on at another rate or width; theta, the settings and on/off are kept. */
void breathing_resume(struct breathing *breathing, double sample_rate, uint32_t channels);

/* Setup thread, after either: one channel more, behind the others, that breathes as the first one does. Of a
 * constant 1 it makes the first one's gain, bit for bit. */
void breathing_add_gain(struct breathing *breathing);

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

/* theta at the end of the segment under way, had it arrived where changes of phase lead; rad, [0, 2 pi). */
RT_SAFE double breathing_aim(const struct breathing *breathing);

/* theta as it was `ago` samples before the end of the last block; rad, [0, 2 pi). Of what lies before the
 * sound began at this rate, or more than BREATHING_HISTORY segments back, the nearest that is known. */
RT_SAFE double breathing_phase(const struct breathing *breathing, uint64_t ago);

/* Any thread: the angle as telemetry and events carry it, [0, 2 pi) in single precision as well. */
RT_SAFE float breathing_angle(double angle);

#endif
