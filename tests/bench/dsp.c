/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What one analysis frame costs, beside the bare windows and transforms of the same channels in the same run.
 */
#include "jack-client/dsp/analysis.h"
#include "jack-client/dsp/float_mode.h"
#include "jack-client/snapshot.h"
#include "tests/bench/bench.h"
#include "tests/bench/floor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WINDOW = 2048, HOP = 512, HOPS = 400, WARM_UP = 50, ROUNDS = 5 };

struct cost {
    double floor_us; /* median, per frame */
    double frame_us;
    double ratio; /* median of the ratios of neighbours in time */
};

static struct analysis *make(uint32_t channels)
{
    struct analysis_config config = ANALYSIS_DEFAULTS;
    struct analysis *analysis;
    config.channels = channels;
    if (analysis_create(&config, &analysis)) {
        fprintf(stderr, "cannot set up the analysis\n");
        exit(1);
    }
    return analysis;
}

/* One hop of `active` channels of sound and the rest silence: samples in, frame out, published. */
static double time_frame(struct analysis *analysis, const struct bench_sound *sound, uint32_t active,
                         uint32_t channels, uint32_t at, struct telemetry *telemetry)
{
    static const float silence[HOP];
    static struct analysis_frame frame;
    static struct metrics_snapshot snapshot;
    const float *inputs[CHANNELS_MAX];
    for (uint32_t i = 0; i < channels; i++) {
        inputs[i] = i < active ? sound->channel[i] + at : silence;
    }
    const double began = bench_now_us();
    analysis_feed(analysis, inputs, HOP);
    while (analysis_step(analysis, &frame)) {
        snapshot_from_frame(&snapshot, &frame, channels);
        telemetry_write_metrics(telemetry, &snapshot);
    }
    return bench_now_us() - began;
}

static double time_floor(struct floor *floor, const struct bench_sound *sound, uint32_t channels, uint32_t at)
{
    const double began = bench_now_us();
    for (uint32_t i = 0; i < channels; i++) {
        floor_pass(floor, sound->channel[i] + at);
    }
    return bench_now_us() - began;
}

/* parts: enum metric_part, asked for. */
static struct cost measure(uint32_t active, uint32_t channels, uint32_t parts)
{
    enum { COUNT = ROUNDS * (HOPS - WINDOW / HOP) };
    static double floors[COUNT];
    static double frames[COUNT];
    static double ratios[COUNT];
    struct bench_sound sound;
    struct analysis *analysis = make(channels);
    struct floor *floor = floor_create(WINDOW);
    struct telemetry *telemetry = aligned_alloc(64, sizeof *telemetry);
    size_t count = 0;

    memset(telemetry, 0, sizeof *telemetry);
    analysis_want(analysis, parts);
    bench_sound_open(&sound, channels, HOPS * HOP);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        for (uint32_t h = 0; h + WINDOW / HOP < HOPS; h++) {
            const double least = time_floor(floor, &sound, active, h * HOP);
            const double whole = time_frame(analysis, &sound, active, channels, h * HOP, telemetry);
            if (round > 0 || h >= WARM_UP) {
                floors[count] = least;
                frames[count] = whole;
                ratios[count++] = least > 0 ? whole / least : 0;
            }
        }
    }
    bench_sound_close(&sound);
    analysis_destroy(analysis);
    floor_destroy(floor);
    free(telemetry);
    return (struct cost){bench_quantile(floors, count, 0.5), bench_quantile(frames, count, 0.5),
                         bench_quantile(ratios, count, 0.5)};
}

int main(int argc, char **argv)
{
    static const uint32_t channels[] = {1, 2, 8, 32, 64};
    double cost_of_8 = 0;
    double cost_of_64 = 0;
    char what[64];
    const struct bench bench = bench_open("dsp", argc, argv);

    float_mode_flush_denormals();
    for (size_t i = 0; i < sizeof channels / sizeof channels[0]; i++) {
        const struct cost cost = measure(channels[i], channels[i], 0);
        snprintf(what, sizeof what, "frame, %u channels, W 2048", channels[i]);
        bench_row(&bench, what, cost.frame_us, "us", cost.frame_us / cost.ratio);
        cost_of_8 = channels[i] == 8 ? cost.frame_us : cost_of_8;
        cost_of_64 = channels[i] == 64 ? cost.frame_us : cost_of_64;
    }
    bench_row(&bench, "64 channels against 8", cost_of_64, "us", cost_of_8);
    for (size_t i = 0; i < sizeof channels / sizeof channels[0]; i++) {
        const struct cost cost = measure(channels[i], channels[i], PARTS_ALL);
        snprintf(what, sizeof what, "frame with levels, bands and onsets, %u channels", channels[i]);
        bench_row(&bench, what, cost.frame_us, "us", cost.frame_us / cost.ratio);
    }
    const double silent = (measure(8, 64, 0).frame_us - cost_of_8) / 56;
    bench_row(&bench, "one silent channel against an active one", silent > 0 ? silent : 0, "us",
              cost_of_64 / 64);
    return 0;
}
