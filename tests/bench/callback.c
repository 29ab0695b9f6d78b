/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The whole process callback, period by period, as a share of the period: median, 99.9th percentile and
 * worst. The JACK around it is a stand-in (offline_jack.h), so that what is measured is the callback and not
 * the machine's scheduler; the machine's interruptions still show in the worst. */
#include "jack-client/dsp/float_mode.h"
#include "jack-client/rt/process.h"
#include "tests/bench/bench.h"
#include "tests/unit/jack-client/rt/offline_jack.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SECONDS_MAX = 12, SOUND_LENGTH = 480000, PERIODS_MAX = 20000, WARM_UP = 200 };

/* cv: every control voltage that there can be goes out. */
static struct rt *make(uint32_t channels, uint32_t rate, bool cv)
{
    struct rt *rt = calloc(1, sizeof *rt);
    struct telemetry *telemetry = calloc(1, sizeof *telemetry);
    struct engine_config config = ENGINE_DEFAULTS;
    config.analysis.channels = channels;
    config.analysis.sample_rate = rate;
    config.analysis.bands = cv ? BANDS_MAX : config.analysis.bands;
    if (!rt || !telemetry) {
        exit(1);
    }
    rt->telemetry = telemetry;
    offline_reset();
    offline_connect(rt, channels);
    rt->ports.cv = cv;
    rt->ports.cv_parts = cv ? PART_LEVELS | PART_BANDS : 0;
    if (rt_prepare(rt, &config)) {
        fprintf(stderr, "cannot set up the callback\n");
        exit(1);
    }
    offline_connect_cv(rt);
    return rt;
}

static void destroy(struct rt *rt)
{
    rt_release(rt);
    free(rt->telemetry);
    free(rt);
}

static double own_time_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec * 1e-3;
}

static void measure(const struct bench *bench, const struct bench_sound *sound, uint32_t channels,
                    uint32_t period, uint32_t rate, bool cv)
{
    static double times[PERIODS_MAX];
    struct rt *rt = make(channels, rate, cv);
    const char *with = cv ? " with all CVs" : "";
    const double period_us = 1e6 * period / rate;
    double worst_wall = 0;
    size_t count = 0;
    uint32_t at = 0;
    char what[96];

    for (uint32_t n = 0; count < PERIODS_MAX && n < SECONDS_MAX * rate / period; n++) {
        at = at + period <= sound->length ? at : 0;
        for (uint32_t i = 0; i < channels; i++) {
            memcpy(offline_input(i), sound->channel[i] + at, period * sizeof(float));
        }
        at += period;
        offline_cycle(n * period, 1000 + (uint64_t)(n * period_us), period);
        const double wall = bench_now_us();
        const double began = own_time_us();
        rt_process(period, rt);
        if (n >= WARM_UP) {
            times[count++] = own_time_us() - began;
            worst_wall = fmax(worst_wall, bench_now_us() - wall);
        }
    }
    destroy(rt);
    static const struct {
        const char *name;
        double p;
    } rows[] = {{"median", 0.5}, {"p99.9", 0.999}, {"worst", 1}};
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        snprintf(what, sizeof what, "%u ch, %u frames at %u kHz%s, %s", channels, period, rate / 1000, with,
                 rows[r].name);
        bench_row(bench, what, bench_quantile(times, count, rows[r].p), "us", period_us);
    }
    snprintf(what, sizeof what, "%u ch, %u frames at %u kHz%s, worst on the wall", channels, period,
             rate / 1000, with);
    bench_row(bench, what, worst_wall, "us", period_us);
}

int main(int argc, char **argv)
{
    static const uint32_t channels[] = {8, 64};
    static const uint32_t periods[] = {64, 128, 256, 1024};
    static const uint32_t rates[] = {48000, 96000};
    struct bench_sound sound;
    const struct bench bench = bench_open("callback (floor: the period)", argc, argv);

    float_mode_flush_denormals();
    bench_sound_open(&sound, CHANNELS_MAX, SOUND_LENGTH);
    for (size_t c = 0; c < sizeof channels / sizeof channels[0]; c++) {
        for (size_t r = 0; r < sizeof rates / sizeof rates[0]; r++) {
            for (size_t p = 0; p < sizeof periods / sizeof periods[0]; p++) {
                measure(&bench, &sound, channels[c], periods[p], rates[r], false);
            }
        }
    }
    measure(&bench, &sound, CHANNELS_MAX, 64, 48000, true);
    bench_sound_close(&sound);
    return 0;
}
