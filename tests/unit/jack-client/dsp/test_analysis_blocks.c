/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Frames do not depend on the blocks the samples come in, and the work is spread as dsp/analysis.h promises.
 */
#include "tests/unit/jack-client/dsp/signals.h"
#include "tests/unit/unit.h"

#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- counting transforms: this definition comes before FFTW's own, and calls it --- */

static uint32_t transforms;

void fftwf_execute(const void *plan);

void fftwf_execute(const void *plan)
{
    static void (*next)(const void *);
    if (!next) {
        void *found = dlsym(RTLD_NEXT, "fftwf_execute");
        memcpy(&next, &found, sizeof next);
    }
    transforms++;
    next(plan);
}

/* --- helpers --- */

static struct analysis_config config_of(uint32_t channels, uint32_t window, uint32_t hop)
{
    struct analysis_config config = ANALYSIS_DEFAULTS;
    config.channels = channels;
    config.window = window;
    config.hop = hop;
    return config;
}

/* Noise, tones and silences, different in every channel. */
static struct take sounds(uint32_t channels, uint32_t length)
{
    struct random random = {channels};
    struct take take = take_new(channels, length);
    for (uint32_t i = 0; i < channels; i++) {
        if (i % 3 != 1) {
            signal_add_noise(take.channel[i], length, NOISE_WHITE, 0.1, &random);
        }
        signal_add_tone(take.channel[i], length, 0.3, 0.01 + 0.006 * i, i);
        if (i % 2 == 1) {
            signal_chop(take.channel[i], length, 2000 + 100 * i, 3000);
        }
    }
    return take;
}

/* Feeds the next `count` samples; stores the frames that come. */
static uint32_t feed(struct analysis *analysis, const struct take *take, uint32_t at, uint32_t count,
                     struct analysis_frame *frames)
{
    const float *inputs[CHANNELS_MAX];
    uint32_t got = 0;
    for (uint32_t i = 0; i < take->channels; i++) {
        inputs[i] = take->channel[i] + at;
    }
    analysis_feed(analysis, inputs, count);
    while (analysis_step(analysis, &frames[got])) {
        got++;
    }
    return got;
}

static bool same_frame(const struct analysis_frame *a, const struct analysis_frame *b, uint32_t channels)
{
    return a->frame == b->frame && a->end == b->end && a->active_channels == b->active_channels &&
           memcmp(&a->ici, &b->ici, sizeof a->ici) == 0 &&
           memcmp(&a->criticality, &b->criticality, sizeof a->criticality) == 0 &&
           memcmp(&a->phase_coherence, &b->phase_coherence, sizeof a->phase_coherence) == 0 &&
           memcmp(&a->spectral_centroid, &b->spectral_centroid, sizeof a->spectral_centroid) == 0 &&
           memcmp(a->channel, b->channel, channels * sizeof a->channel[0]) == 0;
}

/* --- the same frames --- */

/* A spread frame may still be under way when the take ends: then one frame less has come. */
static void check_same(const struct frames *expected, const struct frames *got, uint32_t channels)
{
    uint32_t different = 0;
    CU_ASSERT(got->count == expected->count || (channels > 8 && got->count + 1 == expected->count));
    for (uint32_t m = 0; m < got->count && m < expected->count; m++) {
        different += !same_frame(&expected->frame[m], &got->frame[m], channels);
        CU_ASSERT_EQUAL(got->frame[m].frame, m);
    }
    CU_ASSERT_EQUAL(different, 0);
}

static void any_block_size_gives_the_same_bits(void)
{
    static const uint32_t channels[] = {1, 8, 9, 64};
    static const uint32_t blocks[] = {1, 7, 16, 64, 100, 256, 1024};
    for (size_t c = 0; c < 4; c++) {
        const struct analysis_config config = config_of(channels[c], 1024, 256);
        struct take take = sounds(channels[c], 20000);
        struct frames expected = take_analyse(&take, &config, 8192);
        CU_ASSERT_EQUAL(expected.count, (20000 - 1024) / 256 + 1);
        for (size_t b = 0; b < sizeof blocks / sizeof blocks[0]; b++) {
            struct frames got = take_analyse(&take, &config, blocks[b]);
            check_same(&expected, &got, channels[c]);
            frames_free(&got);
        }
        frames_free(&expected);
        take_free(&take);
    }
}

static void block_sizes_that_change_every_call(void)
{
    static const uint32_t channels[] = {1, 8, 9, 64};
    static const uint32_t most[] = {8, 300, 8192};
    static struct analysis_frame frames[200];
    for (size_t c = 0; c < 4; c++) {
        const struct analysis_config config = config_of(channels[c], 1024, 256);
        struct take take = sounds(channels[c], 40000);
        struct frames expected = take_analyse(&take, &config, 512);
        for (size_t k = 0; k < 3; k++) {
            struct random random = {k};
            struct analysis *analysis;
            struct frames got = {frames, 0};
            CU_ASSERT_EQUAL_FATAL(analysis_create(&config, &analysis), STATUS_OK);
            for (uint32_t at = 0; at < take.length;) {
                const uint32_t wanted = random_range(&random, 1, most[k]);
                const uint32_t count = wanted < take.length - at ? wanted : take.length - at;
                got.count += feed(analysis, &take, at, count, frames + got.count);
                at += count;
                CU_ASSERT_EQUAL(analysis_position(analysis), at);
            }
            const uint32_t common = got.count < expected.count ? got.count : expected.count;
            CU_ASSERT(got.count + 1 >= expected.count && expected.count + 1 >= got.count);
            got.count = expected.count = common;
            check_same(&expected, &got, channels[c]);
            analysis_destroy(analysis);
        }
        frames_free(&expected);
        take_free(&take);
    }
}

/* An empty block is allowed and changes nothing. */
static void empty_blocks_change_nothing(void)
{
    const struct analysis_config config = config_of(2, 256, 64);
    struct take take = sounds(2, 256);
    struct analysis_frame frames[4];
    struct analysis *analysis;
    CU_ASSERT_EQUAL_FATAL(analysis_create(&config, &analysis), STATUS_OK);
    for (uint32_t at = 0; at < 256; at += 64) {
        CU_ASSERT_EQUAL(feed(analysis, &take, at, 0, frames), 0);
        CU_ASSERT_EQUAL(analysis_position(analysis), at);
        CU_ASSERT_EQUAL(feed(analysis, &take, at, 64, frames), at == 192);
    }
    analysis_destroy(analysis);
    take_free(&take);
}

/* --- when the work is done --- */

/* Runs a take in blocks; checks each block's transforms, and each frame's lateness. */
static void check_schedule(const struct analysis_config *config, uint32_t block, uint32_t most_late)
{
    static struct analysis_frame frames[300];
    struct take take = take_new(config->channels, config->window + 40 * config->hop);
    struct random random = {3};
    struct analysis *analysis;
    uint32_t expected = 0;
    for (uint32_t i = 0; i < config->channels; i++) {
        signal_add_noise(take.channel[i], take.length, NOISE_WHITE, 0.1, &random);
    }
    CU_ASSERT_EQUAL_FATAL(analysis_create(config, &analysis), STATUS_OK);
    const uint32_t share = (config->channels * block + config->hop - 1) / config->hop;
    const uint32_t quota = share > 8 ? share : 8;
    for (uint32_t at = 0; at + block <= take.length; at += block) {
        transforms = 0;
        const uint32_t got = feed(analysis, &take, at, block, frames);
        CU_ASSERT(transforms <= quota);
        for (uint32_t m = 0; m < got; m++) {
            CU_ASSERT_EQUAL(frames[m].frame, expected);
            CU_ASSERT_EQUAL(frames[m].active_channels, config->channels);
            CU_ASSERT(frames[m].end + most_late >= at + block - (block - 1));
            expected++;
        }
    }
    CU_ASSERT(expected >= 39);
    analysis_destroy(analysis);
    take_free(&take);
}

/* Up to 8 channels: the very block that completes a window gives its frame. */
static void few_channels_add_no_delay(void)
{
    for (uint32_t block = 1; block <= 64; block *= 4) {
        for (uint32_t channels = 1; channels <= 8; channels += 7) {
            const struct analysis_config config = config_of(channels, 512, 128);
            struct take take = sounds(channels, 512 + 20 * 128);
            struct analysis_frame frames[4];
            struct analysis *analysis;
            CU_ASSERT_EQUAL_FATAL(analysis_create(&config, &analysis), STATUS_OK);
            for (uint32_t at = 0; at < take.length; at += block) {
                const uint32_t end = at + block;
                const uint32_t got = feed(analysis, &take, at, block, frames);
                CU_ASSERT_EQUAL(got, end >= 512 && end % 128 == 0);
                CU_ASSERT(got == 0 || frames[0].end == end);
            }
            analysis_destroy(analysis);
            take_free(&take);
        }
    }
}

/* 64 channels at 64 samples: 8 transforms a block, 8 blocks a frame, and the next is due in the ninth. */
static void many_channels_are_spread(void)
{
    const struct analysis_config config = config_of(64, 2048, 512);
    check_schedule(&config, 64, 512 - 64);
}

static void no_block_exceeds_its_share(void)
{
    static const uint32_t blocks[] = {1, 16, 32, 64, 128, 512};
    static const uint32_t channels[] = {1, 8, 9, 16, 33, 64};
    for (size_t b = 0; b < 6; b++) {
        for (size_t c = 0; c < 6; c++) {
            for (uint32_t hop = 128; hop <= 512; hop *= 2) {
                if (blocks[b] <= hop) {
                    const struct analysis_config config = config_of(channels[c], 1024, hop);
                    check_schedule(&config, blocks[b], hop);
                }
            }
        }
    }
}

/* Silent channels cost no transform, so a few loud ones among 64 are not spread at all. */
static void silent_channels_cost_nothing(void)
{
    const struct analysis_config config = config_of(64, 1024, 256);
    struct take take = take_new(64, 1024 + 256 * 8);
    struct analysis_frame frames[4];
    struct analysis *analysis;
    for (uint32_t i = 0; i < 64; i += 9) {
        signal_add_tone(take.channel[i], take.length, 0.3, 0.1, 0);
    }
    CU_ASSERT_EQUAL_FATAL(analysis_create(&config, &analysis), STATUS_OK);
    for (uint32_t at = 0; at < take.length; at += 64) {
        transforms = 0;
        const uint32_t got = feed(analysis, &take, at, 64, frames);
        CU_ASSERT_EQUAL(got, at + 64 >= 1024 && (at + 64) % 256 == 0);
        CU_ASSERT_EQUAL(transforms, got ? 8 : 0);
        CU_ASSERT(got == 0 || frames[0].active_channels == 8);
    }
    analysis_destroy(analysis);
    take_free(&take);
}

/* --- restarts --- */

/* Feeds the first window up to a frame half done, restarts, and feeds the second take's: as if only that had
 * come. */
static void check_restart(const struct analysis_config *config, const struct take *dropped,
                          const struct take *kept, uint32_t extra)
{
    static struct analysis_frame frames[100];
    struct frames expected = take_analyse(kept, config, 4096);
    struct analysis *analysis;
    uint32_t early = 0;
    CU_ASSERT_EQUAL_FATAL(analysis_create(config, &analysis), STATUS_OK);
    for (uint32_t at = 0; at < config->window + extra; at += 64) {
        early += feed(analysis, dropped, at, 64, frames);
    }
    CU_ASSERT_EQUAL(early, 0);
    analysis_restart_window(analysis);
    CU_ASSERT_EQUAL(analysis_position(analysis), 0);
    struct frames got = take_feed(kept, analysis, config->hop, 0, kept->length, 64);
    CU_ASSERT(got.count + 1 >= expected.count);
    for (uint32_t m = 0; m < got.count; m++) {
        struct analysis_frame *frame = &got.frame[m];
        /* The averages over time go on, so the dropped frame's channels may have told on them; but a steady
         * sound stays at its fixed point, whoever has seen how many frames of it. */
        CU_ASSERT_DOUBLE_EQUAL(frame->criticality, expected.frame[m].criticality, 0.005);
        frame->criticality = expected.frame[m].criticality;
        CU_ASSERT(same_frame(frame, &expected.frame[m], config->channels));
    }
    frames_free(&got);
    frames_free(&expected);
    analysis_destroy(analysis);
}

static void a_restart_within_a_spread_frame_leaves_no_trace(void)
{
    const struct analysis_config config = config_of(64, 1024, 512);
    struct take take = take_new(64, 1024 + 512 * 10);
    for (uint32_t i = 0; i < 64; i++) {
        signal_add_tone(take.channel[i], take.length, 0.2, (16.0 + 4 * i) / 512, i); /* each hop alike */
    }
    for (uint32_t extra = 0; extra < 7 * 64; extra += 64) {
        check_restart(&config, &take, &take, extra);
    }
    take_free(&take);
}

/* What the dropped frame's channels have added to the averages over time is weighed like any other frame: the
 * criticality lies between that of as many frames and of one more. */
static void a_restart_within_a_spread_frame_spoils_no_average(void)
{
    const struct analysis_config config = config_of(64, 1024, 512);
    static struct analysis_frame frames[20];
    struct take dropped = take_new(64, 1024 + 512);
    struct take take = take_new(64, 1024 + 512 * 12);
    struct random random = {8};
    struct analysis *analysis;
    for (uint32_t i = 0; i < 64; i++) {
        signal_add_noise(dropped.channel[i], dropped.length, NOISE_WHITE, 0.1, &random);
        signal_add_noise(take.channel[i], take.length, NOISE_WHITE, 0.1, &random);
    }
    struct frames expected = take_analyse(&take, &config, 4096);
    for (uint32_t extra = 0; extra < 7 * 64; extra += 128) {
        CU_ASSERT_EQUAL_FATAL(analysis_create(&config, &analysis), STATUS_OK);
        for (uint32_t at = 0; at < 1024 + extra; at += 64) {
            CU_ASSERT_EQUAL(feed(analysis, &dropped, at, 64, frames), 0);
        }
        analysis_restart_window(analysis);
        struct frames got = take_feed(&take, analysis, 512, 0, take.length, 64);
        CU_ASSERT(got.count >= 10);
        for (uint32_t m = 0; m < 10; m++) {
            CU_ASSERT(got.frame[m].criticality >= expected.frame[m].criticality - 0.02F);
            CU_ASSERT(got.frame[m].criticality <= expected.frame[m + 1].criticality + 0.02F);
        }
        frames_free(&got);
        analysis_destroy(analysis);
    }
    frames_free(&expected);
    take_free(&dropped);
    take_free(&take);
}

/* A restart between frames: numbers go on, the window is a new one. */
static void a_restart_between_frames(void)
{
    const struct analysis_config config = config_of(2, 512, 128);
    struct take take = sounds(2, 512 + 128);
    struct analysis *analysis;
    CU_ASSERT_EQUAL_FATAL(analysis_create(&config, &analysis), STATUS_OK);
    for (uint64_t round = 0; round < 5; round++) {
        struct frames frames = take_feed(&take, analysis, 128, 0, (uint32_t)(512 + 127), 64);
        CU_ASSERT_EQUAL(frames.count, 1);
        CU_ASSERT_EQUAL(frames.frame[0].frame, round);
        CU_ASSERT_EQUAL(frames.frame[0].end, 512);
        frames_free(&frames);
        analysis_restart_window(analysis);
    }
    analysis_destroy(analysis);
    take_free(&take);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"any block size gives the same bits", any_block_size_gives_the_same_bits},
        {"block sizes that change every call", block_sizes_that_change_every_call},
        {"empty blocks change nothing", empty_blocks_change_nothing},
        {"few channels add no delay", few_channels_add_no_delay},
        {"many channels are spread", many_channels_are_spread},
        {"no block exceeds its share", no_block_exceeds_its_share},
        {"silent channels cost nothing", silent_channels_cost_nothing},
        {"a restart within a spread frame leaves no trace", a_restart_within_a_spread_frame_leaves_no_trace},
        {"a restart within a spread frame spoils no average",
         a_restart_within_a_spread_frame_spoils_no_average},
        {"a restart between frames", a_restart_between_frames},
        CU_TEST_INFO_NULL,
    };
    return unit_run("analysis_blocks", tests);
}
