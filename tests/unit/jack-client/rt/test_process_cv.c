/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Control voltages, by the process callback under the guard. */
#include "jack-client/ports/cv.h"
#include "tests/unit/jack-client/rt/rig.h"
#include "tests/unit/jack-client/rt/rt_guard.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { RATE = 48000, WINDOW = 2048, HOP = 512, LONGEST = 2 * RATE, FRAMES_MAX = 512 };

static struct rig rig;

/* A voltage over the whole of a run, sample by sample. */
static float recorded[LONGEST];
static uint32_t length;

/* The frames of a run, by their numbers. */
static struct metrics_snapshot frames[FRAMES_MAX];
static uint64_t frame_count;

static void begin(uint32_t channels)
{
    struct analysis_config config = ANALYSIS_DEFAULTS;
    config.channels = channels;
    config.bands = BANDS_MAX;
    config.smooth_ms = 0; /* so that numbers jump */
    rig_open(&rig, &config);
    rig.rt->midi_map = MIDI_DEFAULTS;
    length = 0;
    frame_count = 0;
}

static void ask(uint32_t kind, double value)
{
    const struct command command = {.kind = kind, .value = value};
    command_push(&rig.rt->inputs.commands, &command);
}

static void keep(jack_port_t *port, uint32_t count)
{
    CU_ASSERT_FATAL(length + count <= LONGEST);
    memcpy(recorded + length, offline_buffer(port), count * sizeof *recorded);
    length += count;
}

/* One cycle, of which the port is recorded; periods are at most a hop, so that no frame is missed. */
static void cycle(jack_port_t *port, uint32_t count)
{
    rig_cycle(&rig, count);
    keep(port, count);
    if (atomic_load(&rig.rt->reports.frames) > frame_count) {
        CU_ASSERT_EQUAL(telemetry_read_metrics(rig.rt->telemetry, &frames[frame_count]), STATUS_OK);
        CU_ASSERT_EQUAL(frames[frame_count].frame, frame_count);
        frame_count++;
    }
}

/* Noise whose loudness, agreement and brightness change all the time. */
static void fill_restless(uint32_t n, uint32_t count)
{
    const float loud = n / 7 % 3 == 0 ? 1 : n / 7 % 3 == 1 ? 0.01F : 0.1F;
    rig_fill_noise(&rig, count);
    for (uint32_t i = 0; i < rig.rt->ports.channels; i++) {
        float *in = offline_input(i);
        float before = 0;
        for (uint32_t k = 0; k < count; k++) {
            const float dull = 0.9F * before + 0.1F * in[k];
            before = dull;
            in[k] = loud * (n / 11 % 2 ? dull : in[k]);
        }
        if (i > 0 && n / 5 % 3 == 0) {
            memcpy(in, offline_input(0), count * sizeof *in);
        }
    }
}

static double unit_of(double value, double low, double high)
{
    return fmin(fmax((value - low) / (high - low), 0), 1);
}

static double octaves(double hz)
{
    return hz > 0 ? unit_of(log(hz), log(20), log(20000)) : 0;
}

static double expect(size_t what, const struct metrics_snapshot *s)
{
    switch (what) {
    case 0: return (double)s->ici;
    case 1: return unit_of((double)s->criticality, 0, 4);
    case 2: return (double)s->phase_coherence;
    case 3: return octaves((double)s->spectral_centroid);
    case 4: return unit_of((double)s->requested.level[1].rms, 0, 0.5);
    default: return unit_of((double)s->requested.band[5], 0, 0.3);
    }
}

static jack_port_t *port_of(size_t what)
{
    const struct ports *ports = &rig.rt->ports;
    return what < 4 ? ports->cv_port[what] : what == 4 ? ports->cv_level[1] : ports->cv_band[5];
}

/* --- cases --- */

static void check_numbers(uint32_t channels, uint32_t period, size_t what)
{
    const uint32_t lag = channels > 8 ? HOP : 0;
    double worst = 0;
    double steepest = 0;
    double farthest = 0;
    uint32_t moved = 0;
    begin(channels);
    CU_ASSERT_EQUAL(rig.rt->ports.cv_delay.frame, WINDOW / 2 + HOP + lag);
    CU_ASSERT_EQUAL(rig.rt->ports.cv_delay.level, HOP / 2 + HOP + lag);
    for (uint32_t n = 0; length + period <= LONGEST / 3; n++) {
        fill_restless(n * period / HOP, period);
        cycle(port_of(what), period);
    }
    CU_ASSERT_FATAL(frame_count > 40);
    for (uint64_t m = 0; m < frame_count; m++) {
        const uint64_t reached = WINDOW + m * HOP + lag + HOP;
        if (reached >= length) {
            break;
        }
        keep_worst(&worst, fabs((double)recorded[reached] - expect(what, &frames[m])));
        const double way = expect(what, &frames[m]) - (m > 0 ? expect(what, &frames[m - 1]) : 0);
        keep_worst(&farthest, fabs(way));
        const double half = (double)recorded[reached - HOP / 2] - expect(what, &frames[m]) + way / 2;
        keep_worst(&worst, fabs(half)); /* in a straight line */
        moved += fabs(way) > 1e-4;
    }
    for (uint32_t n = 1; n < length; n++) {
        keep_worst(&steepest, fabs((double)recorded[n] - (double)recorded[n - 1]));
        CU_ASSERT(recorded[n] >= 0 && recorded[n] <= 1);
    }
    if (worst > 1e-6 || steepest > farthest / HOP + 2e-7 || moved < 20) {
        printf("%u channels, period %u, voltage %zu: off by %g, steps of %g, %g at most expected, moved %u\n",
               channels, period, what, worst, steepest, farthest / HOP, moved);
    }
    CU_ASSERT(worst < 1e-6);
    CU_ASSERT(steepest <= farthest / HOP + 2e-7); /* two roundings of a number near 1 */
    CU_ASSERT(moved >= 20);
    rig_close(&rig);
}

/* At the moment that the latency says, at any period; and between, in a straight line. */
static void voltages_are_the_snapshots_numbers(void)
{
    static const uint32_t periods[] = {64, 97, 512};
    for (size_t p = 0; p < 3; p++) {
        for (size_t what = 0; what < 6; what++) {
            check_numbers(4, periods[p], what);
        }
    }
    for (size_t p = 0; p < 3; p++) {
        check_numbers(64, periods[p], 0);
        check_numbers(64, periods[p], 4);
    }
}

/* The same samples, however they come, also where many frames come at once. */
static void voltages_do_not_depend_on_the_period(void)
{
    static const uint32_t periods[] = {64, 1, 480, 4096, 8192};
    static float first[LONGEST];
    static float sound[CHANNELS_MAX][4 * 8192];
    struct random random = {7};
    for (uint32_t i = 0; i < 12; i++) {
        for (uint32_t n = 0; n < 4 * 8192; n++) {
            sound[i][n] = (float)(random_uniform(&random) - 0.5) * (float)(n % 3000 < 1500);
        }
    }
    for (uint32_t channels = 2; channels <= 12; channels += 10) {
        for (size_t p = 0; p < 5; p++) {
            begin(channels);
            for (uint32_t at = 0; at + periods[p] <= 4 * 8192; at += periods[p]) {
                for (uint32_t i = 0; i < channels; i++) {
                    memcpy(offline_input(i), sound[i] + at, periods[p] * sizeof(float));
                }
                rig_cycle(&rig, periods[p]);
                keep(rig.rt->ports.cv_band[9], periods[p]);
            }
            if (p == 0) {
                memcpy(first, recorded, sizeof first);
            }
            CU_ASSERT(length > 4 * 8192 - 480);
            CU_ASSERT_EQUAL(memcmp(first, recorded, length * sizeof *first), 0);
            rig_close(&rig);
        }
    }
}

static void phi_times_input_is_output(void)
{
    static const uint32_t channels[] = {1, 8, 64};
    for (size_t c = 0; c < 3; c++) {
        double worst = 0;
        double lowest = 1;
        uint32_t off = 0;
        begin(channels[c]);
        rig.breathes = true;
        const float *phi = offline_buffer(rig.rt->ports.cv_port[CV_PHI]);
        for (uint32_t i = 0; i < 600; i++) {
            const uint32_t count = random_range(&rig.random, 1, 700);
            const bool silent_before = i < 20 || (i > 320 && i < 400);
            rig_fill_noise(&rig, count);
            switch (i) {
            case 20: ask(COMMAND_BREATHING, 1); break;
            case 40: ask(COMMAND_DEPTH, 1); break;
            case 60: ask(COMMAND_RATE, 10); break;
            case 300: ask(COMMAND_BREATHING, 0); break;
            case 400: ask(COMMAND_BREATHING, 1); break;
            default:
                if (i > 60 && i < 300 && i % 9 == 0) {
                    const double part = random_uniform(&rig.random);
                    ask(i % 2 ? COMMAND_DEPTH : COMMAND_PHASE, i % 2 ? part : 3 * part);
                }
            }
            rig_cycle(&rig, count);
            for (uint32_t n = 0; n < count; n++) {
                const double made = (double)phi[n] * (double)offline_input(0)[n];
                keep_worst(&worst, fabs(made - (double)offline_output(0)[n]));
                lowest = fmin(lowest, (double)phi[n]);
                off += silent_before && phi[n] == 1;
                CU_ASSERT(!silent_before || phi[n] == 1);
            }
        }
        CU_ASSERT(worst < 1e-6);
        CU_ASSERT(lowest < 0.2 && lowest >= 0); /* it did breathe, */
        CU_ASSERT(off > 1000);                  /* and did not */
        rig_close(&rig);
    }
}

/* Without a gap, clicks in silence are onsets. */
static void triggers_are_ten_milliseconds(void)
{
    static const uint32_t rates[] = {48000, 44100};
    for (size_t r = 0; r < 2; r++) {
        struct analysis_config config = ANALYSIS_DEFAULTS;
        const uint32_t wanted = rates[r] / 100;
        uint32_t found = 0;
        uint32_t high = 0;
        uint64_t next = 0;
        uint32_t onsets = 0;
        struct event event;
        config.channels = 2;
        config.sample_rate = rates[r];
        rig_open(&rig, &config);
        length = 0;
        for (uint32_t n = 0; n < 1300; n++) {
            rig_fill_noise(&rig, 64);
            for (uint32_t i = 0; i < 2; i++) {
                for (uint32_t k = 0; k < 64; k++) {
                    offline_input(i)[k] *= n > 200 && n % 200 < 20 ? 1 : 1e-4F;
                }
            }
            rig_cycle(&rig, 64);
            keep(rig.rt->ports.cv_port[CV_ONSET], 64);
            while (event_read(&rig.rt->telemetry->events, &next, &event, NULL) == STATUS_OK) {
                onsets += event.kind == EVENT_ONSET;
            }
        }
        for (uint32_t n = 0; n < length; n++) {
            CU_ASSERT(recorded[n] == 0 || recorded[n] == 1);
            high += recorded[n] == 1;
            if (recorded[n] == 0 && high > 0) {
                CU_ASSERT_EQUAL(high, wanted);
                /* It began at the end of a frame's window, which is when it could be known. */
                CU_ASSERT_EQUAL((n - high - WINDOW) % HOP, 0);
                high = 0;
                found++;
            }
        }
        CU_ASSERT_EQUAL(high, 0);
        CU_ASSERT_EQUAL(found, onsets);
        CU_ASSERT(found >= 5);
        rig_close(&rig);
    }
}

/* A gap, any bits, and silence: nothing steps, nothing is outside, nothing forbidden is done. */
static void gaps_do_not_step(void)
{
    static const uint32_t channels[] = {3, 64};
    for (size_t c = 0; c < 2; c++) {
        double steepest = 0;
        begin(channels[c]);
        for (uint32_t i = 0; i < 300; i++) {
            const uint32_t count = random_range(&rig.random, 1, 600);
            if (i % 10 == 0) {
                rig_fill_bits(&rig, count);
            } else {
                fill_restless(i, count);
            }
            if (i % 17 == 16) {
                rig_skip(&rig, 777);
            }
            rig_cycle(&rig, count);
            if (length + count <= LONGEST) {
                keep(rig.rt->ports.cv_level[2], count);
            }
        }
        for (uint32_t n = 1; n < length; n++) {
            CU_ASSERT(recorded[n] >= 0 && recorded[n] <= 1);
            keep_worst(&steepest, fabs((double)recorded[n] - (double)recorded[n - 1]));
        }
        CU_ASSERT(steepest > 0 && steepest < 1.001 / HOP);
        rig_close(&rig);
    }
}

static void without_them_nothing_is_measured(void)
{
    struct metrics_snapshot snapshot;
    rig_cv = false;
    rig_cv_parts = 0;
    begin(2);
    for (uint32_t n = 0; n < 64; n++) {
        rig_fill_noise(&rig, 64);
        rig_cycle(&rig, 64);
    }
    CU_ASSERT_EQUAL(telemetry_read_metrics(rig.rt->telemetry, &snapshot), STATUS_OK);
    CU_ASSERT_EQUAL(snapshot.parts, 0);
    CU_ASSERT_EQUAL(rig.rt->engine.breathing.channels, 2);
    rig_close(&rig);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"voltages are the snapshot's numbers", voltages_are_the_snapshots_numbers},
        {"voltages do not depend on the period", voltages_do_not_depend_on_the_period},
        {"phi times input is output", phi_times_input_is_output},
        {"triggers are ten milliseconds", triggers_are_ten_milliseconds},
        {"gaps do not step", gaps_do_not_step},
        {"without them nothing is measured", without_them_nothing_is_measured},
        CU_TEST_INFO_NULL,
    };
    if (!rt_guard_armed()) {
        puts("no guard in this build: forbidden calls go unseen");
    }
    rig_cv = true;
    rig_cv_parts = PART_LEVELS | PART_BANDS;
    return unit_run("process_cv", tests);
}
