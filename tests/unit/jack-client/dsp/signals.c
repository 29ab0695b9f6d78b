/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/jack-client/dsp/signals.h"

#include "tests/unit/unit.h"

#include <math.h>
#include <stdlib.h>

static const double two_pi = 6.28318530717958647692;

/* --- chance --- */

uint64_t random_bits(struct random *random)
{
    uint64_t z = random->state += 0x9E3779B97F4A7C15U;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
}

double random_uniform(struct random *random)
{
    return (double)(random_bits(random) >> 11) * 0x1p-53;
}

double random_normal(struct random *random)
{
    const double radius = sqrt(-2 * log(1 - random_uniform(random)));
    return radius * cos(two_pi * random_uniform(random));
}

uint32_t random_range(struct random *random, uint32_t low, uint32_t high)
{
    return low + (uint32_t)(random_bits(random) % ((uint64_t)high - low + 1));
}

/* --- signals --- */

void signal_add_tone(float *out, size_t count, double amplitude, double frequency, double phase)
{
    for (size_t n = 0; n < count; n++) {
        /* Whole turns are taken off first, so that the phase stays exact after hours. */
        const double turns = fmod(frequency * (double)n, 1);
        out[n] = (float)((double)out[n] + amplitude * cos(two_pi * turns + phase));
    }
}

void signal_add_constant(float *out, size_t count, double value)
{
    for (size_t n = 0; n < count; n++) {
        out[n] = (float)((double)out[n] + value);
    }
}

/* White noise through one-pole filters whose sum falls by 3 dB per octave to within 0.05 dB (P. Kellet). */
static double pink_of(double white, double state[7])
{
    static const double pole[6] = {0.99886, 0.99332, 0.96900, 0.86650, 0.55000, -0.7616};
    static const double gain[6] = {0.0555179, 0.0750759, 0.1538520, 0.3104856, 0.5329522, -0.0168980};
    double sum = state[6] + white * 0.5362;
    for (int i = 0; i < 6; i++) {
        state[i] = pole[i] * state[i] + gain[i] * white;
        sum += state[i];
    }
    state[6] = white * 0.115926;
    return sum / 3.05; /* rms of the sum */
}

/* 6 dB per octave down from 20 Hz on at 48 kHz. */
static double brown_of(double white, double *state)
{
    static const double pole = 0.9974;
    *state = pole * *state + sqrt(1 - pole * pole) * white;
    return *state;
}

void signal_add_noise(float *out, size_t count, enum noise_colour colour, double rms, struct random *random)
{
    double state[7] = {0};
    for (size_t n = 0; n < count; n++) {
        const double white = random_normal(random);
        const double value = colour == NOISE_WHITE  ? white
                             : colour == NOISE_PINK ? pink_of(white, state)
                                                    : brown_of(white, state);
        out[n] = (float)((double)out[n] + rms * value);
    }
}

void signal_add_clicks(float *out, size_t count, double amplitude, size_t every)
{
    for (size_t n = 0; n < count; n += every) {
        out[n] = (float)((double)out[n] + amplitude);
    }
}

void signal_chop(float *out, size_t count, size_t on, size_t off)
{
    for (size_t n = 0; n < count; n++) {
        if (n % (on + off) >= on) {
            out[n] = 0;
        }
    }
}

double from_db(double db)
{
    return pow(10, db / 20);
}

/* --- takes and frames --- */

struct take take_new(uint32_t channels, uint32_t length)
{
    struct take take = {channels, length, {0}};
    for (uint32_t i = 0; i < channels; i++) {
        take.channel[i] = calloc(length, sizeof(float));
        if (!take.channel[i]) {
            abort();
        }
    }
    return take;
}

void take_free(struct take *take)
{
    for (uint32_t i = 0; i < take->channels; i++) {
        free(take->channel[i]);
    }
    *take = (struct take){0};
}

struct frames take_feed(const struct take *take, struct analysis *analysis, uint32_t hop, uint32_t first,
                        uint32_t count, uint32_t block)
{
    const uint32_t most = count / hop + 2;
    struct frames frames = {malloc(most * sizeof *frames.frame), 0};
    if (!frames.frame) {
        abort();
    }
    for (uint32_t at = first; at < first + count; at += block) {
        const float *inputs[CHANNELS_MAX];
        const uint32_t left = first + count - at;
        for (uint32_t i = 0; i < take->channels; i++) {
            inputs[i] = take->channel[i] + at;
        }
        analysis_feed(analysis, inputs, left < block ? left : block);
        while (frames.count < most && analysis_step(analysis, &frames.frame[frames.count])) {
            frames.count++;
        }
    }
    CU_ASSERT(frames.count < most);
    return frames;
}

struct frames take_analyse(const struct take *take, const struct analysis_config *config, uint32_t block)
{
    struct analysis *analysis = NULL;
    struct frames frames = {0};
    const enum status status = analysis_create(config, &analysis);
    CU_ASSERT_EQUAL(status, STATUS_OK);
    if (analysis) {
        frames = take_feed(take, analysis, config->hop, 0, take->length, block);
    }
    analysis_destroy(analysis);
    return frames;
}

void frames_free(struct frames *frames)
{
    free(frames->frame);
    *frames = (struct frames){0};
}

static bool within(double value, double low, double high)
{
    return value >= low && value <= high; /* false for NaN */
}

static bool channel_is_good(const struct channel_metrics *c, double nyquist)
{
    static const double pi = 3.14159274101257324; /* the float next to it */
    if (c->active == 0) {
        return within(c->frequency, 0, 0) && within(c->amplitude, 0, 0) && within(c->phase, 0, 0);
    }
    return c->active == 1 && within(c->frequency, 0, nyquist) && within(c->amplitude, 0, 3.4e38) &&
           within(c->phase, -pi, pi) && (double)c->phase > -pi;
}

bool frame_is_good(const struct analysis_frame *frame, const struct analysis_config *config)
{
    const double nyquist = 0.5 * config->sample_rate;
    uint32_t active = 0;
    for (uint32_t i = 0; i < config->channels; i++) {
        if (!channel_is_good(&frame->channel[i], nyquist)) {
            return false;
        }
        active += frame->channel[i].active;
    }
    return active == frame->active_channels && within(frame->ici, 0, 1) &&
           within(frame->phase_coherence, 0, 1) && within(frame->spectral_centroid, 0, nyquist) &&
           within(frame->criticality, 0, 1e6);
}

void keep_worst(double *worst, double value)
{
    if (!(value <= *worst)) { /* a NaN is the worst of all, and stays */
        *worst = value;
    }
}
