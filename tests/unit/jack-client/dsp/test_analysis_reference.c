/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every metric of random mixtures, frame by frame, against the plain reference of reference.h. */
#include "tests/unit/jack-client/dsp/reference.h"
#include "tests/unit/jack-client/dsp/signals.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <stdio.h>

/* The worst differences, each as a share of what is allowed: 1e-4. */
struct differences {
    double ici;
    double coherence;
    double centroid;    /* relative */
    double criticality; /* relative above 1 */
    double frequency;   /* bins */
    double amplitude;   /* relative */
    double phase;       /* rad */
    uint32_t frames;
    uint32_t activity;  /* frames whose active channels differ */
    uint32_t changes;   /* of the number of active channels */
    uint32_t unpaired;  /* frames whose ICI was not compared */
    uint32_t compared;  /* channels */
    uint32_t ambiguous; /* channels not compared */
};

/* --- mixtures --- */

enum sound { SILENCE, TONE, NOISE, BOTH, OFFSET, CLICKS, SHARED, SOUNDS };

/* `shared` is the same noise for all channels. */
static void add_sound(float *out, uint32_t count, enum sound sound, const float *shared,
                      struct random *random)
{
    const double level = from_db(-55 * random_uniform(random));
    const double frequency = 0.02 + 0.45 * random_uniform(random);
    if (sound == TONE || sound == BOTH) {
        signal_add_tone(out, count, level, frequency, 6 * random_uniform(random));
    }
    if (sound == NOISE || sound == BOTH || sound == OFFSET) {
        signal_add_noise(out, count, (enum noise_colour)random_range(random, 0, 2), level, random);
    }
    if (sound == OFFSET) {
        signal_add_constant(out, count, random_uniform(random) - 0.5);
    }
    if (sound == CLICKS) {
        signal_add_clicks(out, count, level, random_range(random, 40, 2000));
    }
    for (uint32_t n = 0; n < count && sound == SHARED; n++) {
        out[n] += (float)level * shared[n];
    }
}

static void mix_channel(float *out, const float *shared, uint32_t length, struct random *random)
{
    for (uint32_t at = 0; at < length;) {
        const uint32_t wanted = random_range(random, 100, 3000);
        const uint32_t count = wanted < length - at ? wanted : length - at;
        const enum sound sound = (enum sound)random_range(random, 0, SOUNDS - 1);
        add_sound(out + at, count, sound, shared + at, random);
        at += count;
    }
}

static struct take mixture(uint32_t channels, uint32_t length, uint64_t seed)
{
    struct random random = {seed};
    struct take shared = take_new(1, length);
    struct take take = take_new(channels, length);
    signal_add_noise(shared.channel[0], length, NOISE_WHITE, 0.3, &random);
    for (uint32_t i = 0; i < channels; i++) {
        mix_channel(take.channel[i], shared.channel[0], length, &random);
    }
    take_free(&shared);
    return take;
}

/* --- comparison --- */

static void compare_channel(struct differences *d, const struct channel_metrics *got,
                            const struct reference_channel *expected, double hz_per_bin)
{
    d->compared++;
    if (expected->ambiguous) {
        d->ambiguous++;
    } else if (!expected->active) {
        CU_ASSERT(got->frequency == 0 && got->amplitude == 0 && got->phase == 0);
    } else {
        keep_worst(&d->frequency, fabs((double)got->frequency - expected->frequency) / hz_per_bin);
        keep_worst(&d->amplitude, fabs((double)got->amplitude / expected->amplitude - 1));
        keep_worst(&d->phase, fabs(remainder((double)got->phase - expected->phase, 2 * 3.14159265358979324)));
    }
}

static void compare(struct differences *d, const struct analysis_frame *got,
                    const struct reference_frame *expected, const struct analysis_config *config)
{
    bool same = got->active_channels == expected->active_channels;
    for (uint32_t i = 0; i < config->channels; i++) {
        same = same && (got->channel[i].active != 0) == expected->channel[i].active;
    }
    d->frames++;
    if (!same) {
        d->activity++;
        return;
    }
    for (uint32_t i = 0; i < config->channels; i++) {
        compare_channel(d, &got->channel[i], &expected->channel[i],
                        (double)config->sample_rate / config->window);
    }
    if (expected->active_channels < 2 || expected->paired > 1e-4) {
        keep_worst(&d->ici, fabs((double)got->ici - expected->ici));
    } else { /* a sound of which pairs hold less than -40 dB: beyond 32 bits, but in range */
        d->unpaired++;
    }
    CU_ASSERT(frame_is_good(got, config));
    keep_worst(&d->coherence, fabs((double)got->phase_coherence - expected->phase_coherence));
    keep_worst(&d->centroid, fabs((double)got->spectral_centroid - expected->spectral_centroid) /
                                 fmax(expected->spectral_centroid, 1));
    if (expected->criticality > 0.01 || got->criticality > 0.01F) { /* a root next to 0 magnifies rounding */
        keep_worst(&d->criticality,
                   fabs((double)got->criticality - expected->criticality) / fmax(1, expected->criticality));
    }
}

static void check_take(struct differences *d, const struct take *take, const struct analysis_config *config)
{
    struct reference *reference = reference_new(config);
    struct frames frames = take_analyse(take, config, 777);
    uint32_t active = 0;
    CU_ASSERT_EQUAL(frames.count, (take->length - config->window) / config->hop + 1);
    for (uint32_t m = 0; m < frames.count; m++) {
        const float *window[CHANNELS_MAX];
        for (uint32_t i = 0; i < config->channels; i++) {
            window[i] = take->channel[i] + (size_t)m * config->hop;
        }
        const struct reference_frame expected = reference_next(reference, window);
        compare(d, &frames.frame[m], &expected, config);
        d->changes += expected.active_channels != active;
        active = expected.active_channels;
    }
    frames_free(&frames);
    reference_free(reference);
}

static void verdict(const struct differences *d, const char *what)
{
    static const double limit = 1e-4;
    printf("%s, %u frames (%u unpaired), %u changes: ici %.2g, coherence %.2g, centroid %.2g, criticality "
           "%.2g, frequency "
           "%.2g "
           "bins, amplitude %.2g, phase %.2g (all of 1e-4)\n",
           what, d->frames, d->unpaired, d->changes, d->ici, d->coherence, d->centroid, d->criticality,
           d->frequency, d->amplitude, d->phase);
    CU_ASSERT_EQUAL(d->activity, 0);
    CU_ASSERT(d->ambiguous < d->compared / 10);
    CU_ASSERT(d->ici <= limit);
    CU_ASSERT(d->coherence <= limit);
    CU_ASSERT(d->centroid <= limit);
    CU_ASSERT(d->criticality <= limit);
    CU_ASSERT(d->frequency <= limit);
    CU_ASSERT(d->amplitude <= limit);
    CU_ASSERT(d->phase <= limit);
}

static struct analysis_config config_of(uint32_t channels, uint32_t window, uint32_t hop)
{
    struct analysis_config config = ANALYSIS_DEFAULTS;
    config.channels = channels;
    config.window = window;
    config.hop = hop;
    return config;
}

static void mixtures_in_a_small_window(void)
{
    struct differences differences = {0};
    for (uint64_t seed = 1; seed <= 6; seed++) {
        const struct analysis_config config = config_of((uint32_t)seed, 256, 64);
        struct take take = mixture(config.channels, 20000, seed);
        check_take(&differences, &take, &config);
        take_free(&take);
    }
    CU_ASSERT(differences.changes > 100);
    verdict(&differences, "W = 256");
}

static void mixtures_in_a_larger_window(void)
{
    struct differences differences = {0};
    struct analysis_config config = config_of(3, 1024, 256);
    config.smooth_ms = 0;
    config.criticality_ms = 30;
    struct take take = mixture(3, 30000, 100);
    check_take(&differences, &take, &config);
    take_free(&take);
    verdict(&differences, "W = 1024");
}

static void mixtures_in_64_channels(void)
{
    struct differences differences = {0};
    const struct analysis_config config = config_of(64, 256, 128);
    struct take take = mixture(64, 6000, 200);
    check_take(&differences, &take, &config);
    take_free(&take);
    verdict(&differences, "64 channels");
}

/* Different tones in every channel: their pairs share next to nothing, so the ICI is a ratio of two small
 * numbers. */
static void different_tones(void)
{
    struct differences differences = {0};
    struct random random = {300};
    const struct analysis_config config = config_of(4, 256, 64);
    for (int run = 0; run < 10; run++) {
        struct take take = take_new(4, 512);
        for (uint32_t i = 0; i < 4; i++) {
            const double frequency = 0.2 + 0.008 * (i + 0.5 * random_uniform(&random));
            signal_add_tone(take.channel[i], 512, from_db(-10.0 * i), frequency, 6 * random_uniform(&random));
        }
        check_take(&differences, &take, &config);
        take_free(&take);
    }
    verdict(&differences, "different tones");
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"mixtures in a small window", mixtures_in_a_small_window},
        {"mixtures in a larger window", mixtures_in_a_larger_window},
        {"mixtures in 64 channels", mixtures_in_64_channels},
        {"different tones", different_tones},
        CU_TEST_INFO_NULL,
    };
    return unit_run("analysis_reference", tests);
}
