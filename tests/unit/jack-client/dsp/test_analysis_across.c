/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ICI, phase coherence and centroid against analytic values. */
#include "tests/unit/jack-client/dsp/signals.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <stdio.h>

static const double pi = 3.14159265358979323846;
enum { W = 2048 };

static struct analysis_config unsmoothed(uint32_t channels)
{
    struct analysis_config config = ANALYSIS_DEFAULTS;
    config.channels = channels;
    config.smooth_ms = 0;
    return config;
}

/* The first frame of a take of one window. */
static struct analysis_frame frame_of(const struct take *take)
{
    const struct analysis_config config = unsmoothed(take->channels);
    struct analysis_frame frame = {0};
    struct frames frames = take_analyse(take, &config, take->length);
    CU_ASSERT_EQUAL(frames.count, 1);
    if (frames.count == 1) {
        frame = frames.frame[0];
        CU_ASSERT(frame_is_good(&frame, &config));
    }
    frames_free(&frames);
    return frame;
}

static double cycles(double bin)
{
    return bin / W;
}

/* --- agreement --- */

static void no_active_channel_gives_zeros(void)
{
    struct take take = take_new(3, W);
    for (int loud = 0; loud < 2; loud++) {
        const struct analysis_frame frame = frame_of(&take);
        CU_ASSERT_EQUAL(frame.active_channels, 0);
        CU_ASSERT_EQUAL(frame.ici, 0);
        CU_ASSERT_EQUAL(frame.phase_coherence, 0);
        CU_ASSERT_EQUAL(frame.spectral_centroid, 0);
        CU_ASSERT_EQUAL(frame.criticality, 0);
        signal_add_tone(take.channel[1], W, 1e-4, 0.1, 0); /* below the gate */
    }
    take_free(&take);
}

static void one_active_channel_agrees_with_itself(void)
{
    struct random random = {1};
    struct take take = take_new(3, W);
    signal_add_noise(take.channel[1], W, NOISE_WHITE, 0.2, &random);
    const struct analysis_frame frame = frame_of(&take);
    CU_ASSERT_EQUAL(frame.active_channels, 1);
    CU_ASSERT_EQUAL(frame.ici, 1);
    CU_ASSERT_DOUBLE_EQUAL(frame.phase_coherence, 1, 1e-6);
    take_free(&take);
}

static void identical_channels_agree(void)
{
    for (uint32_t channels = 2; channels <= 64; channels *= 2) {
        struct take take = take_new(channels, W);
        for (uint32_t i = 0; i < channels; i++) {
            struct random random = {99};
            signal_add_noise(take.channel[i], W, NOISE_PINK, 0.2, &random);
        }
        const struct analysis_frame frame = frame_of(&take);
        CU_ASSERT_DOUBLE_EQUAL(frame.ici, 1, 1e-5);
        CU_ASSERT_DOUBLE_EQUAL(frame.phase_coherence, 1, 1e-5);
        take_free(&take);
    }
}

static void an_antiphase_pair_disagrees(void)
{
    struct take take = take_new(2, W);
    struct random random = {99};
    signal_add_noise(take.channel[0], W, NOISE_PINK, 0.2, &random);
    for (uint32_t n = 0; n < W; n++) {
        take.channel[1][n] = -take.channel[0][n];
    }
    const struct analysis_frame frame = frame_of(&take);
    CU_ASSERT_DOUBLE_EQUAL(frame.ici, 0, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(frame.phase_coherence, 0, 1e-6);
    CU_ASSERT_EQUAL(frame.active_channels, 2);
    take_free(&take);
}

/* ICI = (1 + cos D) / 2 for any two levels; coherence = |cos D/2| for equal ones. */
static void pairs_with_a_known_phase_difference(void)
{
    double worst_ici = 0;
    double worst_coherence = 0;
    for (int step = 0; step <= 32; step++) {
        const double difference = 2 * pi * step / 32;
        for (double quieter = 0; quieter >= -20; quieter -= 10) {
            struct take take = take_new(2, W);
            signal_add_tone(take.channel[0], W, 0.5, cycles(150.3), 0.4);
            signal_add_tone(take.channel[1], W, 0.5 * from_db(quieter), cycles(150.3), 0.4 + difference);
            const struct analysis_frame frame = frame_of(&take);
            keep_worst(&worst_ici, fabs((double)frame.ici - 0.5 * (1 + cos(difference))));
            if (quieter == 0) {
                keep_worst(&worst_coherence, fabs((double)frame.phase_coherence - fabs(cos(difference / 2))));
            }
            take_free(&take);
        }
    }
    printf("phase difference: worst ICI %.2g, coherence %.2g (of 1e-4)\n", worst_ici, worst_coherence);
    CU_ASSERT(worst_ici <= 1e-4);
    CU_ASSERT(worst_coherence <= 1e-4);
}

/* Two channels as one, the second far quieter: cos 0 is 1 whatever the levels. */
static void pairs_of_very_different_level(void)
{
    double worst = 0;
    for (double loud = 20; loud >= -40; loud -= 20) {
        for (double bins = 20.5; bins < 900; bins *= 1.7) {
            struct take take = take_new(2, W);
            signal_add_tone(take.channel[0], W, from_db(loud), cycles(bins), 0.4);
            signal_add_tone(take.channel[1], W, from_db(-56), cycles(bins), 0.4 + pi / 2);
            const struct analysis_frame frame = frame_of(&take);
            CU_ASSERT_EQUAL(frame.active_channels, 2);
            keep_worst(&worst, fabs((double)frame.ici - 0.5));
            take_free(&take);
        }
    }
    printf("very different levels: worst ICI %.2g (of 1e-4)\n", worst);
    CU_ASSERT(worst <= 1e-4);
}

/* --- chance --- */

/* Gaussian noises: the sum of n has sqrt(n) times the amplitude of one, so coherence is 1 / sqrt(n). */
static void independent_noises(void)
{
    static const uint32_t counts[] = {2, 8, 64};
    struct random random = {5};
    for (size_t c = 0; c < 3; c++) {
        const uint32_t n = counts[c];
        const struct analysis_config config = unsmoothed(n);
        struct take take = take_new(n, W * 40);
        for (uint32_t i = 0; i < n; i++) {
            signal_add_noise(take.channel[i], take.length, NOISE_WHITE, 0.1, &random);
        }
        struct frames frames = take_analyse(&take, &config, 1024);
        double ici = 0;
        double coherence = 0;
        for (uint32_t m = 0; m < frames.count; m++) {
            ici += (double)frames.frame[m].ici / frames.count;
            coherence += (double)frames.frame[m].phase_coherence / frames.count;
        }
        printf("%u noises: ICI %.4f (0.5), coherence %.4f (%.4f)\n", n, ici, coherence, 1 / sqrt(n));
        CU_ASSERT_DOUBLE_EQUAL(ici, 0.5, 0.01);
        CU_ASSERT_DOUBLE_EQUAL(coherence, 1 / sqrt(n), 0.01);
        frames_free(&frames);
        take_free(&take);
    }
}

enum { TONES = 200 };

/* n channels of the same tones, each phase drawn anew: the coherence of exactly these phases is known, and
 * for many channels it comes near sqrt(pi / 4 n). */
static void check_random_phases(uint32_t n, struct random *random)
{
    struct take take = take_new(n, W);
    double expected = 0;
    double agreeing = 0;
    for (int tone = 0; tone < TONES; tone++) {
        double re = 0;
        double im = 0;
        for (uint32_t i = 0; i < n; i++) {
            const double phase = 2 * pi * random_uniform(random);
            re += cos(phase);
            im += sin(phase);
            signal_add_tone(take.channel[i], W, 0.01, cycles(8 + 5 * tone), phase);
        }
        expected += hypot(re, im) / n / TONES;
        agreeing += (re * re + im * im - n) / ((double)n * n - n) / TONES;
    }
    const struct analysis_frame frame = frame_of(&take);
    CU_ASSERT_DOUBLE_EQUAL(frame.phase_coherence, expected, 1e-4);
    CU_ASSERT_DOUBLE_EQUAL(frame.ici, 0.5 * (1 + agreeing), 1e-4);
    if (n >= 8) {
        CU_ASSERT_DOUBLE_EQUAL(frame.phase_coherence / sqrt(pi / 4 / n), 1, 0.1);
    }
    take_free(&take);
}

static void random_phases(void)
{
    struct random random = {11};
    for (uint32_t n = 2; n <= 64; n *= 2) {
        check_random_phases(n, &random);
    }
}

/* --- different sounds --- */

/* Tones that share no bin neither add nor cancel. The ICI is what little overlap there is, and stays in
 * range. */
static void different_tones_do_not_cancel(void)
{
    struct take take = take_new(4, W);
    for (uint32_t i = 0; i < 4; i++) {
        signal_add_tone(take.channel[i], W, 0.25, cycles(40 * (i + 1)), i);
    }
    const struct analysis_frame frame = frame_of(&take);
    CU_ASSERT_DOUBLE_EQUAL(frame.phase_coherence, 1, 1e-4);
    CU_ASSERT_DOUBLE_EQUAL(frame.spectral_centroid / (100 * 48000.0 / W), 1, 1e-4);
    for (uint32_t i = 0; i < 4; i++) {
        CU_ASSERT_DOUBLE_EQUAL(frame.channel[i].frequency, 40 * (i + 1) * 48000.0 / W, 0.02);
    }
    take_free(&take);
}

static void centroid_of_known_spectra(void)
{
    static const struct {
        double amplitude[2][2]; /* of channel and tone */
        double bin[2];
    } rows[] = {
        {{{1, 0}, {0, 0}}, {300, 0}},      {{{1, 1}, {0, 0}}, {100, 500}},
        {{{1, 0}, {0, 1}}, {100, 500}},    {{{0.3, 0.1}, {0, 0}}, {64, 1000}},
        {{{1, 0}, {0, 0.01}}, {10, 1000}}, {{{0.5, 0.5}, {0.1, 0.2}}, {50, 51 + 9}},
    };
    double worst = 0;
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        struct take take = take_new(2, W);
        double moment = 0;
        double sum = 0;
        for (int i = 0; i < 2; i++) {
            for (int tone = 0; tone < 2; tone++) {
                const double amplitude = rows[r].amplitude[i][tone];
                signal_add_tone(take.channel[i], W, amplitude, cycles(rows[r].bin[tone]), 1);
                moment += amplitude * rows[r].bin[tone] * 48000 / W;
                sum += amplitude;
            }
        }
        const struct analysis_frame frame = frame_of(&take);
        keep_worst(&worst, fabs((double)frame.spectral_centroid / (moment / sum) - 1));
        take_free(&take);
    }
    printf("centroid: worst %.2g relative (of 1e-4)\n", worst);
    CU_ASSERT(worst <= 1e-4);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"no active channel gives zeros", no_active_channel_gives_zeros},
        {"one active channel agrees with itself", one_active_channel_agrees_with_itself},
        {"identical channels agree", identical_channels_agree},
        {"an antiphase pair disagrees", an_antiphase_pair_disagrees},
        {"pairs with a known phase difference", pairs_with_a_known_phase_difference},
        {"pairs of very different level", pairs_of_very_different_level},
        {"independent noises", independent_noises},
        {"random phases", random_phases},
        {"different tones do not cancel", different_tones_do_not_cancel},
        {"centroid of known spectra", centroid_of_known_spectra},
        CU_TEST_INFO_NULL,
    };
    return unit_run("analysis_across", tests);
}
