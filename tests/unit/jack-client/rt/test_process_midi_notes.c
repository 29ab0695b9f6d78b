/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Events as MIDI notes, by the process callback under the guard; and what may go wrong with either. */
#include "tests/unit/jack-client/rt/midi_take.h"
#include "tests/unit/jack-client/rt/rt_guard.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Slow, so that the many seconds that states take are few samples. */
enum { SLOW = 8000, SLOW_WINDOW = 256, SLOW_HOP = 64, NOTE = SLOW / 10 };

static void begin_slow(uint32_t channels)
{
    const struct analysis_config config = {.sample_rate = SLOW,
                                           .channels = channels,
                                           .window = SLOW_WINDOW,
                                           .hop = SLOW_HOP,
                                           .gate_db = -60,
                                           .smooth_ms = 50,
                                           .criticality_ms = 500,
                                           .bands = 3,
                                           .band_release_ms = 100,
                                           .onset_threshold = ONSETS_THRESHOLD_DEFAULT};
    midi_take_open(&config);
}

/* Every state in turn, some seconds each: silence, then noise, unlike and alike, then the same as hits that
 * die away. */
static void fill_scenes(uint32_t period)
{
    const uint64_t scene = take.rig.samples / (4 * SLOW) % 5;
    const bool alike = scene == 2 || scene == 4;
    rig_fill_noise(&take.rig, period);
    for (uint32_t n = 0; n < period; n++) {
        const double age = (double)((take.rig.samples + n) % (SLOW / 4)) / SLOW;
        const double gain = scene == 0 ? 0 : scene < 3 ? 0.1 : 0.3 * exp(-age / 0.06);
        for (uint32_t i = 0; i < take.rig.rt->ports.channels; i++) {
            float *in = offline_input(i);
            in[n] = alike && i > 0 ? offline_input(0)[n] : in[n] * (float)gain;
        }
    }
}

static double unit_of(double value, double high)
{
    return fmin(fmax(value / high, 0), 1);
}

static uint8_t note_of(const struct event *event, double *unit)
{
    switch (event->kind) {
    case EVENT_STATE_CHANGE:
        *unit = (double)event->state_change.confidence;
        return (uint8_t)(60 + event->state_change.to_state);
    case EVENT_CRITICAL: *unit = unit_of((double)event->critical.criticality, 4); return 65;
    case EVENT_ONSET: *unit = (double)event->onset.strength; return 66;
    default: return 0;
    }
}

/* The next note on from *i on; false: there is none. */
static bool next_on(uint32_t *i)
{
    while (*i < take.count && take.sent[*i].bytes[0] != 0x9F) {
        ++*i;
    }
    return *i < take.count;
}

/* One for one, in their order, at the moments of their frames. */
static void check_notes(uint32_t lag, uint32_t seen[128])
{
    uint32_t at = 0;
    for (uint32_t e = 0; e < take.event_count; e++) {
        double unit;
        const uint8_t note = note_of(&take.events[e], &unit);
        const uint64_t moment = SLOW_WINDOW + take.events[e].frame * SLOW_HOP + lag;
        if (note == 0 || moment >= take.rig.samples) {
            continue;
        }
        CU_ASSERT_FATAL(next_on(&at));
        CU_ASSERT_EQUAL(take.sent[at].bytes[1], note);
        CU_ASSERT_EQUAL(take.sent[at].bytes[2], 1 + lround(unit * 126));
        CU_ASSERT_EQUAL(take.sent[at].at, moment);
        seen[note]++;
        at++;
    }
    CU_ASSERT_FALSE(next_on(&at));
}

/* Each ends once, after its length, or where it begins anew. */
static void check_ends(void)
{
    int64_t on[128];
    memset(on, -1, sizeof on);
    for (uint32_t i = 0; i < take.count; i++) {
        const uint8_t note = take.sent[i].bytes[1];
        if (take.sent[i].bytes[0] == 0x9F) {
            CU_ASSERT(on[note] < 0);
            on[note] = (int64_t)take.sent[i].at;
        } else if (take.sent[i].bytes[0] == 0x8F) {
            CU_ASSERT_FATAL(on[note] >= 0);
            const int64_t length = (int64_t)take.sent[i].at - on[note];
            const bool anew = i + 1 < take.count && take.sent[i + 1].bytes[0] == 0x9F &&
                              take.sent[i + 1].bytes[1] == note && take.sent[i + 1].at == take.sent[i].at;
            CU_ASSERT(length == NOTE || (length < NOTE && anew));
            on[note] = -1;
        }
    }
    for (uint32_t n = 0; n < 128; n++) {
        CU_ASSERT(on[n] < 0 || (int64_t)take.rig.samples - on[n] <= NOTE);
    }
}

static void notes_are_the_events(void)
{
    static const struct {
        uint32_t channels;
        uint32_t period;
        uint32_t lag;
    } runs[] = {{2, 16, 0}, {3, 64, 0}, {2, 37, 0}, {12, 64, SLOW_HOP}, {12, 17, SLOW_HOP}};
    midi_take_choose(NULL, false);
    for (size_t r = 0; r < sizeof runs / sizeof runs[0]; r++) {
        uint32_t seen[128] = {0};
        begin_slow(runs[r].channels);
        while (take.rig.samples < 25 * SLOW) {
            fill_scenes(runs[r].period);
            midi_take_cycle(runs[r].period);
        }
        check_notes(runs[r].lag, seen);
        check_ends();
        for (uint32_t note = 60; note <= 66; note++) {
            CU_ASSERT(seen[note] > 0);
        }
        rig_close(&take.rig);
    }
}

/* --- what may go wrong --- */

/* Few messages have room, often none. They are counted, and when there is room again everything is as it
 * should be: no note sounds on, and every value is the newest. */
static void what_has_no_room_is_counted(void)
{
    static const uint32_t periods[] = {64, 4096};
    midi_take_choose("band/*=70", true);
    for (size_t p = 0; p < 2; p++) {
        uint8_t last[128];
        int sounding = 0;
        memset(last, 0xFF, sizeof last);
        begin_slow(2);
        while (take.rig.samples < 25 * SLOW) {
            offline_midi_room(random_range(&take.rig.random, 0, 6));
            fill_scenes(periods[p]);
            midi_take_cycle(periods[p]);
        }
        CU_ASSERT(atomic_load(&take.rig.rt->reports.midi_lost) > 1000);
        for (uint32_t k = 0; k < 2; k++) { /* silence, of which nothing is told at first */
            offline_midi_room(k == 0 ? 0 : 2048);
            for (uint32_t n = 0; n < 3 * SLOW; n += periods[p]) {
                memset(offline_input(k), 0, periods[p] * sizeof(float));
                memset(offline_input(!k), 0, periods[p] * sizeof(float));
                midi_take_cycle(periods[p]);
            }
        }
        for (uint32_t i = 0; i < take.count; i++) {
            sounding += take.sent[i].bytes[0] == 0x9F ? 1 : take.sent[i].bytes[0] == 0x8F ? -1 : 0;
            CU_ASSERT(sounding >= 0 && sounding <= MIDI_OUT_NOTES);
            last[take.sent[i].bytes[1]] =
                take.sent[i].bytes[0] == 0xBF ? take.sent[i].bytes[2] : last[take.sent[i].bytes[1]];
        }
        CU_ASSERT_EQUAL(sounding, 0);
        CU_ASSERT(last[20] == 0 && last[52] == 0 && last[27] == 0 && last[59] == 0 && last[70] == 0);
        rig_close(&take.rig);
    }
}

static void all_ends_when_the_client_goes(void)
{
    midi_take_choose(NULL, false);
    midi_take_begin(2);
    for (uint32_t n = 0; n < 200; n++) {
        midi_take_cycle(64);
    }
    uint32_t i = 0;
    while (!next_on(&i) && take.rig.samples < 400000) {
        midi_take_restless(64);
        midi_take_cycle(64);
    }
    CU_ASSERT_EQUAL_FATAL(take.sent[i].bytes[0], 0x9F);
    const uint32_t before = take.count;
    const uint64_t moment = take.rig.samples;
    uint32_t ons = 0;
    for (uint32_t k = 0; k < before; k++) {
        ons += take.sent[k].bytes[0] == 0x9F;
    }
    atomic_store(&take.rig.rt->inputs.ending, true);
    for (uint32_t n = 0; n < 400; n++) {
        midi_take_restless(64);
        midi_take_cycle(64);
    }
    CU_ASSERT_EQUAL(take.count - before, ons);
    for (uint32_t k = before; k < take.count; k++) {
        CU_ASSERT(take.sent[k].bytes[0] == 0x8F && take.sent[k].at < moment + 64);
    }
    rig_close(&take.rig);
}

/* All that leaves comes in again, a period later. */
static void it_does_not_steer_itself(void)
{
    uint64_t heard = 0;
    midi_take_choose("band/*=70", true);
    midi_take_begin(3);
    take.rig.rt->engine.breathing.on = false;
    const double depth = breathing_depth(&take.rig.rt->engine.breathing);
    for (uint32_t n = 0; n < 3000; n++) {
        uint32_t found;
        const struct offline_message *message = offline_midi_sent(&found);
        for (uint32_t i = 0; i < found && i < 64; i++) {
            rig_midi(&take.rig, message[i].bytes, 3);
            heard++;
        }
        midi_take_restless(64);
        midi_take_cycle(64);
        CU_ASSERT(!take.rig.rt->engine.breathing.on && !take.rig.rt->engine.auto_phi.on);
        CU_ASSERT_EQUAL(breathing_depth(&take.rig.rt->engine.breathing), depth);
    }
    CU_ASSERT(heard > 1000);
    CU_ASSERT_EQUAL(take.rig.differing, 0);
    rig_close(&take.rig);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"notes are the events", notes_are_the_events},
        {"what has no room is counted", what_has_no_room_is_counted},
        {"all ends when the client goes", all_ends_when_the_client_goes},
        {"it does not steer itself", it_does_not_steer_itself},
        CU_TEST_INFO_NULL,
    };
    if (!rt_guard_armed()) {
        puts("no guard in this build: forbidden calls go unseen");
    }
    rig_sends_midi = true;
    return unit_run("process_midi_notes", tests);
}
