/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whatever comes in: every number that comes out is finite and in range, and every bad sample is counted. */
#include "jack-client/dsp/float_mode.h"
#include "tests/unit/jack-client/dsp/signals.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

static float from_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Taken as 0 and counted, by docs/metrics.md: NaN, infinite, denormal, or beyond 1e8. */
static bool is_bad(float value)
{
    const int kind = fpclassify(value);
    return kind == FP_NAN || kind == FP_INFINITE || kind == FP_SUBNORMAL || fabsf(value) > 1e8F;
}

static struct analysis_config config_of(uint32_t channels)
{
    struct analysis_config config = ANALYSIS_DEFAULTS;
    config.channels = channels;
    config.window = 256;
    config.hop = 64;
    return config;
}

/* Runs the take; checks each frame, and the count. */
static void check_take(const struct take *take, uint32_t block)
{
    const struct analysis_config config = config_of(take->channels);
    struct analysis *analysis;
    uint64_t bad = 0;
    for (uint32_t i = 0; i < take->channels; i++) {
        for (uint32_t n = 0; n < take->length; n++) {
            bad += is_bad(take->channel[i][n]);
        }
    }
    CU_ASSERT_EQUAL_FATAL(analysis_create(&config, &analysis), STATUS_OK);
    struct frames frames = take_feed(take, analysis, config.hop, 0, take->length, block);
    CU_ASSERT(frames.count > 0);
    for (uint32_t m = 0; m < frames.count; m++) {
        CU_ASSERT(frame_is_good(&frames.frame[m], &config));
    }
    CU_ASSERT_EQUAL(analysis_refused_samples(analysis), bad);
    frames_free(&frames);
    analysis_destroy(analysis);
}

static void random_bits_of_any_kind(void)
{
    static const uint32_t channels[] = {1, 2, 8, 64};
    for (size_t c = 0; c < 4; c++) {
        struct random random = {channels[c]};
        struct take take = take_new(channels[c], 1000000 / channels[c]);
        for (uint32_t i = 0; i < take.channels; i++) {
            for (uint32_t n = 0; n < take.length; n++) {
                take.channel[i][n] = from_bits((uint32_t)random_bits(&random));
            }
        }
        check_take(&take, 1021);
        take_free(&take);
    }
}

/* The same kind of sample throughout, and mixed into a tone, in one of two channels. */
static void every_kind_of_bad_sample(void)
{
    static const uint32_t kinds[] = {0x7F800000, 0xFF800000, 0x7FC00000, 0xFFC00000, 0x7F800001, 0xFF800001,
                                     0x7FFFFFFF, 0xFFFFFFFF, 0x00000001, 0x80000001, 0x007FFFFF, 0x807FFFFF,
                                     0x7F7FFFFF, 0xFF7FFFFF, 0x4CBEBC21, 0xCCBEBC21};
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        CU_ASSERT(is_bad(from_bits(kinds[k])));
        for (uint32_t every = 1; every <= 1000; every *= 10) {
            struct take take = take_new(2, 2000);
            signal_add_tone(take.channel[0], take.length, 0.5, 0.1, 0);
            signal_add_tone(take.channel[1], take.length, 0.5, 0.1, 0);
            for (uint32_t n = 0; n < take.length; n += every) {
                take.channel[1][n] = from_bits(kinds[k]);
            }
            check_take(&take, 64);
            take_free(&take);
        }
    }
}

/* The bounds themselves: 1e8 and the least normal number are sound, what lies beyond is not; zeros are never
 * counted.
 */
static void the_bounds_are_exact(void)
{
    static const struct {
        uint32_t bits;
        uint32_t counted;
    } rows[] = {
        {0x4CBEBC20, 0}, {0xCCBEBC20, 0}, /* 1e8 */
        {0x4CBEBC21, 1}, {0xCCBEBC21, 1}, /* the next */
        {0x00800000, 0}, {0x80800000, 0}, /* the least normal number */
        {0x007FFFFF, 1}, {0x807FFFFF, 1}, /* the largest denormal */
        {0x00000000, 0}, {0x80000000, 0},
    };
    CU_ASSERT_EQUAL(from_bits(0x4CBEBC20), 1e8F);
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        const struct analysis_config config = config_of(1);
        struct take take = take_new(1, 64);
        struct analysis *analysis;
        take.channel[0][13] = from_bits(rows[r].bits);
        CU_ASSERT_EQUAL_FATAL(analysis_create(&config, &analysis), STATUS_OK);
        struct frames frames = take_feed(&take, analysis, config.hop, 0, 64, 64);
        CU_ASSERT_EQUAL(analysis_refused_samples(analysis), rows[r].counted);
        frames_free(&frames);
        analysis_destroy(analysis);
        take_free(&take);
    }
}

/* The loudest that counts, in all shapes: powers and their squares stay within a 32-bit number. */
static void the_loudest_signals(void)
{
    for (uint32_t channels = 1; channels <= 64; channels += 63) {
        for (int shape = 0; shape < 5; shape++) {
            struct take take = take_new(channels, 4096);
            for (uint32_t i = 0; i < channels; i++) {
                for (uint32_t n = 0; n < take.length; n++) {
                    const bool up = shape == 0   ? n % 2
                                    : shape == 1 ? n % 8 < 4
                                    : shape == 2 ? (n * 2654435761U) >> 31
                                    : shape == 3 ? n % 100 < 50
                                                 : true;
                    take.channel[i][n] = up ? 1e8F : -1e8F;
                }
            }
            check_take(&take, 256);
            take_free(&take);
        }
    }
}

/* From the loudest to silence and to the faintest, in one hop: no average overflows, divides by 0 or sticks.
 */
static void sudden_changes_of_level(void)
{
    static const double levels[] = {1e8, 0, 1e-3, 1e8, 2e-3, 1, 1e-37, 1e8, 0};
    struct random random = {6};
    struct take take = take_new(3, 9 * 1000);
    for (uint32_t s = 0; s < 9; s++) {
        for (uint32_t i = 0; i < 3; i++) {
            const double level = levels[(s + i) % 9];
            for (uint32_t n = 0; n < 1000; n++) {
                take.channel[i][s * 1000 + n] = (float)(level * (2 * random_uniform(&random) - 1));
            }
        }
    }
    check_take(&take, 100);
    take_free(&take);
}

/* --- in the realtime thread's float mode --- */

struct run {
    struct take take;
    uint64_t refused;
    bool good;
};

static void *run_flushing(void *arg)
{
    struct run *run = arg;
    const struct analysis_config config = config_of(run->take.channels);
    struct analysis *analysis;
    float_mode_flush_denormals(); /* of this thread alone */
    if (analysis_create(&config, &analysis) == STATUS_OK) {
        struct frames frames = take_feed(&run->take, analysis, config.hop, 0, run->take.length, 333);
        run->refused = analysis_refused_samples(analysis);
        run->good = frames.count > 0;
        for (uint32_t m = 0; m < frames.count; m++) {
            run->good = run->good && frame_is_good(&frames.frame[m], &config);
        }
        frames_free(&frames);
        analysis_destroy(analysis);
    }
    return NULL;
}

/* Where denormals read as zeros they are counted all the same: samples are judged by their bits. */
static void denormals_are_counted_where_they_read_as_0(void)
{
    struct run run = {.take = take_new(2, 5000)};
    struct random random = {21};
    pthread_t thread;
    uint64_t bad = 0;
    for (uint32_t n = 0; n < 5000; n++) {
        run.take.channel[0][n] = from_bits((uint32_t)random_bits(&random) & 0x807FFFFFU);
        run.take.channel[1][n] = from_bits((uint32_t)random_bits(&random));
        bad += is_bad(run.take.channel[0][n]) + is_bad(run.take.channel[1][n]);
    }
    CU_ASSERT(bad > 5000);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, run_flushing, &run), 0);
    pthread_join(thread, NULL);
    CU_ASSERT(run.good);
    CU_ASSERT_EQUAL(run.refused, bad);
    take_free(&run.take);
}

/* Bad samples in one channel are zeros in that channel, bit for bit, and nothing in the others. */
static void good_channels_are_unaffected(void)
{
    const struct analysis_config config = config_of(4);
    struct take spoilt = take_new(4, 10000);
    struct take zeroed = take_new(4, 10000);
    struct random random = {12};
    for (uint32_t i = 0; i < 4; i++) {
        struct random seed = {i};
        struct random same = {i};
        signal_add_noise(spoilt.channel[i], spoilt.length, NOISE_WHITE, 0.2, &seed);
        signal_add_noise(zeroed.channel[i], zeroed.length, NOISE_WHITE, 0.2, &same);
    }
    for (uint32_t n = 0; n < spoilt.length; n++) {
        const float value = from_bits((uint32_t)random_bits(&random));
        if (is_bad(value)) {
            spoilt.channel[2][n] = value;
            zeroed.channel[2][n] = 0;
        }
    }
    struct frames a = take_analyse(&spoilt, &config, 512);
    struct frames b = take_analyse(&zeroed, &config, 512);
    CU_ASSERT_EQUAL(a.count, b.count);
    for (uint32_t m = 0; m < a.count; m++) {
        CU_ASSERT_EQUAL(memcmp(a.frame[m].channel, b.frame[m].channel, 4 * sizeof a.frame[m].channel[0]), 0);
        CU_ASSERT(a.frame[m].ici == b.frame[m].ici && a.frame[m].criticality == b.frame[m].criticality &&
                  a.frame[m].phase_coherence == b.frame[m].phase_coherence &&
                  a.frame[m].spectral_centroid == b.frame[m].spectral_centroid);
    }
    frames_free(&a);
    frames_free(&b);
    take_free(&spoilt);
    take_free(&zeroed);
}

/* After a burst of NaN the next whole window is as good as any. */
static void bad_samples_leave_with_the_window(void)
{
    const struct analysis_config config = config_of(1);
    struct take take = take_new(1, 1024);
    signal_add_tone(take.channel[0], 1024, 0.5, 32.0 / 256, 0);
    for (uint32_t n = 0; n < 512; n++) {
        take.channel[0][n] = NAN;
    }
    struct frames frames = take_analyse(&take, &config, 64);
    const struct channel_metrics *last = &frames.frame[frames.count - 1].channel[0];
    CU_ASSERT_EQUAL(frames.count, 13);
    CU_ASSERT_EQUAL(frames.frame[0].active_channels, 0);
    CU_ASSERT_DOUBLE_EQUAL(last->amplitude, 0.5, 1e-5);
    CU_ASSERT_DOUBLE_EQUAL(last->frequency, 6000, 0.02);
    frames_free(&frames);
    take_free(&take);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"random bits of any kind", random_bits_of_any_kind},
        {"every kind of bad sample", every_kind_of_bad_sample},
        {"the bounds are exact", the_bounds_are_exact},
        {"the loudest signals", the_loudest_signals},
        {"sudden changes of level", sudden_changes_of_level},
        {"denormals are counted where they read as 0", denormals_are_counted_where_they_read_as_0},
        {"good channels are unaffected", good_channels_are_unaffected},
        {"bad samples leave with the window", bad_samples_leave_with_the_window},
        CU_TEST_INFO_NULL,
    };
    return unit_run("analysis_hostile", tests);
}
