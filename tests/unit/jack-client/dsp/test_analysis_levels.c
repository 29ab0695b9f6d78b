/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Levels against closed forms: rms, true peak, clipped samples. */
#include "jack-client/dsp/bins.h"
#include "tests/unit/jack-client/dsp/signals.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WINDOW = 2048, HOP = 512, LENGTH = 20 * HOP };

static const double pi = 3.14159265358979323846;

static struct frames analyse(const struct take *take, uint32_t block)
{
    struct analysis_config config = ANALYSIS_DEFAULTS;
    struct analysis *analysis;
    config.channels = take->channels;
    config.repeatable = true;
    CU_ASSERT_EQUAL_FATAL(analysis_create(&config, &analysis), STATUS_OK);
    analysis_want(analysis, PART_LEVELS);
    struct frames frames = take_feed(take, analysis, HOP, 0, take->length, block);
    analysis_destroy(analysis);
    CU_ASSERT_FATAL(frames.count > 0);
    return frames;
}

static double db_of(double ratio)
{
    return 20 * log10(ratio);
}

/* The last frame's levels of one channel. */
static struct level_metrics level_of(const struct take *take)
{
    struct frames frames = analyse(take, HOP);
    const struct level_metrics level = frames.frame[frames.count - 1].requested.level[0];
    CU_ASSERT_EQUAL(frames.frame[frames.count - 1].parts, PART_LEVELS);
    frames_free(&frames);
    return level;
}

static void check_rms(struct take *take, double rms)
{
    const struct level_metrics level = level_of(take);
    CU_ASSERT_DOUBLE_EQUAL(db_of((double)level.rms / rms), 0, 0.01);
    take_free(take);
}

static void rms_in_closed_form(void)
{
    static const double sizes[] = {1, 0.5, 1e-3, 1e-5};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct take sine = take_new(1, LENGTH);
        signal_add_tone(sine.channel[0], LENGTH, sizes[i], 11.0 / HOP, 0.3);
        check_rms(&sine, sizes[i] / sqrt(2));

        struct take constant = take_new(1, LENGTH);
        signal_add_constant(constant.channel[0], LENGTH, -sizes[i]);
        check_rms(&constant, sizes[i]);

        struct take square = take_new(1, LENGTH);
        for (uint32_t n = 0; n < LENGTH; n++) {
            square.channel[0][n] = (float)(n / 32 % 2 ? sizes[i] : -sizes[i]);
        }
        check_rms(&square, sizes[i]);
    }
    struct take bit = take_new(1, LENGTH); /* one least bit up and down */
    for (uint32_t n = 0; n < LENGTH; n++) {
        bit.channel[0][n] = n % 2 ? 1.0F / 32768 : -1.0F / 32768;
    }
    check_rms(&bit, 1.0 / 32768);
}

/* The mean of the squares of many frames is that of the noise. */
static void rms_of_noise(void)
{
    struct take take = take_new(1, 48000 * 20);
    struct random random = {7};
    double sum = 0;
    double wanted = 0;
    signal_add_noise(take.channel[0], take.length, NOISE_WHITE, from_db(-5.8), &random);
    struct frames frames = analyse(&take, HOP);
    for (uint32_t m = 1; m < frames.count; m++) { /* the first tells of a whole window */
        const double rms = (double)frames.frame[m].requested.level[0].rms;
        sum += rms * rms;
    }
    for (uint32_t n = WINDOW; n < WINDOW + (frames.count - 1) * HOP; n++) {
        wanted += (double)take.channel[0][n] * (double)take.channel[0][n] / HOP;
    }
    CU_ASSERT_DOUBLE_EQUAL(db_of(sqrt(sum / wanted)), 0, 0.001);
    CU_ASSERT_DOUBLE_EQUAL(db_of(sqrt(sum / (frames.count - 1))), -5.8, 0.05);
    frames_free(&frames);
    take_free(&take);
}

static double peak_error(double frequency, double phase)
{
    struct take take = take_new(1, LENGTH);
    signal_add_tone(take.channel[0], LENGTH, 0.5, frequency, phase);
    const double peak = (double)level_of(&take).peak;
    take_free(&take);
    return db_of(peak / 0.5);
}

/* The tones of EBU Tech 3341 (15 to 19), which allows +0.2 and -0.4 dB, and every frequency up to a quarter
 * of the rate. */
static void true_peak_of_tones(void)
{
    const double tones[][2] = {
        {1 / 4.0, 0}, {1 / 4.0, pi / 4}, {1 / 6.0, pi / 3}, {1 / 8.0, 3 * pi / 8}, {1 / 48.0, 0}};
    struct random random = {3};
    double most = 0;
    double least = 0;
    for (size_t i = 0; i < sizeof tones / sizeof tones[0]; i++) {
        CU_ASSERT_DOUBLE_EQUAL(peak_error(tones[i][0], tones[i][1]), 0, 0.2);
    }
    for (int i = 0; i < 400; i++) {
        const double error = peak_error(0.25 * (i + 1) / 400, 2 * pi * random_uniform(&random));
        most = error > most ? error : most;
        least = error < least ? error : least;
    }
    CU_ASSERT(most < 0.2);
    CU_ASSERT(least > -0.2);
    printf("[true peak of tones up to fs/4: %+.3f ... %+.3f dB] ", least, most);
}

/* What lies between two samples is the same wherever they stand: across hops, blocks and the ring's end. */
static void true_peak_everywhere(void)
{
    struct take take = take_new(1, 6 * WINDOW);
    for (uint32_t at = WINDOW - HOP - 20; at < 5 * WINDOW;
         at += at % HOP < 16 || at % HOP > HOP - 16 ? 1 : 93) {
        float peak = 0;
        memset(take.channel[0], 0, take.length * sizeof(float));
        take.channel[0][at] = take.channel[0][at + 1] = 0.5F;
        struct frames frames = analyse(&take, 100);
        for (uint32_t m = 0; m < frames.count; m++) {
            const float here = frames.frame[m].requested.level[0].peak;
            peak = here > peak ? here : peak;
        }
        CU_ASSERT_DOUBLE_EQUAL((double)peak, 0.6155, 1e-4);
        frames_free(&frames);
    }
    take_free(&take);
}

static void peak_falls_back(void)
{
    struct take take = take_new(1, LENGTH);
    take.channel[0][WINDOW - 100] = 0.8F;
    struct frames frames = analyse(&take, HOP);
    for (uint32_t m = 0; m < frames.count; m++) {
        const struct level_metrics *level = &frames.frame[m].requested.level[0];
        CU_ASSERT_DOUBLE_EQUAL((double)level->peak, 0.8 * exp(-(double)m * HOP / 48000 / 0.3), 1e-5);
        CU_ASSERT_EQUAL(level->rms == 0, m > 0);
    }
    frames_free(&frames);
    take_free(&take);
}

static void clipped_samples_are_counted(void)
{
    struct take take = take_new(2, LENGTH);
    static const float values[] = {1, -1, 0.999999F, -0.999999F, 1.5F, -3e7F, 1e9F /* absurd: taken as 0 */};
    for (uint32_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        take.channel[0][10 + 700 * i] = values[i];
    }
    struct frames frames = analyse(&take, 64);
    CU_ASSERT_EQUAL(frames.frame[0].requested.level[0].clipped, 2);
    CU_ASSERT_EQUAL(frames.frame[frames.count - 1].requested.level[0].clipped, 4);
    CU_ASSERT_EQUAL(frames.frame[frames.count - 1].requested.level[1].clipped, 0);
    frames_free(&frames);
    take_free(&take);
}

/* To the last bit, with any block. */
static void blocks_make_no_difference(void)
{
    static const uint32_t blocks[] = {64, 100, 1024, 5000};
    struct take take = take_new(12, LENGTH);
    struct random random = {9};
    for (uint32_t i = 0; i < take.channels; i++) {
        signal_add_noise(take.channel[i], LENGTH, NOISE_PINK, from_db(-10.0 * i), &random);
    }
    struct frames wanted = analyse(&take, HOP);
    for (size_t b = 0; b < sizeof blocks / sizeof blocks[0]; b++) {
        struct frames frames = analyse(&take, blocks[b]);
        CU_ASSERT_EQUAL_FATAL(frames.count, wanted.count);
        for (uint32_t m = 0; m < frames.count; m++) {
            CU_ASSERT_EQUAL(memcmp(frames.frame[m].requested.level, wanted.frame[m].requested.level,
                                   12 * sizeof(struct level_metrics)),
                            0);
        }
        frames_free(&frames);
    }
    frames_free(&wanted);
    take_free(&take);
}

/* Asked for in the midst of sound, and then no longer; a gap in it. */
static void asked_for_now_and_then(void)
{
    struct analysis_config config = ANALYSIS_DEFAULTS;
    struct analysis *analysis;
    struct take take = take_new(1, LENGTH);
    config.channels = 1;
    signal_add_tone(take.channel[0], LENGTH, 0.5, 11.0 / HOP, 0);
    CU_ASSERT_EQUAL_FATAL(analysis_create(&config, &analysis), STATUS_OK);
    struct frames frames = take_feed(&take, analysis, HOP, 0, 6 * HOP, HOP);
    CU_ASSERT_EQUAL(frames.frame[frames.count - 1].parts, 0);
    frames_free(&frames);
    analysis_want(analysis, PARTS_ALL | 0x100);
    frames = take_feed(&take, analysis, HOP, 6 * HOP, HOP, HOP);
    CU_ASSERT_EQUAL(frames.frame[0].parts, PARTS_ALL); /* no bands of channels unless configured */
    CU_ASSERT_DOUBLE_EQUAL((double)frames.frame[0].requested.level[0].rms, 0.5 / sqrt(2), 1e-5);
    frames_free(&frames);
    analysis_restart_window(analysis);
    frames = take_feed(&take, analysis, HOP, 0, 4 * HOP, HOP);
    CU_ASSERT_EQUAL_FATAL(frames.count, 1);
    CU_ASSERT_DOUBLE_EQUAL((double)frames.frame[0].requested.level[0].rms, 0.5 / sqrt(2), 1e-5);
    frames_free(&frames);
    analysis_want(analysis, 0);
    frames = take_feed(&take, analysis, HOP, 4 * HOP, HOP, HOP);
    CU_ASSERT_EQUAL(frames.frame[0].parts, 0);
    frames_free(&frames);
    analysis_destroy(analysis);
    take_free(&take);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"rms in closed form", rms_in_closed_form},
        {"rms of noise", rms_of_noise},
        {"true peak of tones", true_peak_of_tones},
        {"true peak everywhere", true_peak_everywhere},
        {"peak falls back", peak_falls_back},
        {"clipped samples are counted", clipped_samples_are_counted},
        {"blocks make no difference", blocks_make_no_difference},
        {"asked for now and then", asked_for_now_and_then},
        CU_TEST_INFO_NULL,
    };
    return unit_run("levels", tests);
}
