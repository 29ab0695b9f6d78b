/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Criticality at its fixed points (steady tone, stationary noise) and against its recursion. */
#include "tests/unit/jack-client/dsp/signals.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <stdio.h>

static const double pi = 3.14159265358979323846;

static struct analysis_config config_of(uint32_t channels, uint32_t window, uint32_t hop, double tau_ms)
{
    struct analysis_config config = ANALYSIS_DEFAULTS;
    config.channels = channels;
    config.window = window;
    config.hop = hop;
    config.criticality_ms = tau_ms;
    return config;
}

static double share_of(const struct analysis_config *config)
{
    return 1 - exp(-1000.0 * config->hop / (config->sample_rate * config->criticality_ms));
}

/* --- order: a steady tone --- */

/* The largest criticality while the same tone goes on. */
static double worst_of_tone(const struct analysis_config *config, double bins, double amplitude,
                            uint32_t frames)
{
    double worst = 0;
    struct take take = take_new(1, config->window + config->hop * frames);
    signal_add_tone(take.channel[0], take.length, amplitude, bins / config->window, 1);
    struct frames got = take_analyse(&take, config, 8192);
    CU_ASSERT_EQUAL(got.count, frames + 1);
    for (uint32_t m = 0; m < got.count; m++) {
        CU_ASSERT(frame_is_good(&got.frame[m], config));
        keep_worst(&worst, (double)got.frame[m].criticality);
    }
    frames_free(&got);
    take_free(&take);
    return worst;
}

static void steady_tones_give_0(void)
{
    static const double bins[] = {5, 5.5, 17.3, 100.5, 440.25, 853};
    static const double levels[] = {-50, -20, 0, 20};
    const struct analysis_config config = config_of(1, 2048, 512, 500);
    double worst = 0;
    for (size_t i = 0; i < sizeof bins / sizeof bins[0]; i++) {
        for (size_t j = 0; j < sizeof levels / sizeof levels[0]; j++) {
            keep_worst(&worst, worst_of_tone(&config, bins[i], from_db(levels[j]), 400));
        }
    }
    printf("steady tone: worst %.2g (of 0.02)\n", worst);
    CU_ASSERT(worst < 0.02);
}

static void steady_tones_give_0_at_any_window(void)
{
    double worst = 0;
    for (uint32_t window = 256; window <= 16384; window *= 4) {
        for (uint32_t hop = 64; hop <= window; hop *= 4) {
            const struct analysis_config config = config_of(1, window, hop, 500);
            keep_worst(&worst, worst_of_tone(&config, 0.1 * window + 0.3, 0.5, 50));
        }
    }
    printf("steady tone, any window: worst %.2g (of 0.02)\n", worst);
    CU_ASSERT(worst < 0.02);
}

/* A memory shorter than a hop forgets everything between two frames: what is left is 0, and no blown-up
 * rounding. */
static void steady_tones_give_0_with_the_shortest_memory(void)
{
    double worst = 0;
    for (double tau_ms = 1; tau_ms < 100; tau_ms *= 1.3) {
        for (uint32_t hop = 64; hop <= 16384; hop *= 2) {
            const struct analysis_config config = config_of(1, hop < 256 ? 256 : hop, hop, tau_ms);
            keep_worst(&worst, worst_of_tone(&config, 0.1 * config.window + 0.3, 0.5, 20));
        }
    }
    printf("steady tone, tau from 1 ms: worst %.2g (of 0.02)\n", worst);
    CU_ASSERT(worst < 0.02);
}

/* A long memory takes small steps, which a 32-bit average must not lose. */
static void steady_tones_give_0_with_long_memory(void)
{
    static const struct {
        double tau_ms;
        uint32_t window;
        uint32_t hop;
    } rows[] = {{1000, 256, 64}, {5000, 256, 64}, {10000, 2048, 512}, {60000, 2048, 512}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct analysis_config config = config_of(1, rows[i].window, rows[i].hop, rows[i].tau_ms);
        const uint32_t frames = (uint32_t)(48 * 2.5 * rows[i].tau_ms / rows[i].hop);
        const double worst = worst_of_tone(&config, 0.05 * rows[i].window + 0.3, 0.5, frames);
        printf("steady tone, tau %g ms, H = %u: worst %.2g (of 0.02)\n", rows[i].tau_ms, rows[i].hop, worst);
        CU_ASSERT(worst < 0.02);
    }
}

/* --- the critical point: noise --- */

/* The mean criticality of stationary noise, once the memory is full. kappa takes frames for independent,
 * which the windows' overlap makes less true the fewer windows the memory spans: it spans as many here as at
 * the defaults. */
static double mean_of_noise(uint32_t channels, uint32_t window, uint32_t hop, enum noise_colour colour,
                            uint32_t seconds)
{
    const uint32_t tau_ms = window > 2048 ? 500 * window / 2048 : 500;
    const struct analysis_config config = config_of(channels, window, hop, tau_ms);
    struct random random = {77 + channels};
    struct take take = take_new(channels, 48000 * seconds);
    for (uint32_t i = 0; i < channels; i++) {
        signal_add_noise(take.channel[i], take.length, colour, 0.1, &random);
    }
    struct frames frames = take_analyse(&take, &config, 1024);
    const uint32_t full = 5 * 48 * tau_ms / hop; /* 5 tau */
    double sum = 0;
    for (uint32_t m = full; m < frames.count; m++) {
        sum += (double)frames.frame[m].criticality;
    }
    const double mean = sum / (frames.count - full);
    frames_free(&frames);
    take_free(&take);
    return mean;
}

static void stationary_noise_gives_1(void)
{
    static const char *const names[] = {"white", "pink", "brown"};
    for (int colour = NOISE_WHITE; colour <= NOISE_BROWN; colour++) {
        for (uint32_t channels = 1; channels <= 8; channels *= channels == 1 ? 2 : 4) {
            const double mean = mean_of_noise(channels, 2048, 512, (enum noise_colour)colour, 240 / channels);
            printf("%s noise, %u channels: %.4f (1.00 +- 0.03)\n", names[colour], channels, mean);
            CU_ASSERT_DOUBLE_EQUAL(mean, 1, 0.03);
        }
    }
}

static void stationary_noise_gives_1_at_other_windows(void)
{
    static const uint32_t shapes[][2] = {{256, 64},    {256, 256},   {512, 128},   {1024, 256},  {2048, 64},
                                         {2048, 2048}, {4096, 1024}, {8192, 2048}, {16384, 4096}};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        const double mean = mean_of_noise(2, shapes[i][0], shapes[i][1], NOISE_WHITE, 60);
        printf("white noise, W = %u, H = %u: %.4f (1.00 +- 0.03)\n", shapes[i][0], shapes[i][1], mean);
        CU_ASSERT_DOUBLE_EQUAL(mean, 1, 0.03);
    }
}

/* --- beyond it: bursts --- */

/* The mean criticality of bursts much longer than the window, many of them within the memory. */
static double mean_of_bursts(bool noise, double duty)
{
    const struct analysis_config config = config_of(1, 256, 64, 20000);
    const uint32_t period = 48000;
    struct random random = {31};
    struct take take = take_new(1, 48000 * 120);
    if (noise) {
        signal_add_noise(take.channel[0], take.length, NOISE_WHITE, 0.1, &random);
    } else {
        signal_add_tone(take.channel[0], take.length, 0.5, 0.125, 0);
    }
    const uint32_t on = (uint32_t)(duty * period);
    signal_chop(take.channel[0], take.length, on, period - on);
    struct frames frames = take_analyse(&take, &config, 8192);
    double sum = 0;
    uint32_t count = 0;
    for (uint32_t m = frames.count / 2; m < frames.count; m++) {
        sum += (double)frames.frame[m].criticality; /* 0 while nothing sounds, by definition */
        count += frames.frame[m].active_channels > 0;
    }
    frames_free(&frames);
    take_free(&take);
    return sum / count;
}

/* <P^2> / <P>^2 is the sound's own value over the duty: 1 / d of a tone, 2 / d of noise. */
static void bursts_give_the_duty(void)
{
    static const double duties[] = {0.5, 0.25, 0.1};
    for (size_t i = 0; i < 3; i++) {
        const double tone = mean_of_bursts(false, duties[i]);
        const double noise = mean_of_bursts(true, duties[i]);
        const double tone_limit = sqrt(1 / duties[i] - 1);
        const double noise_limit = sqrt(2 / duties[i] - 1);
        printf("bursts, duty %g: tone %.3f (%.3f), noise %.3f (%.3f)\n", duties[i], tone, tone_limit, noise,
               noise_limit);
        CU_ASSERT_DOUBLE_EQUAL(tone / tone_limit, 1, 0.05);
        CU_ASSERT_DOUBLE_EQUAL(noise / noise_limit, 1, 0.05);
        CU_ASSERT(noise > 1);
    }
}

/* --- the recursion --- */

/* Two channels, each with its own tone on a bin: P of channel i is proportional to amplitude^2 in three bins,
 * so its averages are those of amplitude^2 and amplitude^4. In a channel below the gate P counts as 0. */
struct averages {
    double share;
    double weight;
    double mean[2];   /* of amplitude^2 */
    double square[2]; /* of amplitude^4 */
};

static double advance(struct averages *e, const double amplitude[2])
{
    /* A tone's bins are A/2, A, A/2: sums over them of P^2 and of <P>^2 have the same factor in either
     * channel. */
    double squares = 0;
    double means = 0;
    e->weight += e->share * (1 - e->weight);
    for (int i = 0; i < 2; i++) {
        const double power = amplitude[i] * amplitude[i];
        e->mean[i] += e->share * (power - e->mean[i]);
        e->square[i] += e->share * (power * power - e->square[i]);
        squares += e->square[i] / e->weight;
        means += e->mean[i] * e->mean[i] / (e->weight * e->weight);
    }
    const double kappa = 1 / (1 - e->share / (2 - e->share));
    const double argument = means > 0 ? kappa * (squares / means - 1) : 0;
    return argument > 0 && amplitude[0] + amplitude[1] > 0 ? sqrt(argument) : 0;
}

/* One frame of exactly that: the window is restarted for it, the averages go on. */
static struct analysis_frame play(struct analysis *analysis, const struct analysis_config *config,
                                  const double amplitude[2])
{
    struct analysis_frame frame = {0};
    struct take take = take_new(2, config->window);
    for (int i = 0; i < 2; i++) {
        signal_add_tone(take.channel[i], take.length, amplitude[i], (i + 1) * 0.125, pi / 4);
    }
    analysis_restart_window(analysis);
    struct frames frames = take_feed(&take, analysis, config->hop, 0, take.length, 64);
    CU_ASSERT_EQUAL(frames.count, 1);
    if (frames.count == 1) {
        frame = frames.frame[0];
    }
    frames_free(&frames);
    take_free(&take);
    return frame;
}

/* Amplitudes drawn at random; with `rests`, silences of up to `rests` frames in either channel or both. */
static double worst_of_recursion(double tau_ms, uint32_t rests, int frames)
{
    const struct analysis_config config = config_of(2, 256, 64, tau_ms);
    struct averages expected = {.share = share_of(&config)};
    struct random random = {(uint64_t)tau_ms + rests};
    struct analysis *analysis;
    uint32_t rest[2] = {0, 0};
    double worst = 0;
    CU_ASSERT_EQUAL_FATAL(analysis_create(&config, &analysis), STATUS_OK);
    for (int m = 0; m < frames; m++) {
        double amplitude[2];
        for (int i = 0; i < 2; i++) {
            if (rest[i] == 0 && rests > 0 && random_uniform(&random) < 0.05) {
                rest[i] = random_range(&random, 1, rests);
            }
            amplitude[i] = rest[i] > 0 ? 0 : from_db(-40 * random_uniform(&random));
            rest[i] -= rest[i] > 0;
        }
        const double criticality = advance(&expected, amplitude);
        const struct analysis_frame frame = play(analysis, &config, amplitude);
        if (criticality > 0.05 ||
            amplitude[0] + amplitude[1] == 0) { /* a root next to 0 magnifies rounding */
            keep_worst(&worst, fabs((double)frame.criticality - criticality) / fmax(1, criticality));
        }
    }
    analysis_destroy(analysis);
    return worst;
}

static void the_averages_start_up_with_their_weights(void)
{
    double worst = 0;
    for (double tau_ms = 5; tau_ms < 600000; tau_ms *= 3) {
        keep_worst(&worst, worst_of_recursion(tau_ms, 0, 40));
    }
    printf("start-up: worst %.2g (of 1e-4)\n", worst);
    CU_ASSERT(worst <= 1e-4);
}

/* A silent channel's transform is skipped, and its averages decay all the same, to the last. */
static void silent_channels_decay_as_with_no_power(void)
{
    const double brief = worst_of_recursion(50, 20, 3000);
    const double lasting = worst_of_recursion(10, 600, 6000); /* to e^-80 */
    printf("silent channels: worst %.2g, after long rests %.2g (of 1e-4)\n", brief, lasting);
    CU_ASSERT(brief <= 1e-4);
    CU_ASSERT(lasting <= 1e-4);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"steady tones give 0", steady_tones_give_0},
        {"steady tones give 0 at any window", steady_tones_give_0_at_any_window},
        {"steady tones give 0 with the shortest memory", steady_tones_give_0_with_the_shortest_memory},
        {"steady tones give 0 with long memory", steady_tones_give_0_with_long_memory},
        {"stationary noise gives 1", stationary_noise_gives_1},
        {"stationary noise gives 1 at other windows", stationary_noise_gives_1_at_other_windows},
        {"bursts give the duty", bursts_give_the_duty},
        {"the averages start up with their weights", the_averages_start_up_with_their_weights},
        {"silent channels decay as with no power", silent_channels_decay_as_with_no_power},
        CU_TEST_INFO_NULL,
    };
    return unit_run("analysis_criticality", tests);
}
