/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Onsets: when there are none, and how they follow one another. How well they are found is
 * tests/integration/test_onsets.py's. */
#include "tests/unit/jack-client/dsp/signals.h"
#include "tests/unit/unit.h"

#include <math.h>

enum { RATE = 48000, HOP = 512 };

static struct analysis *make(uint32_t channels, double threshold)
{
    struct analysis_config config = ANALYSIS_DEFAULTS;
    struct analysis *analysis;
    config.channels = channels;
    config.onset_threshold = threshold;
    CU_ASSERT_EQUAL_FATAL(analysis_create(&config, &analysis), STATUS_OK);
    return analysis;
}

/* Onsets in the samples from `first` on. */
static uint32_t feed(struct analysis *analysis, const struct take *take, uint32_t first, uint32_t count)
{
    struct frames frames = take_feed(take, analysis, HOP, first, count, 256);
    uint32_t found = 0;
    for (uint32_t m = 0; m < frames.count; m++) {
        const struct analysis_onset *onset = &frames.frame[m].onset;
        found += onset->found;
        CU_ASSERT(!onset->found || (onset->strength > 0 && onset->strength <= 1 && onset->band < 8));
    }
    frames_free(&frames);
    return found;
}

static struct take noise_of(uint32_t seconds)
{
    struct take take = take_new(2, seconds * RATE);
    struct random random = {4};
    signal_add_noise(take.channel[0], take.length, NOISE_PINK, 0.1, &random);
    signal_add_noise(take.channel[1], take.length, NOISE_WHITE, 0.01, &random);
    return take;
}

/* That we begin to listen, or have missed something, is no event in the sound. */
static void none_of_our_own_making(void)
{
    struct take take = noise_of(4);
    struct analysis *analysis = make(2, ONSETS_THRESHOLD_DEFAULT);
    CU_ASSERT_EQUAL(feed(analysis, &take, 0, RATE), 0);
    analysis_want(analysis, PART_ONSETS);
    CU_ASSERT_EQUAL(feed(analysis, &take, RATE, RATE), 0);
    analysis_restart_window(analysis);
    CU_ASSERT_EQUAL(feed(analysis, &take, 3 * RATE, RATE), 0);
    analysis_want(analysis, 0);
    CU_ASSERT_EQUAL(feed(analysis, &take, 0, RATE), 0);
    analysis_want(analysis, PART_ONSETS);
    CU_ASSERT_EQUAL(feed(analysis, &take, 2 * RATE, RATE), 0);
    analysis_destroy(analysis);
    take_free(&take);
}

/* Sound after silence is one. */
static void sound_after_silence(void)
{
    struct take take = noise_of(2);
    struct take silence = take_new(2, RATE);
    struct analysis *analysis = make(2, ONSETS_THRESHOLD_DEFAULT);
    analysis_want(analysis, PART_ONSETS);
    CU_ASSERT_EQUAL(feed(analysis, &silence, 0, RATE), 0);
    CU_ASSERT_EQUAL(feed(analysis, &take, 0, RATE), 1);
    analysis_destroy(analysis);
    take_free(&take);
    take_free(&silence);
}

/* A channel that swells out of silence, from 0 once a second, is below the gate for a while; and one that
 * does not change. */
static struct take swelling_beside_steady(uint32_t seconds)
{
    enum { TONES = 24 };
    struct take take = take_new(2, seconds * RATE);
    signal_add_tone(take.channel[0], take.length, 0.1, 333.0 / RATE, 0);
    for (int i = 0; i < TONES; i++) {
        signal_add_tone(take.channel[1], take.length, 0.02, 150 * pow(1.2, i) / RATE, i);
    }
    for (uint32_t n = 0; n < take.length; n++) {
        take.channel[1][n] *= (float)(0.5 - 0.5 * cos(2 * 3.14159265358979 * n / RATE));
    }
    return take;
}

/* What passes the gate beside other sound was there before; an attack meanwhile is an attack. */
static void passing_the_gate_is_none(void)
{
    for (uint32_t attacks = 0; attacks < 2; attacks++) {
        struct take take = swelling_beside_steady(8);
        struct analysis *analysis = make(2, ONSETS_THRESHOLD_DEFAULT);
        analysis_want(analysis, PART_ONSETS);
        for (uint32_t i = 1; attacks && i < 8; i++) {
            take.channel[0][i * RATE + 100 * i * RATE / 4000] = 0.3F;
        }
        CU_ASSERT_EQUAL(feed(analysis, &take, 0, take.length), attacks ? 7 : 0);
        analysis_destroy(analysis);
        take_free(&take);
    }
}

/* Clicks every 200 ms are told one by one; of those every 30 ms no more than each 50 ms. */
static void no_two_within_50_ms(void)
{
    for (uint32_t apart_ms = 30; apart_ms <= 200; apart_ms += 170) {
        struct take take = take_new(1, 4 * RATE);
        struct analysis *analysis = make(1, ONSETS_THRESHOLD_DEFAULT);
        analysis_want(analysis, PART_ONSETS);
        signal_add_clicks(take.channel[0] + RATE, 3 * RATE, 0.5, apart_ms * RATE / 1000);
        const uint32_t found = feed(analysis, &take, 0, take.length);
        CU_ASSERT(apart_ms == 200 ? found == 15 : found <= 3000 / 50);
        analysis_destroy(analysis);
        take_free(&take);
    }
}

/* The strength is shown at once, and falls with a time constant of 120 ms. */
static void shown_strength_falls(void)
{
    struct take take = take_new(1, 2 * RATE);
    struct analysis *analysis = make(1, ONSETS_THRESHOLD_DEFAULT);
    float before = 0;
    float strength = 0;
    analysis_want(analysis, PART_ONSETS);
    take.channel[0][RATE] = 0.7F;
    struct frames frames = take_feed(&take, analysis, HOP, 0, take.length, 333);
    for (uint32_t m = 0; m < frames.count; m++) {
        const float shown = frames.frame[m].requested.onset_strength;
        if (frames.frame[m].onset.found) {
            strength = frames.frame[m].onset.strength;
            CU_ASSERT_EQUAL(shown, strength);
        } else if (before > 0) {
            CU_ASSERT_DOUBLE_EQUAL((double)(shown / before), exp(-HOP / (0.12 * RATE)), 1e-5);
        } else {
            CU_ASSERT_EQUAL(shown, 0);
        }
        before = shown;
    }
    CU_ASSERT(strength > 0);
    frames_free(&frames);
    analysis_destroy(analysis);
    take_free(&take);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"none of our own making", none_of_our_own_making},     {"sound after silence", sound_after_silence},
        {"passing the gate is none", passing_the_gate_is_none}, {"no two within 50 ms", no_two_within_50_ms},
        {"shown strength falls", shown_strength_falls},         CU_TEST_INFO_NULL,
    };
    return unit_run("onsets", tests);
}
