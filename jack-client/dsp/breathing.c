/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/dsp/breathing.h"

#include <math.h>
#include <string.h>

#define GLIDE_SECONDS 0.1

static const double pi = 3.14159265358979323846;
static const double two_pi = 6.28318530717958647693;
static const double golden_angle = 2.39996322972865332223; /* 2 pi (1 - 1/phi) */

static double wrap(double angle)
{
    const double turned = fmod(angle, two_pi);
    const double wrapped = turned < 0 ? turned + two_pi : turned;
    return wrapped < two_pi ? wrapped : 0; /* a negative crumb plus two pi rounds to two pi */
}

/* --- gliding
 * ------------------------------------------------------------------------------------------------ */

static double glide_value(const struct glide *glide)
{
    if (glide->done >= glide->length) {
        return glide->to;
    }
    return glide->from + (glide->to - glide->from) * 0.5 * (1 - cos(pi * glide->done / glide->length));
}

static void glide_to(struct glide *glide, double value, double sample_rate)
{
    glide->from = glide_value(glide);
    glide->to = value;
    glide->done = 0;
    glide->length = (uint32_t)ceil(GLIDE_SECONDS * sample_rate / BREATHING_SEGMENT);
}

static void glide_step(struct glide *glide)
{
    glide->done += glide->done < glide->length;
}

static struct glide glide_at(double value)
{
    return (struct glide){.from = value, .to = value};
}

/* --- settings
 * ----------------------------------------------------------------------------------------------- */

void breathing_init(struct breathing *b, double sample_rate, uint32_t channels)
{
    memset(b, 0, sizeof *b);
    b->depth = glide_at(BREATHING_DEPTH_DEFAULT);
    b->rate = glide_at(BREATHING_RATE_DEFAULT);
    breathing_resume(b, sample_rate, channels);
}

void breathing_resume(struct breathing *b, double sample_rate, uint32_t channels)
{
    b->sample_rate = sample_rate;
    b->channels = channels;
    b->into = 0;
    for (uint32_t i = 0; i < CHANNELS_MAX; i++) {
        b->cosine[i] = cos(i * golden_angle);
        b->sine[i] = sin(i * golden_angle);
        b->gain[i] = 1;
        b->step[i] = 0;
    }
    /* What glided arrives at once: there is no sound across the change that could click. */
    b->depth = glide_at(b->depth.to);
    b->rate = glide_at(b->rate.to);
    b->power = glide_at(b->power.to);
    b->theta = wrap(b->theta + b->shift.to - glide_value(&b->shift));
    b->shift = glide_at(0);
}

void breathing_set_depth(struct breathing *b, double depth)
{
    glide_to(&b->depth, fmin(fmax(depth, 0), 1), b->sample_rate);
}

void breathing_set_rate(struct breathing *b, double rate)
{
    glide_to(&b->rate, fmin(fmax(rate, BREATHING_RATE_MIN), BREATHING_RATE_MAX), b->sample_rate);
}

/* theta already holds the part of a shift that is done: start over from there. */
static void shift_by(struct breathing *b, double way)
{
    b->shift = glide_at(0);
    glide_to(&b->shift, way, b->sample_rate);
}

void breathing_set_phase(struct breathing *b, double phase)
{
    const double way = wrap(phase - b->theta);
    shift_by(b, way > pi ? way - two_pi : way); /* the shorter way round */
}

void breathing_shift_phase(struct breathing *b, double by)
{
    shift_by(b, b->shift.to - glide_value(&b->shift) + by);
}

void breathing_set_on(struct breathing *b, bool on)
{
    if (on != b->on) {
        b->on = on;
        glide_to(&b->power, on, b->sample_rate);
    }
}

double breathing_depth(const struct breathing *b)
{
    return b->depth.to;
}

double breathing_rate(const struct breathing *b)
{
    return b->rate.to;
}

/* --- sound
 * -------------------------------------------------------------------------------------------------- */

static bool is_bypassed(const struct breathing *b)
{
    return !b->on && b->power.done >= b->power.length;
}

static double gain_of(const struct breathing *b, uint32_t channel, double depth, double sine, double cosine)
{
    const double s = sine * b->cosine[channel] + cosine * b->sine[channel];
    return 1 - 0.5 * depth * (1 - s);
}

/* Moves everything on by one segment, and lays the line of each channel's gain from the old point to the new.
 */
static void begin_segment(struct breathing *b)
{
    const double sine = sin(b->theta);
    const double cosine = cos(b->theta);
    const double depth = glide_value(&b->depth) * glide_value(&b->power);
    const double shifted = glide_value(&b->shift);

    b->history[b->segments++ % BREATHING_HISTORY] = (float)b->theta;
    glide_step(&b->depth);
    glide_step(&b->rate);
    glide_step(&b->shift);
    glide_step(&b->power);
    b->theta = wrap(b->theta + two_pi * glide_value(&b->rate) * BREATHING_SEGMENT / b->sample_rate +
                    glide_value(&b->shift) - shifted);

    const double next_sine = sin(b->theta);
    const double next_cosine = cos(b->theta);
    const double next_depth = glide_value(&b->depth) * glide_value(&b->power);
    for (uint32_t i = 0; i < b->channels; i++) {
        const double from = gain_of(b, i, depth, sine, cosine);
        const double to = gain_of(b, i, next_depth, next_sine, next_cosine);
        b->gain[i] = (float)from;
        b->step[i] = (float)((to - from) / BREATHING_SEGMENT);
    }
}

static void pass_segment(struct breathing *b, const float *const *inputs, float *const *outputs, uint32_t at,
                         uint32_t count)
{
    for (uint32_t i = 0; i < b->channels; i++) {
        const float *in = inputs[i] + at;
        float *out = outputs[i] + at;
        for (uint32_t n = 0; n < count; n++) {
            out[n] = in[n] * (b->gain[i] + b->step[i] * (float)(b->into + n));
        }
    }
}

/* theta stands still, and its history begins anew. */
static void bypass(struct breathing *b, const float *const *inputs, float *const *outputs, uint32_t at,
                   uint32_t count)
{
    for (uint32_t i = 0; i < b->channels; i++) {
        memmove(outputs[i] + at, inputs[i] + at, count * sizeof(float));
    }
    b->segments = 0;
}

void breathing_pass(struct breathing *b, const float *const *inputs, float *const *outputs, uint32_t count)
{
    for (uint32_t at = 0; at < count;) {
        if (b->into == 0 && is_bypassed(b)) {
            bypass(b, inputs, outputs, at, count - at);
            return;
        }
        if (b->into == 0) {
            begin_segment(b);
        }
        const uint32_t left = BREATHING_SEGMENT - b->into;
        const uint32_t take = count - at < left ? count - at : left;
        pass_segment(b, inputs, outputs, at, take);
        at += take;
        b->into = (b->into + take) % BREATHING_SEGMENT;
    }
}

double breathing_phase(const struct breathing *b, uint64_t ago)
{
    if (b->segments == 0) {
        return b->theta;
    }
    /* Where that sample lies: so many segments before the latest one begun, so many samples into its own. */
    const uint64_t passed = b->into ? b->into : BREATHING_SEGMENT;
    const uint64_t back = ago <= passed ? 0 : (ago - passed + BREATHING_SEGMENT - 1) / BREATHING_SEGMENT;
    const uint64_t kept = b->segments < BREATHING_HISTORY ? b->segments : BREATHING_HISTORY;
    if (back >= kept) {
        return (double)b->history[(b->segments - kept) % BREATHING_HISTORY]; /* before it was switched on */
    }
    const double start = (double)b->history[(b->segments - 1 - back) % BREATHING_HISTORY];
    const double samples = (double)(back * BREATHING_SEGMENT + passed - ago);
    return wrap(start + two_pi * b->rate.to / b->sample_rate * samples);
}
