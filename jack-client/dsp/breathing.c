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

/* The shorter way from one angle to another. */
static double way_between(double from, double to)
{
    const double way = wrap(to - from);
    return way > pi ? way - two_pi : way;
}

RT_SAFE float breathing_angle(double angle)
{
    const float single = (float)wrap(angle);
    return (double)single < two_pi ? single : 0; /* the float next to two pi lies above it */
}

/* --- gliding --- */

static struct glide glide_at(double value)
{
    return (struct glide){.to = value, .value = value, .arrived = value, .leading = value};
}

static bool is_resting(const struct glide *glide)
{
    return glide->ramps == 0 && glide->leading == glide->to;
}

static void begin_ramp(struct glide *glide, uint32_t length)
{
    const bool full = glide->ramps == GLIDE_RAMPS;
    const bool soon =
        glide->ramps > 0 && glide->ramp[glide->ramps - 1].done < (length + GLIDE_RAMPS - 1) / GLIDE_RAMPS;
    if (glide->leading != glide->to && !full && !soon) {
        glide->ramp[glide->ramps++] = (struct ramp){.by = glide->to - glide->leading};
        glide->leading = glide->to;
    }
}

static void end_ramp(struct glide *glide)
{
    glide->ramps--;
    glide->arrived = glide->ramps > 0 ? glide->arrived + glide->ramp[0].by : glide->leading;
    memmove(&glide->ramp[0], &glide->ramp[1], glide->ramps * sizeof glide->ramp[0]);
}

/* One segment on. */
static void glide_step(struct glide *glide, uint32_t length)
{
    if (is_resting(glide)) {
        return;
    }
    begin_ramp(glide, length);
    for (uint32_t i = 0; i < glide->ramps; i++) {
        glide->ramp[i].done++;
    }
    if (glide->ramp[0].done >= length) { /* only the oldest can be: they begin one after the other */
        end_ramp(glide);
    }
    glide->value = glide->arrived;
    for (uint32_t i = 0; i < glide->ramps; i++) {
        glide->value += glide->ramp[i].by * 0.5 * (1 - cos(pi * glide->ramp[i].done / length));
    }
}

/* --- settings --- */

/* What glides arrives at once: there is no sound that could click. */
static void arrive(struct breathing *b)
{
    b->theta = breathing_aim(b);
    b->shift = glide_at(0);
    b->depth = glide_at(b->depth.to);
    b->rate = glide_at(b->rate.to);
    b->power = glide_at(b->power.to);
}

void breathing_init(struct breathing *b, double sample_rate, uint32_t channels)
{
    memset(b, 0, sizeof *b);
    b->depth = glide_at(BREATHING_DEPTH_DEFAULT);
    b->rate = glide_at(BREATHING_RATE_DEFAULT);
    breathing_resume(b, sample_rate, channels);
}

void breathing_resume(struct breathing *b, double sample_rate, uint32_t channels)
{
    b->theta = breathing_phase(b, 0); /* not where the segment under way would have led */
    b->sample_rate = sample_rate;
    b->channels = channels;
    b->glide_length = (uint32_t)ceil(GLIDE_SECONDS * sample_rate / BREATHING_SEGMENT);
    b->into = 0;
    b->segments = 0;
    for (uint32_t i = 0; i < CHANNELS_MAX; i++) {
        b->cosine[i] = cos(i * golden_angle);
        b->sine[i] = sin(i * golden_angle);
    }
    arrive(b);
}

void breathing_add_gain(struct breathing *b)
{
    b->cosine[b->channels] = b->cosine[0];
    b->sine[b->channels] = b->sine[0];
    b->channels++;
}

RT_SAFE void breathing_set_depth(struct breathing *b, double depth)
{
    b->depth.to = fmin(fmax(depth, 0), 1);
}

RT_SAFE void breathing_set_rate(struct breathing *b, double rate)
{
    b->rate.to = fmin(fmax(rate, BREATHING_RATE_MIN), BREATHING_RATE_MAX);
}

RT_SAFE void breathing_set_phase(struct breathing *b, double phase)
{
    /* From where the changes under way lead. */
    b->shift.to += way_between(breathing_aim(b), phase);
}

RT_SAFE void breathing_shift_phase(struct breathing *b, double by)
{
    b->shift.to += by;
}

RT_SAFE void breathing_set_on(struct breathing *b, bool on)
{
    b->on = on;
    b->power.to = on;
}

RT_SAFE double breathing_depth(const struct breathing *b)
{
    return b->depth.to;
}

RT_SAFE double breathing_rate(const struct breathing *b)
{
    return b->rate.to;
}

RT_SAFE double breathing_aim(const struct breathing *b)
{
    return wrap(b->theta + b->shift.to - b->shift.value);
}

/* --- sound --- */

/* Moves what glides on by one segment, and theta with it. */
static void advance(struct breathing *b)
{
    const double rate = b->rate.value;
    const double shift = b->shift.value;
    glide_step(&b->depth, b->glide_length);
    glide_step(&b->rate, b->glide_length);
    glide_step(&b->shift, b->glide_length);
    glide_step(&b->power, b->glide_length);
    const double turned = two_pi * 0.5 * (rate + b->rate.value) * BREATHING_SEGMENT / b->sample_rate;
    b->theta = wrap(b->theta + turned + b->shift.value - shift);
    if (is_resting(&b->shift)) {
        b->shift = glide_at(0); /* so that it does not grow over the days */
    }
}

static double gain_of(const struct breathing *b, uint32_t channel, double depth, double sine, double cosine)
{
    const double s = sine * b->cosine[channel] + cosine * b->sine[channel];
    return 1 - 0.5 * depth * (1 - s);
}

static void remember(struct breathing *b)
{
    b->history[b->segments++ % BREATHING_HISTORY] = (float)b->theta;
}

/* Lays the line of each channel's gain from where theta is to where it will be. */
static void begin_segment(struct breathing *b)
{
    const double sine = sin(b->theta);
    const double cosine = cos(b->theta);
    const double depth = b->depth.value * b->power.value;
    remember(b);
    advance(b);
    const double next_sine = sin(b->theta);
    const double next_cosine = cos(b->theta);
    const double next_depth = b->depth.value * b->power.value;
    for (uint32_t i = 0; i < b->channels; i++) {
        const double from = gain_of(b, i, depth, sine, cosine);
        const double to = gain_of(b, i, next_depth, next_sine, next_cosine);
        b->gain[i] = (float)from;
        b->step[i] = (float)((to - from) / BREATHING_SEGMENT);
    }
}

static uint32_t rest_of_segment(const struct breathing *b, uint32_t left)
{
    const uint32_t rest = BREATHING_SEGMENT - b->into;
    return left < rest ? left : rest;
}

/* Each of the two passes some of the `left` samples from `at` on, and returns how many. */
static uint32_t pass_segment(struct breathing *b, const float *const *inputs, float *const *outputs,
                             uint32_t at, uint32_t left)
{
    const uint32_t count = rest_of_segment(b, left);
    if (b->into == 0) {
        begin_segment(b);
    }
    for (uint32_t i = 0; i < b->channels; i++) {
        const float *in = inputs[i] + at;
        float *out = outputs[i] + at;
        for (uint32_t n = 0; n < count; n++) {
            out[n] = in[n] * (b->gain[i] + b->step[i] * (float)(b->into + n));
        }
    }
    b->into = (b->into + count) % BREATHING_SEGMENT;
    return count;
}

/* Segments go on, at a theta that stands still. Once it is on again, the next of them will breathe. */
static uint32_t bypass(struct breathing *b, const float *const *inputs, float *const *outputs, uint32_t at,
                       uint32_t left)
{
    const uint32_t count = b->on ? rest_of_segment(b, left) : left;
    if (!b->on) {
        arrive(b);
    }
    for (uint32_t i = 0; i < b->channels; i++) {
        memmove(outputs[i] + at, inputs[i] + at, count * sizeof(float));
    }
    for (uint32_t n = (BREATHING_SEGMENT - b->into) % BREATHING_SEGMENT; n < count; n += BREATHING_SEGMENT) {
        remember(b);
    }
    b->into = (b->into + count) % BREATHING_SEGMENT;
    return count;
}

RT_SAFE void breathing_pass(struct breathing *b, const float *const *inputs, float *const *outputs,
                            uint32_t count)
{
    for (uint32_t at = 0; at < count;) {
        if (b->into == 0) {
            b->bypassed = !b->on && is_resting(&b->power);
        }
        at += b->bypassed ? bypass(b, inputs, outputs, at, count - at)
                          : pass_segment(b, inputs, outputs, at, count - at);
    }
}

RT_SAFE double breathing_phase(const struct breathing *b, uint64_t ago)
{
    if (b->segments == 0) {
        return b->theta;
    }
    /* Where that sample lies: so many segments before the latest one begun, so many samples into its own. */
    const uint64_t passed = b->into ? b->into : BREATHING_SEGMENT;
    const uint64_t back = ago <= passed ? 0 : (ago - passed + BREATHING_SEGMENT - 1) / BREATHING_SEGMENT;
    const uint64_t kept = b->segments < BREATHING_HISTORY ? b->segments : BREATHING_HISTORY;
    if (back >= kept) {
        return wrap((double)b->history[(b->segments - kept) % BREATHING_HISTORY]);
    }
    const uint64_t segment = b->segments - 1 - back;
    const double start = (double)b->history[segment % BREATHING_HISTORY];
    const double end = back == 0 ? b->theta : (double)b->history[(segment + 1) % BREATHING_HISTORY];
    const double part = (double)(back * BREATHING_SEGMENT + passed - ago) / BREATHING_SEGMENT;
    return wrap(start + way_between(start, end) * part);
}
