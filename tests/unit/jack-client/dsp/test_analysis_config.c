/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the analysis can be set to: everything outside its ranges is refused, everything inside works. */
#include "tests/unit/jack-client/dsp/signals.h"
#include "tests/unit/unit.h"

#include <math.h>

static bool refused(const struct analysis_config *config)
{
    static char garbage;
    struct analysis *analysis = (struct analysis *)(void *)&garbage;
    const enum status status = analysis_create(config, &analysis);
    if (status == STATUS_OK) {
        analysis_destroy(analysis);
    }
    return status == STATUS_BAD_ARG && analysis == NULL;
}

#define CHECK_REFUSED(member, ...)                                                                           \
    do {                                                                                                     \
        const double values[] = {__VA_ARGS__};                                                               \
        for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {                                      \
            struct analysis_config config = ANALYSIS_DEFAULTS;                                               \
            config.member = (__typeof__(config.member))values[i];                                            \
            CU_ASSERT(refused(&config));                                                                     \
        }                                                                                                    \
    } while (0)

static void every_member_out_of_range_is_refused(void)
{
    CHECK_REFUSED(sample_rate, 0, 1, 999, 1000001, 4294967295.0);
    CHECK_REFUSED(channels, 0, 65, 128, 4294967295.0);
    CHECK_REFUSED(window, 0, 1, 128, 255, 257, 2047, 2049, 12288, 16383, 32768, 2147483648.0, 4294967295.0);
    CHECK_REFUSED(hop, 0, 1, 32, 63, 65, 100, 511, 768, 4096, 32768, 4294967295.0);
    CHECK_REFUSED(gate_db, NAN, INFINITY, -INFINITY, 0.001, 1, -120.001, -1e9);
    CHECK_REFUSED(smooth_ms, NAN, INFINITY, -INFINITY, -0.001, -1, 60000.1);
    CHECK_REFUSED(criticality_ms, NAN, INFINITY, -INFINITY, -1, 0, 0.999, 600000.1);
}

static void destroying_nothing_is_no_harm(void)
{
    analysis_destroy(NULL);
    CU_PASS("still here");
}

/* A tone in the first channel, noise in the others, fed in one block: the frames come, in order, all good. */
static void check_works(const struct analysis_config *config)
{
    struct random random = {config->window + config->hop};
    struct take take = take_new(config->channels, config->window + 4 * config->hop);
    for (uint32_t i = 0; i < config->channels; i++) {
        if (i == 0) {
            signal_add_tone(take.channel[i], take.length, 0.5, 0.1, 1);
        } else {
            signal_add_noise(take.channel[i], take.length, NOISE_WHITE, 0.1, &random);
        }
    }
    struct frames frames = take_analyse(&take, config, take.length);
    CU_ASSERT_EQUAL(frames.count, 5);
    for (uint32_t m = 0; m < frames.count; m++) {
        const struct analysis_frame *frame = &frames.frame[m];
        CU_ASSERT(frame_is_good(frame, config));
        CU_ASSERT_EQUAL(frame->frame, m);
        CU_ASSERT_EQUAL(frame->end, config->window + (uint64_t)m * config->hop);
        CU_ASSERT_EQUAL(frame->channel[0].active, 1);
        CU_ASSERT_DOUBLE_EQUAL(frame->channel[0].amplitude, 0.5, 0.5 * 5e-4);
        CU_ASSERT_DOUBLE_EQUAL(frame->channel[0].frequency, 0.1 * config->sample_rate,
                               8.5e-4 * config->sample_rate / config->window);
    }
    frames_free(&frames);
    take_free(&take);
}

static void every_window_and_hop_works(void)
{
    for (uint32_t window = 256; window <= 16384; window *= 2) {
        for (uint32_t hop = 64; hop <= window; hop *= 2) {
            for (uint32_t channels = 1; channels <= 64; channels += 63) {
                struct analysis_config config = ANALYSIS_DEFAULTS;
                config.window = window;
                config.hop = hop;
                config.channels = channels;
                check_works(&config);
            }
        }
    }
}

static void the_ends_of_every_range_work(void)
{
    static const double gates[] = {-120, -20};
    static const double smooths[] = {0, 60000};
    static const double memories[] = {1, 600000};
    static const uint32_t rates[] = {1000, 1000000};
    for (unsigned bits = 0; bits < 64; bits++) {
        const struct analysis_config config = {
            .sample_rate = rates[bits & 1],
            .channels = bits & 2 ? 64 : 1,
            .window = bits & 4 ? 16384 : 256,
            .hop = bits & 4 && bits & 32 ? 16384 : 64,
            .gate_db = gates[bits >> 3 & 1],
            .smooth_ms = smooths[bits >> 4 & 1],
            .criticality_ms = memories[bits >> 5 & 1],
        };
        check_works(&config);
        struct analysis_config other = config;
        other.criticality_ms = memories[~bits >> 5 & 1];
        check_works(&other);
    }
}

/* At 0 dBFS only a sound as loud as a full-scale square passes the gate. */
static void the_highest_gate_works(void)
{
    struct analysis_config config = ANALYSIS_DEFAULTS;
    config.channels = 1;
    config.gate_db = 0;
    for (int loud = 0; loud < 2; loud++) {
        struct take take = take_new(1, 2048);
        signal_add_tone(take.channel[0], 2048, loud ? 1.42 : 1.41, 0.1, 0);
        struct frames frames = take_analyse(&take, &config, 64);
        CU_ASSERT_EQUAL_FATAL(frames.count, 1);
        CU_ASSERT_EQUAL(frames.frame[0].active_channels, (uint32_t)loud);
        frames_free(&frames);
        take_free(&take);
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"every member out of range is refused", every_member_out_of_range_is_refused},
        {"destroying nothing is no harm", destroying_nothing_is_no_harm},
        {"every window and hop works", every_window_and_hop_works},
        {"the ends of every range work", the_ends_of_every_range_work},
        {"the highest gate works", the_highest_gate_works},
        CU_TEST_INFO_NULL,
    };
    return unit_run("analysis_config", tests);
}
