/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How sure a change of state is: analytic values on made-up frames, and the level that the analysis hands on.
 */
#include "jack-client/dsp/states.h"
#include "tests/unit/jack-client/dsp/signals.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <string.h>

/* At 500 frames a second the dwell is of 100 frames, of which 75 are enough. */
enum { RATE = 500, DWELL = 100, ENOUGH = 75 };

static const float low = 0.5F;
static const float high = 1;
static const float calm = 1;
static const float bursting = 3;

static struct states states;
static struct event last; /* the latest state_change */
static uint32_t changes;

static void begin(double ici_threshold, double criticality_threshold)
{
    const struct states_config config = {.frames_per_second = RATE,
                                         .ici_threshold = ici_threshold,
                                         .criticality_threshold = criticality_threshold};
    memset(&states, 0, sizeof states);
    changes = 0;
    CU_ASSERT_EQUAL_FATAL(states_prepare(&states, &config), STATUS_OK);
}

static void feed_at(double level_db, uint32_t frames, bool active, float ici, float criticality)
{
    const struct states_frame frame = {
        .ici = ici, .criticality = criticality, .over_gate = (float)pow(10, level_db / 10), .active = active};
    for (uint32_t i = 0; i < frames; i++) {
        struct event events[STATES_EVENTS_MAX];
        const uint32_t count = states_frame(&states, &frame, events);
        for (uint32_t e = 0; e < count; e++) {
            CU_ASSERT_EQUAL(event_check(&events[e]), STATUS_OK);
            if (events[e].kind == EVENT_STATE_CHANGE) {
                last = events[e];
                changes++;
            }
        }
    }
}

static void feed(uint32_t frames, float ici, float criticality)
{
    feed_at(10, frames, true, ici, criticality);
}

static void expect(uint32_t number, enum state_trigger trigger, double confidence)
{
    CU_ASSERT_EQUAL(changes, number);
    CU_ASSERT_EQUAL(last.state_change.trigger, trigger);
    /* Marks are 255ths of half the range. */
    CU_ASSERT_DOUBLE_EQUAL(last.state_change.confidence, confidence, 0.5 * 0.5 / 255 + 1e-6);
}

static void by_ici(void)
{
    begin(0.75, 2);
    feed(RATE, low, calm);
    feed(RATE, 0.75F, calm); /* just at the threshold */
    expect(2, TRIGGER_ICI_THRESHOLD, 0.5);
    feed(RATE, 0.6F, calm); /* of the way from 0.75 to 0, a fifth */
    expect(3, TRIGGER_ICI_THRESHOLD, 0.6);
    feed(RATE, 0.8F, calm); /* of the way to 1, a fifth */
    expect(4, TRIGGER_ICI_THRESHOLD, 0.6);
    feed(RATE, 0, calm);
    expect(5, TRIGGER_ICI_THRESHOLD, 1);
    feed(RATE, 1, calm);
    expect(6, TRIGGER_ICI_THRESHOLD, 1);
}

static void by_criticality(void)
{
    begin(0.75, 2);
    feed(RATE, low, calm);
    feed(RATE, low, 2);
    expect(2, TRIGGER_CRITICALITY_THRESHOLD, 0.5);
    feed(RATE, low, 1.5F);
    expect(3, TRIGGER_CRITICALITY_THRESHOLD, 0.625);
    feed(RATE, low, 3);
    expect(4, TRIGGER_CRITICALITY_THRESHOLD, 0.75);
    feed(RATE, low, 0);
    expect(5, TRIGGER_CRITICALITY_THRESHOLD, 1);
    feed(RATE, low, 100);
    expect(6, TRIGGER_CRITICALITY_THRESHOLD, 1);
}

static void by_level(void)
{
    static const struct {
        double db;
        double confidence;
    } cases[] = {{0, 0.5}, {5, 0.625}, {10, 0.75}, {20, 1}, {60, 1}, {INFINITY, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin(0.75, 2);
        feed_at(cases[i].db, RATE, true, high, bursting);
        expect(1, TRIGGER_SIGNAL_ONSET, cases[i].confidence);
        feed_at(-cases[i].db, RATE, false, 0, 0);
        expect(2, TRIGGER_SIGNAL_LOST, cases[i].confidence);
    }
}

/* The mean over the frames in the new state, and over them alone. */
static void by_the_frames_that_hold(void)
{
    begin(0.75, 2);
    feed(RATE, low, calm);
    feed(40, 0.75F, calm);
    feed(25, low, calm);
    feed(ENOUGH - 40, 1, calm); /* of the last 100 frames 40 at the threshold, 25 elsewhere, 35 at 1 */
    expect(2, TRIGGER_ICI_THRESHOLD, 0.5 + 0.5 * 35 / 75);
    feed(RATE, 0.72F, calm); /* in the hysteresis: not beyond, and not less than nothing */
    feed(DWELL, 0.72F, 2);
    expect(3, TRIGGER_CRITICALITY_THRESHOLD, 0.5);
}

/* Where there is no way to go, one is at the extreme. */
static void at_thresholds_with_nothing_beyond(void)
{
    begin(1, 0);
    feed(RATE, 0.9F, 0);
    expect(1, TRIGGER_SIGNAL_ONSET, 0.75);
    feed(RATE, 1, 0);
    expect(2, TRIGGER_ICI_THRESHOLD, 1);
}

/* Steady noise of a level: the analysis says how far from the gate that is, with a transform or without. */
static void level_of_sound(void)
{
    static const double levels_db[] = {20, 6, 0.5, -3, -10, -20, -40};
    for (size_t i = 0; i < sizeof levels_db / sizeof levels_db[0]; i++) {
        const struct analysis_config config = {.sample_rate = 48000,
                                               .channels = 2,
                                               .window = 2048,
                                               .hop = 512,
                                               .gate_db = -60,
                                               .smooth_ms = 0,
                                               .criticality_ms = 500};
        struct random random = {7};
        struct take take = take_new(2, 48000);
        signal_add_noise(take.channel[1], take.length, NOISE_WHITE, from_db(levels_db[i] - 60), &random);
        struct frames frames = take_analyse(&take, &config, 512);
        double sum = 0;
        for (uint32_t f = 0; f < frames.count; f++) {
            sum += (double)frames.frame[f].over_gate;
        }
        CU_ASSERT_DOUBLE_EQUAL(10 * log10(sum / frames.count), levels_db[i], 0.5);
        frames_free(&frames);
        take_free(&take);
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"by ICI", by_ici},
        {"by criticality", by_criticality},
        {"by level", by_level},
        {"by the frames that hold", by_the_frames_that_hold},
        {"at thresholds with nothing beyond", at_thresholds_with_nothing_beyond},
        {"level of sound", level_of_sound},
        CU_TEST_INFO_NULL,
    };
    return unit_run("states_confidence", tests);
}
