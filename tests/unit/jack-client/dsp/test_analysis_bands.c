/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bands: where a tone lands, that squares add up (Parseval), noise, release. */
#include "jack-client/dsp/bands.h"
#include "shared/band.h"
#include "tests/unit/jack-client/dsp/signals.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WINDOW = 2048, HOP = 512, LENGTH = 20 * HOP };

static const double rate = 48000;

static struct analysis_config configured(uint32_t bands, double release_ms)
{
    struct analysis_config config = ANALYSIS_DEFAULTS;
    config.channels = 1;
    config.bands = bands;
    config.band_release_ms = release_ms;
    config.channel_bands = true;
    return config;
}

static struct frames analyse(const struct take *take, struct analysis_config config)
{
    struct analysis *analysis;
    config.channels = take->channels;
    CU_ASSERT_EQUAL_FATAL(analysis_create(&config, &analysis), STATUS_OK);
    analysis_want(analysis, PART_BANDS);
    struct frames frames = take_feed(take, analysis, HOP, 0, take->length, HOP);
    analysis_destroy(analysis);
    CU_ASSERT_FATAL(frames.count > 0);
    CU_ASSERT_EQUAL(frames.frame[0].parts, PART_BANDS | PART_CHANNEL_BANDS);
    CU_ASSERT_EQUAL(frames.frame[0].band_count, config.bands);
    return frames;
}

static double squares(const float *band, uint32_t count)
{
    double sum = 0;
    for (uint32_t b = 0; b < count; b++) {
        sum += (double)band[b] * (double)band[b];
    }
    return sum;
}

/* Every layout shares the range out without a gap, however narrow its bands or wide its bins. */
static void nothing_is_lost_or_counted_twice(void)
{
    static const uint32_t windows[] = {256, 2048, 16384};
    static const double rates[] = {8000, 44100, 48000, 192000};
    for (size_t w = 0; w < 3; w++) {
        for (size_t r = 0; r < 4; r++) {
            for (uint32_t count = 1; count <= BANDS_MAX; count++) {
                struct band_bins band[BANDS_MAX];
                float power[16384] = {0};
                float sums[BANDS_MAX];
                const uint32_t bins = windows[w] / 2 - 3;
                const double step = rates[r] / windows[w];
                const double high = fmin(16000, 0.45 * rates[r]);
                double sum = 0;
                for (uint32_t k = 0; k < bins; k++) {
                    power[k] = 1;
                }
                bands_lay_out(band, count, rates[r], step, 2, bins);
                bins_bands(power, band, count, sums);
                for (uint32_t b = 0; b < count; b++) {
                    CU_ASSERT(sums[b] >= 0);
                    sum += (double)sums[b];
                }
                const double wanted = high / step - fmax(40 / step, 1.5);
                CU_ASSERT_DOUBLE_EQUAL(sum / wanted, 1, 1e-3);
            }
        }
    }
}

static void edges(void)
{
    CU_ASSERT_DOUBLE_EQUAL(band_edge(0, 8, 48000), 40, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(band_edge(4, 8, 48000), 800, 1e-6); /* half way in the logarithm */
    CU_ASSERT_DOUBLE_EQUAL(band_edge(8, 8, 48000), 16000, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(band_edge(8, 8, 16000), 7200, 1e-6);
}

static void a_tone_lands_in_its_band(void)
{
    for (uint32_t b = 0; b < 8; b++) {
        struct take take = take_new(1, LENGTH);
        const double middle = sqrt(band_edge(b, 8, rate) * band_edge(b + 1, 8, rate));
        signal_add_tone(take.channel[0], LENGTH, 0.5, middle / rate, 1);
        struct frames frames = analyse(&take, configured(8, 120));
        const float *band = frames.frame[frames.count - 1].requested.band;
        for (uint32_t other = 0; other < 8; other++) {
            CU_ASSERT(other == b || band[other] < band[b]);
        }
        if (b > 0) { /* the first is narrower than a window's main lobe */
            CU_ASSERT_DOUBLE_EQUAL((double)band[b], 0.5 / sqrt(2), 0.01);
        }
        frames_free(&frames);
        take_free(&take);
    }
}

/* Tones well within the range, in several channels: the squares of the bands are those of the tones. */
static void squares_add_up(void)
{
    static const uint32_t counts[] = {1, 8, 32};
    struct take take = take_new(3, LENGTH);
    double power = 0;
    double worst = 0;
    for (uint32_t i = 0; i < 3; i++) {
        for (uint32_t k = 0; k < 5; k++) {
            const double size = 0.02 * (i + k + 1);
            signal_add_tone(take.channel[i], LENGTH, size, (300 + 2117 * k + 131 * i) / rate, i + 2.0 * k);
            power += size * size / 2;
        }
    }
    for (size_t c = 0; c < 3; c++) {
        struct frames frames = analyse(&take, configured(counts[c], 0));
        double channels = 0;
        for (uint32_t m = 0; m < frames.count; m++) {
            const double sum = squares(frames.frame[m].requested.band, counts[c]);
            keep_worst(&worst, fabs(sum / power - 1));
        }
        const struct requested_metrics *last = &frames.frame[frames.count - 1].requested;
        for (uint32_t i = 0; i < 3; i++) {
            channels += squares(last->channel_band[i], counts[c]);
        }
        CU_ASSERT_DOUBLE_EQUAL(channels / squares(last->band, counts[c]), 1, 1e-5);
        frames_free(&frames);
    }
    CU_ASSERT(worst < 1e-3);
    printf("[Parseval: within %.1e] ", worst);
    take_free(&take);
}

static void noise_goes_by_the_root_of_the_width(void)
{
    struct take take = take_new(1, 48000 * 200);
    struct random random = {5};
    double sum[8] = {0};
    double worst = 0;
    signal_add_noise(take.channel[0], take.length, NOISE_WHITE, 0.1, &random);
    struct frames frames = analyse(&take, configured(8, 0));
    for (uint32_t m = 0; m < frames.count; m++) {
        for (uint32_t b = 0; b < 8; b++) {
            const double level = (double)frames.frame[m].requested.band[b];
            sum[b] += level * level / frames.count;
        }
    }
    for (uint32_t b = 0; b < 8; b++) {
        const double width = band_edge(b + 1, 8, rate) - band_edge(b, 8, rate);
        keep_worst(&worst, fabs(sqrt(sum[b]) / (0.1 * sqrt(width / (rate / 2))) - 1));
    }
    CU_ASSERT(worst < 0.02);
    printf("[noise: within %.2f %%] ", 100 * worst);
    frames_free(&frames);
    take_free(&take);
}

/* They rise at once; and a channel that has gone silent falls like the others. */
static void bands_fall_back(void)
{
    struct take take = take_new(2, LENGTH);
    signal_add_tone(take.channel[0], WINDOW, 0.5, 1000 / rate, 1);
    struct frames frames = analyse(&take, configured(8, 120));
    const double keep = exp(-HOP / rate / 0.12);
    for (uint32_t m = 4; m < frames.count; m++) { /* from here on the window holds nothing but silence */
        const struct requested_metrics *now = &frames.frame[m].requested;
        const struct requested_metrics *before = &frames.frame[m - 1].requested;
        CU_ASSERT_EQUAL(frames.frame[m].active_channels, 0);
        CU_ASSERT_DOUBLE_EQUAL((double)(now->band[4] / before->band[4]), keep, 1e-5);
        CU_ASSERT_DOUBLE_EQUAL((double)(now->channel_band[0][4] / before->channel_band[0][4]), keep, 1e-5);
        CU_ASSERT_EQUAL(now->channel_band[1][4], 0);
    }
    frames_free(&frames);
    take_free(&take);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"edges", edges},
        {"nothing is lost or counted twice", nothing_is_lost_or_counted_twice},
        {"a tone lands in its band", a_tone_lands_in_its_band},
        {"squares add up", squares_add_up},
        {"noise goes by the root of the width", noise_goes_by_the_root_of_the_width},
        {"bands fall back", bands_fall_back},
        CU_TEST_INFO_NULL,
    };
    return unit_run("bands", tests);
}
