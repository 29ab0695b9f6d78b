/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Metrics as MIDI controllers, by the process callback under the guard. */
#include "tests/unit/jack-client/rt/midi_take.h"
#include "tests/unit/jack-client/rt/rt_guard.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WINDOW = 2048, HOP = 512, RATE = 48000, INTERVAL = RATE / 30 };

static double unit_of(double value, double high)
{
    return fmin(fmax(value / high, 0), 1);
}

static double octaves(double hz)
{
    return hz > 0 ? fmin(fmax(log(hz / 20) / log(1000), 0), 1) : 0;
}

/* What the controllers 20...28 and 102 say of a frame. */
enum { VALUES = 10 };
static const uint8_t numbers[VALUES] = {20, 21, 22, 23, 24, 25, 26, 27, 28, 102};

static double expect(size_t what, const struct metrics_snapshot *s)
{
    switch (what) {
    case 0: return (double)s->ici;
    case 1: return unit_of((double)s->criticality, 4);
    case 2: return (double)s->phase_coherence;
    case 3: return octaves((double)s->spectral_centroid);
    case 4: return (double)s->phi_depth;
    case 5: return unit_of((double)s->phi_phase, 6.283185307179586);
    case 6: return s->phi_breathing_active;
    case 7: return unit_of(s->active_channels, CHANNELS_MAX);
    case 8: return (double)s->requested.onset_strength;
    default: return unit_of((double)s->requested.band[4], 0.3);
    }
}

static size_t what_of(uint8_t number)
{
    size_t what = 0;
    while (what < VALUES && numbers[what] != number) {
        what++;
    }
    return what;
}

/* Of each controller: the newest frame's value at any time, never two within the interval or two alike. And
 * where nothing has been take.sent for that long, what has changed is there at once. */
static void check_values(uint32_t lag, bool fine)
{
    int64_t last_at[VALUES];
    int last[VALUES];
    int64_t any = INT64_MIN / 2;
    uint32_t moved[VALUES] = {0};
    uint32_t prompt = 0;
    uint32_t i = 0;
    for (size_t w = 0; w < VALUES; w++) {
        last_at[w] = INT64_MIN / 2;
        last[w] = -1;
    }
    for (uint64_t m = 0; m + 1 < take.frame_count; m++) {
        const int64_t moment = WINDOW + (int64_t)m * HOP + lag;
        const int64_t quiet = moment - any;
        for (; i < take.count && (int64_t)take.sent[i].at < moment + HOP; i++) {
            const size_t what = what_of(take.sent[i].bytes[1]);
            if (take.sent[i].bytes[0] != 0xBF) {
                continue;
            }
            CU_ASSERT_FATAL(what < VALUES && (int64_t)take.sent[i].at >= moment);
            const bool is_fine = fine && numbers[what] < 32;
            int value = take.sent[i].bytes[2];
            if (is_fine) {
                CU_ASSERT_FATAL(i + 1 < take.count && take.sent[i + 1].at == take.sent[i].at);
                CU_ASSERT_EQUAL(take.sent[i + 1].bytes[1], numbers[what] + 32);
                value = value * 128 + take.sent[++i].bytes[2];
            }
            const double wanted = expect(what, &take.frames[m]) * (is_fine ? 16383 : 127);
            CU_ASSERT(fabs(value - wanted) <= 0.5 + 1e-6 * wanted);
            CU_ASSERT_NOT_EQUAL(value, last[what]);
            CU_ASSERT((int64_t)take.sent[i].at - last_at[what] >= INTERVAL);
            CU_ASSERT(quiet < INTERVAL || (int64_t)take.sent[i].at == moment);
            any = last_at[what] = (int64_t)take.sent[i].at;
            last[what] = value;
            moved[what]++;
        }
        for (size_t w = 0; w < VALUES && quiet >= INTERVAL; w++) {
            const double wanted = expect(w, &take.frames[m]) * (fine && numbers[w] < 32 ? 16383 : 127);
            CU_ASSERT(fabs(last[w] - wanted) <= 0.5 + 1e-6 * wanted);
            prompt++;
        }
    }
    for (size_t w = 0; w < VALUES; w++) {
        CU_ASSERT(moved[w] > (numbers[w] == 26 ? 0 : numbers[w] == 27 || numbers[w] == 24 ? 0 : 10));
    }
    CU_ASSERT(prompt >= VALUES);
}

static void run_restless(uint32_t channels, uint32_t period, uint32_t seconds)
{
    midi_take_begin(channels);
    take.rig.breathes = true;
    const struct command on = {.kind = COMMAND_BREATHING, .value = 1};
    command_push(&take.rig.rt->inputs.commands, &on);
    while (take.rig.samples < seconds * RATE) {
        midi_take_restless(period);
        midi_take_cycle(period);
    }
}

static void values_are_the_snapshots_numbers(void)
{
    static const uint32_t periods[] = {16, 97, 512};
    for (uint32_t fine = 0; fine < 2; fine++) {
        midi_take_choose("band/5=102", fine != 0);
        for (size_t p = 0; p < 3; p++) {
            run_restless(4, periods[p], 4);
            check_values(0, fine != 0);
            CU_ASSERT_EQUAL(take.rig.rt->ports.midi_delay, WINDOW / 2);
            rig_close(&take.rig);
            run_restless(12, periods[p], 2);
            check_values(HOP, fine != 0);
            CU_ASSERT_EQUAL(take.rig.rt->ports.midi_delay, WINDOW / 2 + HOP);
            rig_close(&take.rig);
        }
    }
}

static void nothing_is_sent_while_nothing_changes(void)
{
    midi_take_choose("band/*=70", false);
    midi_take_begin(2);
    for (uint32_t n = 0; n < 2000; n++) {
        midi_take_cycle(64);
    }
    CU_ASSERT_EQUAL(take.count, 9 + BANDS_MAX); /* how things are, once */
    for (uint32_t i = 0; i < take.count; i++) {
        CU_ASSERT_EQUAL(take.sent[i].at, WINDOW);
        CU_ASSERT_EQUAL(take.sent[i].bytes[0], 0xBF);
    }
    atomic_store(&take.rig.rt->inputs.midi_newcomer, true);
    for (uint32_t n = 0; n < 2000; n++) {
        midi_take_cycle(64);
    }
    CU_ASSERT_EQUAL(take.count, 2 * (9 + BANDS_MAX)); /* and once for whoever comes later */
    CU_ASSERT(!atomic_load(&take.rig.rt->inputs.midi_newcomer));
    rig_close(&take.rig);
}

/* The same messages at the same samples, however these come, also where many frames come at once. */
static void messages_do_not_depend_on_the_period(void)
{
    enum { LENGTH = 8 * 8192 };
    static const uint32_t periods[] = {64, 16, 1, 480, 4096, 8192};
    static float sound[12][LENGTH];
    static uint64_t first_at[TAKE_MESSAGES];
    static uint8_t first[TAKE_MESSAGES][3];
    struct random random = {7};
    for (uint32_t i = 0; i < 12; i++) {
        for (uint32_t n = 0; n < LENGTH; n++) {
            sound[i][n] = (float)(random_uniform(&random) - 0.5) * (float)(n % 6000 < 1500);
        }
    }
    midi_take_choose("band/*=70", true);
    for (uint32_t channels = 2; channels <= 12; channels += 10) {
        uint32_t first_count = 0;
        for (size_t p = 0; p < sizeof periods / sizeof periods[0]; p++) {
            midi_take_begin(channels);
            uint32_t at = 0;
            for (; at + periods[p] <= LENGTH; at += periods[p]) {
                for (uint32_t i = 0; i < channels; i++) {
                    memcpy(offline_input(i), sound[i] + at, periods[p] * sizeof(float));
                }
                midi_take_cycle(periods[p]);
            }
            for (uint32_t i = 0; i < take.count; i++) {
                if (p == 0) {
                    first_at[i] = take.sent[i].at;
                    memcpy(first[i], take.sent[i].bytes, 3);
                }
                CU_ASSERT(take.sent[i].at == first_at[i] && memcmp(take.sent[i].bytes, first[i], 3) == 0);
            }
            first_count = p == 0 ? take.count : first_count;
            CU_ASSERT(take.count > 500 && first_count >= take.count &&
                      (at < LENGTH || take.count == first_count));
            rig_close(&take.rig);
        }
    }
}

/* Gaps and any bits, with everything on at once. */
static void gaps_and_any_bits(void)
{
    midi_take_choose("level/*/rms=110", true);
    rig_cv = true;
    rig_cv_parts = PART_LEVELS | PART_BANDS;
    midi_take_begin(10);
    for (uint32_t i = 0; i < 600; i++) {
        const uint32_t period = random_range(&take.rig.random, 1, 1200);
        if (i % 10 == 0) {
            rig_fill_bits(&take.rig, period);
        } else {
            midi_take_restless(period);
        }
        if (i % 17 == 16) {
            rig_skip(&take.rig, 777);
        }
        midi_take_cycle(period);
    }
    CU_ASSERT(take.count > 1000);
    rig_close(&take.rig);
    rig_cv = false;
    rig_cv_parts = 0;
}
int main(void)
{
    static const CU_TestInfo tests[] = {
        {"values are the snapshot's numbers", values_are_the_snapshots_numbers},
        {"nothing is sent while nothing changes", nothing_is_sent_while_nothing_changes},
        {"messages do not depend on the period", messages_do_not_depend_on_the_period},
        {"gaps and any bits", gaps_and_any_bits},
        CU_TEST_INFO_NULL,
    };
    if (!rt_guard_armed()) {
        puts("no guard in this build: forbidden calls go unseen");
    }
    rig_sends_midi = true;
    return unit_run("process_midi", tests);
}
