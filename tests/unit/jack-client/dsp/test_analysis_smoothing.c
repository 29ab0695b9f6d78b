/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The exponential averages of the three ratios, against the recursion over analytic numerators and
 * denominators. */
#include "tests/unit/jack-client/dsp/signals.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { W = 1024, H = 256, FRAMES = 60 };

/* Two channels with one tone on a bin: everything of the frame follows from these. */
struct scene {
    double amplitude[2];
    double difference; /* of phase, rad */
    double bin;
};

/* The recursion of docs/metrics.md. */
struct expected {
    double step;
    bool running;
    double moment;
    double sum;
    double length;
    double agreeing;
    double possible;
};

static struct analysis_config config_with(double smooth_ms)
{
    struct analysis_config config = ANALYSIS_DEFAULTS;
    config.channels = 2;
    config.window = W;
    config.hop = H;
    config.smooth_ms = smooth_ms;
    return config;
}

static double step_of(double tau_ms)
{
    return tau_ms > 0 ? 1 - exp(-H / (48000 * tau_ms / 1000)) : 1;
}

/* A tone of amplitude A on a bin has 2 A in its three bins' amplitudes and 3/2 A^2 in their powers. */
static void advance(struct expected *e, const struct scene *s)
{
    const double a = s->amplitude[0];
    const double b = s->amplitude[1];
    const double step = e->running ? e->step : 1;
    const bool pair = a > 0 && b > 0;
    const double length = sqrt(a * a + b * b + 2 * a * b * cos(s->difference));
    if (a + b == 0) {
        e->running = false;
        return;
    }
    e->running = true;
    e->moment += step * (2 * (a + b) * s->bin * 48000 / W - e->moment);
    e->sum += step * (2 * (a + b) - e->sum);
    e->length += step * (2 * length - e->length);
    e->agreeing += step * ((pair ? 1.5 * 2 * a * b * cos(s->difference) : 0) - e->agreeing);
    e->possible += step * ((pair ? 1.5 * 2 * a * b : 0) - e->possible);
}

static struct analysis_frame play(struct analysis *analysis, const struct scene *s)
{
    struct analysis_frame frame = {0};
    struct take take = take_new(2, W);
    signal_add_tone(take.channel[0], W, s->amplitude[0], s->bin / W, 0.5);
    signal_add_tone(take.channel[1], W, s->amplitude[1], s->bin / W, 0.5 + s->difference);
    analysis_restart_window(analysis); /* one frame of this scene and no other; the averages go on */
    struct frames frames = take_feed(&take, analysis, H, 0, W, 512);
    CU_ASSERT_EQUAL(frames.count, 1);
    if (frames.count == 1) {
        frame = frames.frame[0];
    }
    frames_free(&frames);
    take_free(&take);
    return frame;
}

static double worst;

static void compare(const struct analysis_frame *frame, const struct expected *e, const struct scene *s)
{
    if (!e->running) {
        CU_ASSERT(frame->ici == 0 && frame->phase_coherence == 0 && frame->spectral_centroid == 0);
        return;
    }
    const bool pair = s->amplitude[0] > 0 && s->amplitude[1] > 0;
    keep_worst(&worst, fabs((double)frame->spectral_centroid / (e->moment / e->sum) - 1));
    keep_worst(&worst, fabs((double)frame->phase_coherence - e->length / e->sum));
    keep_worst(&worst, fabs((double)frame->ici - (pair ? 0.5 * (1 + e->agreeing / e->possible) : 1)));
}

static struct scene random_scene(struct random *random, double silence)
{
    struct scene scene = {
        .amplitude = {0.01 + random_uniform(random), 0.01 + random_uniform(random)},
        .difference = 6.283 * random_uniform(random),
        .bin = 10 + floor(400 * random_uniform(random)),
    };
    const double chance = random_uniform(random);
    if (chance < silence) {
        scene.amplitude[0] = scene.amplitude[1] = 0;
    } else if (chance < 2 * silence) {
        scene.amplitude[0] = 0;
    }
    return scene;
}

/* Scenes drawn at random, with silences and single channels among them if asked for. */
static void check_recursion(double smooth_ms, double silence)
{
    const struct analysis_config config = config_with(smooth_ms);
    struct analysis *analysis;
    struct random random = {(uint64_t)(smooth_ms * 100 + silence * 10)};
    struct expected expected = {.step = step_of(smooth_ms)};
    CU_ASSERT_EQUAL_FATAL(analysis_create(&config, &analysis), STATUS_OK);
    for (int m = 0; m < FRAMES; m++) {
        const struct scene scene = random_scene(&random, silence);
        const struct analysis_frame frame = play(analysis, &scene);
        advance(&expected, &scene);
        compare(&frame, &expected, &scene);
    }
    analysis_destroy(analysis);
}

static void the_recursion_is_followed(void)
{
    static const double taus[] = {0, 1, 20, 50, 300, 2000, 60000};
    worst = 0;
    for (size_t i = 0; i < sizeof taus / sizeof taus[0]; i++) {
        check_recursion(taus[i], 0);
    }
    printf("recursion: worst %.2g (of 1e-4)\n", worst);
    CU_ASSERT(worst <= 1e-4);
}

static void silence_starts_the_averages_anew(void)
{
    static const double taus[] = {0, 50, 2000};
    worst = 0;
    for (size_t i = 0; i < sizeof taus / sizeof taus[0]; i++) {
        check_recursion(taus[i], 0.25);
    }
    printf("silences: worst %.2g (of 1e-4)\n", worst);
    CU_ASSERT(worst <= 1e-4);
}

/* After exactly tau a step of the centroid has come 1 - 1/e of its way. */
static void the_time_constant_is_tau(void)
{
    const struct analysis_config config = config_with(80);
    const struct scene before = {{0.5, 0.5}, 0, 100};
    const struct scene after = {{0.5, 0.5}, 0, 200};
    const double from = 100 * 48000.0 / W;
    struct analysis *analysis;
    CU_ASSERT_EQUAL_FATAL(analysis_create(&config, &analysis), STATUS_OK);
    CU_ASSERT_DOUBLE_EQUAL(play(analysis, &before).spectral_centroid, from, 0.1);
    double centroid = 0;
    for (int m = 0; m < 15; m++) { /* 15 hops of 256 samples are 80 ms */
        centroid = (double)play(analysis, &after).spectral_centroid;
    }
    CU_ASSERT_DOUBLE_EQUAL((centroid - from) / from, 1 - exp(-1), 1e-4);
    analysis_destroy(analysis);
}

/* With tau 0 each frame stands for itself. */
static void no_smoothing(void)
{
    const struct analysis_config config = config_with(0);
    const struct scene scenes[] = {{{0.5, 0.5}, 0, 100}, {{0.5, 0.5}, 3.14159265, 300}};
    struct analysis *analysis;
    CU_ASSERT_EQUAL_FATAL(analysis_create(&config, &analysis), STATUS_OK);
    for (int m = 0; m < 10; m++) {
        const struct analysis_frame frame = play(analysis, &scenes[m % 2]);
        CU_ASSERT_DOUBLE_EQUAL(frame.ici, m % 2 ? 0 : 1, 1e-4);
        CU_ASSERT_DOUBLE_EQUAL(frame.phase_coherence, m % 2 ? 0 : 1, 1e-4);
        CU_ASSERT_DOUBLE_EQUAL(frame.spectral_centroid, scenes[m % 2].bin * 48000 / W, 0.1);
    }
    analysis_destroy(analysis);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"the recursion is followed", the_recursion_is_followed},
        {"silence starts the averages anew", silence_starts_the_averages_anew},
        {"the time constant is tau", the_time_constant_is_tau},
        {"no smoothing", no_smoothing},
        CU_TEST_INFO_NULL,
    };
    return unit_run("analysis_smoothing", tests);
}
