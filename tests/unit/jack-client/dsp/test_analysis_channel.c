/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Frequency, amplitude and phase of one sinusoid, to the accuracy that docs/metrics.md asks for. */
#include "tests/unit/jack-client/dsp/signals.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <stdio.h>

static const double two_pi = 6.28318530717958647692;

/* One analysis that is given one window after the other. */
struct bench {
    struct analysis_config config;
    struct analysis *analysis;
    struct take take;
    double frequency_error; /* the worst so far: bins, */
    double amplitude_error; /* relative, */
    double phase_error;     /* rad */
};

static struct bench bench_new(uint32_t window)
{
    struct bench bench = {.config = ANALYSIS_DEFAULTS, .take = take_new(1, window)};
    bench.config.channels = 1;
    bench.config.window = window;
    bench.config.hop = 64;
    CU_ASSERT_EQUAL_FATAL(analysis_create(&bench.config, &bench.analysis), STATUS_OK);
    return bench;
}

static void bench_free(struct bench *bench)
{
    analysis_destroy(bench->analysis);
    take_free(&bench->take);
}

static void clear(struct bench *bench)
{
    signal_chop(bench->take.channel[0], bench->take.length, 0, 1);
}

static struct channel_metrics measure(struct bench *bench)
{
    struct channel_metrics metrics = {0};
    analysis_restart_window(bench->analysis);
    struct frames frames = take_feed(&bench->take, bench->analysis, bench->config.hop, 0, bench->take.length,
                                     bench->take.length);
    CU_ASSERT_EQUAL(frames.count, 1);
    if (frames.count > 0) {
        metrics = frames.frame[0].channel[0];
        CU_ASSERT(frame_is_good(&frames.frame[0], &bench->config));
    }
    frames_free(&frames);
    return metrics;
}

/* Adds a tone of so many bins whose phase at the window's centre is `phase`. */
static void add_tone(struct bench *bench, double amplitude, double bins, double phase)
{
    const uint32_t window = bench->config.window;
    signal_add_tone(bench->take.channel[0], window, amplitude, bins / window,
                    phase - two_pi * fmod(bins / 2, 1));
}

/* Measures what is there, and compares it with that tone. */
static void compare(struct bench *bench, double amplitude, double bins, double phase)
{
    const struct channel_metrics got = measure(bench);
    const double hz_per_bin = (double)bench->config.sample_rate / bench->config.window;
    CU_ASSERT_EQUAL(got.active, 1);
    keep_worst(&bench->frequency_error, fabs((double)got.frequency / hz_per_bin - bins));
    keep_worst(&bench->amplitude_error, fabs((double)got.amplitude / amplitude - 1));
    keep_worst(&bench->phase_error, fabs(remainder((double)got.phase - phase, two_pi)));
}

static void check_tone(struct bench *bench, double amplitude, double bins, double phase)
{
    clear(bench);
    add_tone(bench, amplitude, bins, phase);
    compare(bench, amplitude, bins, phase);
}

/* 0.02 Hz at W = 2048 and 48 kHz is 8.53e-4 bins; the same share of a bin is asked of other windows. */
static void verdict(const struct bench *bench, const char *what)
{
    static const double frequency_limit = 0.02 * 2048 / 48000;
    const double hz_per_bin = (double)bench->config.sample_rate / bench->config.window;
    printf("%s: worst %.2g Hz (of %.2g), amplitude %.2g (of 5e-4), phase %.2g rad (of 1e-3)\n", what,
           bench->frequency_error * hz_per_bin, frequency_limit * hz_per_bin, bench->amplitude_error,
           bench->phase_error);
    CU_ASSERT(bench->frequency_error <= frequency_limit);
    CU_ASSERT(bench->amplitude_error <= 5e-4);
    CU_ASSERT(bench->phase_error <= 1e-3);
}

/* --- accuracy --- */

static double phase_of(int step)
{
    return two_pi * step / 16 - two_pi / 2 + 1e-3;
}

static void any_frequency_at_any_phase(void)
{
    struct bench bench = bench_new(2048);
    for (int i = 0; i <= 500; i++) {
        const double hz = 100 * pow(200, i / 500.0);
        for (int step = 0; step < 16; step++) {
            check_tone(&bench, 0.5, hz * 2048 / 48000, phase_of(step));
        }
    }
    verdict(&bench, "100 Hz to 20 kHz");
    bench_free(&bench);
}

static void low_frequencies_closely(void)
{
    struct bench bench = bench_new(2048);
    for (double hz = 100; hz < 200; hz += 0.5) {
        for (int step = 0; step < 16; step++) {
            check_tone(&bench, 1, hz * 2048 / 48000, phase_of(step));
        }
    }
    verdict(&bench, "100 to 200 Hz");
    bench_free(&bench);
}

/* On a bin, between two, and next to either, where the interpolation is nearly singular or changes sides. */
static void bin_centres_and_half_bins(void)
{
    static const double off[] = {0,     1e-9,      -1e-9,     1e-6, -1e-6,      1e-4,       -1e-4,
                                 0.499, 0.4999999, 0.5000001, 0.5,  -0.4999999, -0.5000001, -0.499};
    struct bench bench = bench_new(2048);
    for (double bin = 5; bin < 853; bin += bin < 40 ? 1 : 37) {
        for (size_t i = 0; i < sizeof off / sizeof off[0]; i++) {
            for (int step = 0; step < 16; step += 3) {
                check_tone(&bench, 0.25, bin + off[i], phase_of(step));
            }
        }
    }
    verdict(&bench, "bin centres and half bins");
    bench_free(&bench);
}

static void any_amplitude(void)
{
    struct bench bench = bench_new(2048);
    for (double db = -50; db <= 20; db += 5) {
        for (double bins = 4.7; bins < 853; bins *= 1.37) {
            for (int step = 0; step < 16; step += 3) {
                check_tone(&bench, from_db(db), bins, phase_of(step));
            }
        }
    }
    verdict(&bench, "-50 to +20 dBFS");
    bench_free(&bench);
}

static void noise_60_db_below(void)
{
    struct bench bench = bench_new(2048);
    struct random random = {7};
    for (double bins = 100 * 2048 / 48000.0; bins < 853; bins *= 1.05) {
        for (int step = 0; step < 16; step++) {
            clear(&bench);
            add_tone(&bench, 0.5, bins, phase_of(step));
            signal_add_noise(bench.take.channel[0], 2048, NOISE_WHITE, 0.5 / sqrt(2) * 1e-3, &random);
            compare(&bench, 0.5, bins, phase_of(step));
        }
    }
    verdict(&bench, "noise at -60 dB");
    bench_free(&bench);
}

static void other_windows(void)
{
    for (uint32_t window = 256; window <= 16384; window *= 2) {
        struct bench bench = bench_new(window);
        char what[32];
        for (double bins = 5; bins < 0.4 * window; bins *= 1.11) {
            for (int step = 0; step < 16; step += 3) {
                check_tone(&bench, 0.5, bins, phase_of(step));
            }
        }
        snprintf(what, sizeof what, "W = %u", window);
        verdict(&bench, what);
        bench_free(&bench);
    }
}

/* --- the edges --- */

/* The strongest bin is 2 and its larger neighbour is bin 1, which is not searched but used. The sinusoid's
 * mirror image at -f stands near by, so no more is asked than half a tenth of a bin. */
static void lowest_bins(void)
{
    struct bench bench = bench_new(2048);
    for (double bins = 1.55; bins < 2.5; bins += 0.05) {
        for (int step = 0; step < 16; step++) {
            check_tone(&bench, 1, bins, phase_of(step));
        }
    }
    CU_ASSERT(bench.frequency_error < 0.05);
    CU_ASSERT(bench.amplitude_error < 0.1);
    bench_free(&bench);
}

static void top_bins(void)
{
    struct bench bench = bench_new(2048);
    for (double bins = 1021.5; bins < 1022.45; bins += 0.05) {
        for (int step = 0; step < 16; step++) {
            check_tone(&bench, 1, bins, phase_of(step));
        }
    }
    CU_ASSERT(bench.frequency_error < 0.05);
    CU_ASSERT(bench.amplitude_error < 0.1);
    bench_free(&bench);
}

/* An offset of any size leaks into bins 0 and 1 and no further. */
static void offsets_disturb_nothing(void)
{
    static const double offsets[] = {0.001, 0.5, -1, 1, 5};
    struct bench bench = bench_new(2048);
    for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
        clear(&bench);
        signal_add_constant(bench.take.channel[0], 2048, offsets[i]);
        CU_ASSERT_EQUAL(measure(&bench).active, 0);
        for (double bins = 4.7; bins < 853; bins *= 1.9) {
            clear(&bench);
            signal_add_constant(bench.take.channel[0], 2048, offsets[i]);
            add_tone(&bench, from_db(-20), bins, 1);
            compare(&bench, from_db(-20), bins, 1);
        }
    }
    verdict(&bench, "constant offsets");
    bench_free(&bench);
}

/* A full-scale control voltage of 0.05 Hz (twenty seconds a turn), alone and under a tone, and the gate still
 * open from that tone. At 0.1 Hz its slope would come to the gate. */
static void slow_control_voltages_disturb_nothing(void)
{
    struct bench bench = bench_new(2048);
    for (int step = 0; step < 16; step++) {
        clear(&bench);
        signal_add_tone(bench.take.channel[0], 2048, 1, 0.05 / 48000, phase_of(step));
        CU_ASSERT_EQUAL(measure(&bench).active, 0);
        add_tone(&bench, from_db(-6), 440 * 2048 / 48000.0, 1);
        compare(&bench, from_db(-6), 440 * 2048 / 48000.0, 1);
    }
    verdict(&bench, "control voltage");
    bench_free(&bench);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"any frequency at any phase", any_frequency_at_any_phase},
        {"low frequencies closely", low_frequencies_closely},
        {"bin centres and half bins", bin_centres_and_half_bins},
        {"any amplitude", any_amplitude},
        {"noise 60 dB below", noise_60_db_below},
        {"other windows", other_windows},
        {"lowest bins", lowest_bins},
        {"top bins", top_bins},
        {"offsets disturb nothing", offsets_disturb_nothing},
        {"slow control voltages disturb nothing", slow_control_voltages_disturb_nothing},
        CU_TEST_INFO_NULL,
    };
    return unit_run("analysis_channel", tests);
}
