/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The breathing's gain against its formula, whatever the blocks, and the input's own bits while it is off. */
#include "jack-client/dsp/breathing.h"
#include "tests/unit/jack-client/dsp/signals.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RATE = 48000, GLIDE = RATE / 10, BLOCK_MAX = 8192 };

static const double two_pi = 6.28318530717958647692;
static const double phi = 1.6180339887498948482;

static struct breathing breathing;

/* A breathing that is off, its settings arrived. */
static void begin(uint32_t channels, double depth, double rate)
{
    breathing_init(&breathing, RATE, channels);
    breathing_set_depth(&breathing, depth);
    breathing_set_rate(&breathing, rate);
    breathing_resume(&breathing, RATE, channels);
}

/* Passes samples first ... first + count - 1 of the take, in place. */
static void pass(struct take *take, uint32_t first, uint32_t count)
{
    float *channels[CHANNELS_MAX];
    for (uint32_t i = 0; i < take->channels; i++) {
        channels[i] = take->channel[i] + first;
    }
    breathing_pass(&breathing, (const float *const *)channels, channels, count);
}

static struct take tone(uint32_t channels, uint32_t length)
{
    struct take take = take_new(channels, length);
    signal_add_tone(take.channel[0], length, 1, 1000.0 / RATE, 0.3);
    for (uint32_t i = 1; i < channels; i++) {
        memcpy(take.channel[i], take.channel[0], length * sizeof(float));
    }
    return take;
}

static double gain(double depth, double theta, uint32_t channel)
{
    return 1 - depth * 0.5 * (1 - sin(theta + channel * two_pi * (1 - 1 / phi)));
}

/* --- the formula --- */

static double raised(double part)
{
    return part <= 0 ? 0 : part >= 1 ? 1 : 0.5 * (1 - cos(0.5 * two_pi * part));
}

/* From the moment it is switched on, the glide included; block by block, so that minutes fit into memory. */
static double worst_gain_error(uint32_t channels, double depth, double rate, uint32_t seconds)
{
    static float in[BLOCK_MAX];
    static float out[CHANNELS_MAX][BLOCK_MAX];
    const float *inputs[CHANNELS_MAX];
    float *outputs[CHANNELS_MAX];
    double worst = 0;
    for (uint32_t i = 0; i < channels; i++) {
        inputs[i] = in;
        outputs[i] = out[i];
    }
    begin(channels, depth, rate);
    breathing_set_on(&breathing, true);
    for (uint32_t at = 0; at < seconds * RATE; at += 1000) {
        memset(in, 0, sizeof in);
        signal_add_tone(in, 1000, 1, 1000.0 / RATE, two_pi * fmod(at * 1000.0 / RATE, 1) + 0.3);
        breathing_pass(&breathing, inputs, outputs, 1000);
        for (uint32_t n = 0; n < 1000; n++) {
            const double power = raised((double)(at + n) / GLIDE);
            const double theta = two_pi * fmod(rate * (at + n) / RATE, 1);
            for (uint32_t i = 0; i < channels; i++) {
                const double want = gain(depth * power, theta, i) * (double)in[n];
                keep_worst(&worst, fabs((double)out[i][n] - want) / fabs((double)in[n]));
            }
        }
    }
    return worst;
}

static void gain_follows_the_formula(void)
{
    static const struct {
        uint32_t channels;
        double depth;
        double rate;
        uint32_t seconds;
    } cases[] = {
        {CHANNELS_MAX, 1 / phi, 1 / phi, 5},
        {CHANNELS_MAX, 1 / phi, 0.01, 2},
        {2, 1 / phi, 0.01, 101},
        {CHANNELS_MAX, 1 / phi, 10, 3},
        {3, 1, 10, 10},
        {1, 0, 1, 1},
    };
    double worst = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const double error =
            worst_gain_error(cases[i].channels, cases[i].depth, cases[i].rate, cases[i].seconds);
        printf("\n  depth %.3f at %.3f Hz, %u channels: gain within %.1e", cases[i].depth, cases[i].rate,
               cases[i].channels, error);
        keep_worst(&worst, error);
    }
    CU_ASSERT(worst < 1e-4);
    CU_ASSERT(worst > 0);
}

static void settings_are_clipped_to_their_ranges(void)
{
    begin(1, 7, 99);
    CU_ASSERT_EQUAL(breathing_depth(&breathing), 1);
    CU_ASSERT_EQUAL(breathing_rate(&breathing), BREATHING_RATE_MAX);
    begin(1, -7, -99);
    CU_ASSERT_EQUAL(breathing_depth(&breathing), 0);
    CU_ASSERT_EQUAL(breathing_rate(&breathing), BREATHING_RATE_MIN);
    CU_ASSERT(!breathing.on);
    breathing_init(&breathing, RATE, 1);
    CU_ASSERT_DOUBLE_EQUAL(breathing_depth(&breathing), 1 / phi, 1e-15);
    CU_ASSERT_DOUBLE_EQUAL(breathing_rate(&breathing), 1 / phi, 1e-15);
    CU_ASSERT_EQUAL(breathing_phase(&breathing, 0), 0);
}

/* --- blocks --- */

enum { SCENE = 65536, SCENE_EVERY = 8192 };

/* What is asked at each SCENE_EVERY-th sample. */
static void ask(uint32_t step)
{
    switch (step) {
    case 0: breathing_set_on(&breathing, true); break;
    case 1: breathing_set_depth(&breathing, 0.9); break;
    case 2: breathing_set_phase(&breathing, 4); break;
    case 3: breathing_set_rate(&breathing, 10); break;
    case 4: breathing_shift_phase(&breathing, -0.2); break;
    case 5: breathing_set_on(&breathing, false); break;
    case 6: breathing_set_phase(&breathing, 1); break;
    default: breathing_set_on(&breathing, true); break;
    }
}

/* The blocks are of `period` samples, or of any size up to that. */
static struct take play_scene(uint32_t period, bool steady)
{
    struct take take = tone(3, SCENE);
    struct random random = {period};
    begin(3, 1 / phi, 1 / phi);
    for (uint32_t at = 0; at < SCENE;) {
        const uint32_t wanted = steady ? period : random_range(&random, 1, period);
        const uint32_t left = SCENE_EVERY - at % SCENE_EVERY;
        const uint32_t count = wanted < left ? wanted : left;
        if (at % SCENE_EVERY == 0) {
            ask(at / SCENE_EVERY);
        }
        pass(&take, at, count);
        at += count;
    }
    return take;
}

static bool same_bits(const struct take *a, const struct take *b)
{
    bool same = a->channels == b->channels && a->length == b->length;
    for (uint32_t i = 0; i < a->channels && same; i++) {
        same = memcmp(a->channel[i], b->channel[i], a->length * sizeof(float)) == 0;
    }
    return same;
}

static void any_blocks_give_the_same_bits(void)
{
    static const uint32_t periods[] = {16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 1, 7, 97, 999, 4097};
    struct take whole = play_scene(BLOCK_MAX, true);
    const double phase = breathing_phase(&breathing, 0);
    for (size_t i = 0; i < sizeof periods / sizeof periods[0]; i++) {
        for (int steady = 0; steady < 2; steady++) {
            struct take parts = play_scene(periods[i], steady);
            CU_ASSERT(same_bits(&whole, &parts));
            CU_ASSERT_EQUAL(breathing_phase(&breathing, 0), phase);
            take_free(&parts);
        }
    }
    struct take untouched = tone(3, SCENE);
    CU_ASSERT(!same_bits(&whole, &untouched));
    take_free(&untouched);
    take_free(&whole);
}

/* --- off --- */

static struct take any_bits(uint32_t channels, uint32_t length)
{
    struct take take = take_new(channels, length);
    struct random random = {9};
    for (uint32_t i = 0; i < channels; i++) {
        for (uint32_t n = 0; n < length; n++) {
            uint32_t bits = (uint32_t)random_bits(&random);
            bits = n % 3 == 0 ? 0x7F800000U | bits : bits; /* NaN of any payload and sign */
            memcpy(&take.channel[i][n], &bits, sizeof bits);
        }
    }
    return take;
}

/* How many samples from `from` on do not have the input's bits, and where the last of them is. */
static uint32_t differing(const struct take *out, const struct take *in, uint32_t from, uint32_t *last)
{
    uint32_t count = 0;
    for (uint32_t n = from; n < in->length; n++) {
        for (uint32_t i = 0; i < in->channels; i++) {
            if (memcmp(&out->channel[i][n], &in->channel[i][n], sizeof(float)) != 0) {
                count++;
                *last = n;
            }
        }
    }
    return count;
}

static void off_is_the_input_bit_for_bit(void)
{
    enum { LENGTH = 4 * RATE, ON_AT = RATE, OFF_AT = 2 * RATE };
    static const uint32_t periods[] = {16, 64, 1024, 8192, 997};
    for (size_t p = 0; p < sizeof periods / sizeof periods[0]; p++) {
        struct take in = any_bits(2, LENGTH);
        struct take out = any_bits(2, LENGTH);
        uint32_t on_at = UINT32_MAX;
        uint32_t off_at = UINT32_MAX;
        uint32_t last = 0;
        begin(2, 1 / phi, 1 / phi);
        for (uint32_t at = 0; at < LENGTH; at += periods[p]) {
            if (at >= ON_AT && on_at == UINT32_MAX) {
                on_at = at;
                breathing_set_on(&breathing, true);
            }
            if (at >= OFF_AT && off_at == UINT32_MAX) {
                off_at = at;
                breathing_set_on(&breathing, false);
            }
            const uint32_t left = LENGTH - at;
            pass(&out, at, left < periods[p] ? left : periods[p]);
        }
        CU_ASSERT(differing(&out, &in, 0, &last) > RATE / 2);
        CU_ASSERT(last < off_at + GLIDE + BREATHING_SEGMENT);
        CU_ASSERT_EQUAL(differing(&out, &in, off_at + GLIDE + BREATHING_SEGMENT, &last), 0);
        CU_ASSERT_EQUAL(memcmp(out.channel[0], in.channel[0], on_at * sizeof(float)), 0);
        CU_ASSERT_EQUAL(memcmp(out.channel[1], in.channel[1], on_at * sizeof(float)), 0);
        take_free(&in);
        take_free(&out);
    }
}

/* Commands while it is off change nothing that can be heard. */
static void settings_while_off_leave_the_bits_alone(void)
{
    struct take in = any_bits(1, RATE);
    struct take out = any_bits(1, RATE);
    uint32_t last;
    begin(1, 1, 10);
    for (uint32_t at = 0; at < RATE; at += 480) {
        breathing_set_depth(&breathing, at / (double)RATE);
        breathing_set_phase(&breathing, at);
        breathing_set_rate(&breathing, 5);
        breathing_set_on(&breathing, false);
        pass(&out, at, 480);
    }
    CU_ASSERT_EQUAL(differing(&out, &in, 0, &last), 0);
    take_free(&in);
    take_free(&out);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"settings are clipped to their ranges", settings_are_clipped_to_their_ranges},
        {"gain follows the formula", gain_follows_the_formula},
        {"any blocks give the same bits", any_blocks_give_the_same_bits},
        {"off is the input, bit for bit", off_is_the_input_bit_for_bit},
        {"settings while off leave the bits alone", settings_while_off_leave_the_bits_alone},
        CU_TEST_INFO_NULL,
    };
    return unit_run("breathing", tests);
}
