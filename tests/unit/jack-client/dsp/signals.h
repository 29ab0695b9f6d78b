/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Known signals for the tests, the same in every run. All frequencies are in cycles per sample, all levels
 * linear.
 */
#ifndef PHICAST_TESTS_UNIT_JACK_CLIENT_DSP_SIGNALS_H
#define PHICAST_TESTS_UNIT_JACK_CLIENT_DSP_SIGNALS_H

#include "jack-client/dsp/analysis.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Start from {seed}; any seed will do. Source: splitmix64 (Steele, Lea, Flood 2014). */
struct random {
    uint64_t state;
};

uint64_t random_bits(struct random *random);
double random_uniform(struct random *random);                              /* [0, 1) */
double random_normal(struct random *random);                               /* mean 0, deviation 1 */
uint32_t random_range(struct random *random, uint32_t low, uint32_t high); /* low...high, both included */

enum noise_colour { NOISE_WHITE, NOISE_PINK, NOISE_BROWN };

/* Each adds to out[0...count-1]. The phase is that at out[0]. */
void signal_add_tone(float *out, size_t count, double amplitude, double frequency, double phase);
void signal_add_constant(float *out, size_t count, double value);
void signal_add_noise(float *out, size_t count, enum noise_colour colour, double rms, struct random *random);
void signal_add_clicks(float *out, size_t count, double amplitude, size_t every);

/* Sets to 0 all but the first `on` of every `on + off` samples. */
void signal_chop(float *out, size_t count, size_t on, size_t off);

/* Several channels of sound, zeroed when made. Aborts without memory, like everything in a test. */
struct take {
    uint32_t channels;
    uint32_t length;
    float *channel[CHANNELS_MAX];
};

struct take take_new(uint32_t channels, uint32_t length);
void take_free(struct take *take);

/* Frames in the order in which they came. */
struct frames {
    struct analysis_frame *frame;
    uint32_t count;
};

/* The analysis of a whole take, fed `block` samples at a time. Fails a CUnit assertion, and gives no frames,
 * when the analysis cannot be made. */
struct frames take_analyse(const struct take *take, const struct analysis_config *config, uint32_t block);

/* As above, in an analysis made before; `first` and `count` choose the samples. */
struct frames take_feed(const struct take *take, struct analysis *analysis, uint32_t hop, uint32_t first,
                        uint32_t count, uint32_t block);
void frames_free(struct frames *frames);

/* Whether every number of the frame is finite and in its documented range. */
bool frame_is_good(const struct analysis_frame *frame, const struct analysis_config *config);

/* Keeps the larger: the figures that the tests print. */
void keep_worst(double *worst, double value);

/* 20 log10(x) turned round. */
double from_db(double db);

#endif
