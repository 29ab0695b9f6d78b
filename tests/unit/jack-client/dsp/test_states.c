/* SPDX-License-Identifier: GPL-3.0-or-later */
/* States on made-up frames: thresholds, hysteresis, dwell, triggers, and what the events say. */
#include "jack-client/dsp/states.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <string.h>

/* At 500 frames a second the dwell is of 100 frames, silence's of 500. */
enum { RATE = 500, DWELL = 100, ENOUGH = 75, IDLE_ENOUGH = 375 };

static const float low = 0.5F;
static const float high = 1;
static const float calm = 1;
static const float bursting = 3;

static struct states states;
static double start_of_time; /* Unix seconds */
static uint32_t fed;         /* frames since then */

/* Every event so far. */
static struct event seen[64];
static uint32_t seen_count;

static struct states_config usual(void)
{
    return (struct states_config){
        .frames_per_second = RATE, .ici_threshold = 0.75, .criticality_threshold = 2};
}

static void begin_with(const struct states_config *config)
{
    memset(&states, 0, sizeof states);
    start_of_time = 1.7e9;
    fed = 0;
    seen_count = 0;
    CU_ASSERT_EQUAL_FATAL(states_prepare(&states, config), STATUS_OK);
}

static void begin(void)
{
    const struct states_config config = usual();
    begin_with(&config);
}

static void feed(uint32_t frames, bool active, float ici, float criticality)
{
    for (uint32_t i = 0; i < frames; i++) {
        struct event events[STATES_EVENTS_MAX];
        const struct states_frame frame = {.timestamp = start_of_time + (double)fed / RATE,
                                           .ici = ici,
                                           .criticality = criticality,
                                           .active = active};
        const uint32_t count = states_frame(&states, &frame, events);
        CU_ASSERT_FATAL(count <= STATES_EVENTS_MAX && seen_count + count <= 64);
        for (uint32_t e = 0; e < count; e++) {
            CU_ASSERT_EQUAL(event_check(&events[e]), STATUS_OK);
            seen[seen_count++] = events[e];
        }
        fed++;
    }
}

static void feed_silence(uint32_t frames)
{
    feed(frames, false, 0, 0);
}

static void expect_change(uint32_t index, enum sound_state from, enum sound_state to,
                          enum state_trigger trigger)
{
    CU_ASSERT_FATAL(index < seen_count);
    CU_ASSERT_EQUAL(seen[index].kind, EVENT_STATE_CHANGE);
    CU_ASSERT_EQUAL(seen[index].state_change.from_state, from);
    CU_ASSERT_EQUAL(seen[index].state_change.to_state, to);
    CU_ASSERT_EQUAL(seen[index].state_change.trigger, trigger);
    CU_ASSERT(seen[index].state_change.confidence >= 0.5F && seen[index].state_change.confidence <= 1);
}

/* --- configuration --- */

static void wrong_configurations_are_refused(void)
{
    const struct states_config wrong[] = {
        {0, 0.75, 2},     {-1, 0.75, 2},    {NAN, 0.75, 2}, {STATES_FRAMES_MAX + 1, 0.75, 2},
        {100, -0.01, 2},  {100, 1.01, 2},   {100, NAN, 2},  {100, 0.75, -0.01},
        {100, 0.75, NAN}, {100, 0.75, 101},
    };
    begin();
    const struct states before = states;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        CU_ASSERT_EQUAL(states_prepare(&states, &wrong[i]), STATUS_BAD_ARG);
        CU_ASSERT_EQUAL(memcmp(&states, &before, sizeof states), 0);
    }
    const struct states_config extreme[] = {{STATES_FRAMES_MAX, 0, 0}, {0.1, 1, 100}};
    CU_ASSERT_EQUAL(states_prepare(&states, &extreme[0]), STATUS_OK);
    feed(3, true, 0, 0);
    CU_ASSERT_EQUAL(states_prepare(&states, &extreme[1]), STATUS_OK);
    feed(3, true, 0, 0); /* one frame is a dwell by itself */
}

static void thresholds_are_settable(void)
{
    const struct states_config config = {
        .frames_per_second = RATE, .ici_threshold = 0.4, .criticality_threshold = 5};
    begin_with(&config);
    feed(500, true, 0.39F, 4.9F);
    feed(500, true, 0.41F, 4.9F);
    feed(500, true, 0.41F, 5.1F);
    CU_ASSERT_EQUAL(seen_count, 3);
    expect_change(0, STATE_IDLE, STATE_AMBIENT, TRIGGER_SIGNAL_ONSET);
    expect_change(1, STATE_AMBIENT, STATE_COHERENT, TRIGGER_ICI_THRESHOLD);
    expect_change(2, STATE_COHERENT, STATE_CRITICAL, TRIGGER_CRITICALITY_THRESHOLD);
}

/* --- dwell --- */

static void a_new_state_must_hold(void)
{
    begin();
    feed(ENOUGH - 1, true, low, calm);
    CU_ASSERT_EQUAL(seen_count, 0);
    feed(1, true, low, calm);
    CU_ASSERT_EQUAL(seen_count, 1);
    expect_change(0, STATE_IDLE, STATE_AMBIENT, TRIGGER_SIGNAL_ONSET);
    CU_ASSERT_DOUBLE_EQUAL(seen[0].timestamp, 1.7e9 + (ENOUGH - 1.0) / RATE, 1e-6);
    feed(1000, true, low, calm);
    CU_ASSERT_EQUAL(seen_count, 1);
}

/* `others` of each 100 frames are ambient, spread out, the rest coherent. */
static void mix(uint32_t others, uint32_t frames)
{
    for (uint32_t i = 0; i < frames; i++) {
        const bool other = i * others / DWELL != (i + 1) * others / DWELL;
        feed(1, true, other ? low : high, calm);
    }
}

static void the_share_is_of_the_last_200_ms(void)
{
    begin();
    feed(DWELL, true, low, calm);
    mix(26, 5000); /* 74 % */
    CU_ASSERT_EQUAL(seen_count, 1);
    mix(25, DWELL); /* 75 % */
    CU_ASSERT_EQUAL(seen_count, 2);
    expect_change(1, STATE_AMBIENT, STATE_COHERENT, TRIGGER_ICI_THRESHOLD);
    mix(25, 5000);
    CU_ASSERT_EQUAL(seen_count, 2);
}

static void silence_must_hold_for_a_second(void)
{
    begin();
    feed(DWELL, true, high, calm);
    feed(1000, true, high, calm);
    for (int i = 0; i < 20; i++) { /* rests of 74 % of each second */
        feed_silence(IDLE_ENOUGH - 5);
        feed(RATE - IDLE_ENOUGH + 5, true, high, calm);
    }
    CU_ASSERT_EQUAL(seen_count, 1);
    feed_silence(IDLE_ENOUGH - 1);
    CU_ASSERT_EQUAL(seen_count, 1);
    feed_silence(1);
    CU_ASSERT_EQUAL(seen_count, 2);
    expect_change(1, STATE_COHERENT, STATE_IDLE, TRIGGER_SIGNAL_LOST);
}

/* The number of frames is rounded: 18.75 of the usual 93.75 a second are 19, and 15 of them are enough. */
static void dwell_at_the_usual_frames(void)
{
    struct states_config config = usual();
    config.frames_per_second = 48000.0 / 512;
    begin_with(&config);
    feed(14, true, low, calm);
    CU_ASSERT_EQUAL(seen_count, 0);
    feed(1, true, low, calm);
    CU_ASSERT_EQUAL(seen_count, 1);
    feed(200, true, low, calm);
    feed_silence(70);
    CU_ASSERT_EQUAL(seen_count, 1);
    feed_silence(1);
    CU_ASSERT_EQUAL(seen_count, 2);
}

/* --- thresholds --- */

static void leaving_needs_more_than_entering(void)
{
    begin();
    feed(500, true, nextafterf(0.75F, 0), nextafterf(2, 0));
    CU_ASSERT_EQUAL(states.state, STATE_AMBIENT);
    feed(500, true, 0.75F, nextafterf(2, 0));
    CU_ASSERT_EQUAL(states.state, STATE_COHERENT);
    feed(500, true, 0.7001F, nextafterf(2, 0));
    CU_ASSERT_EQUAL(states.state, STATE_COHERENT);
    feed(500, true, 0.7001F, 2);
    CU_ASSERT_EQUAL(states.state, STATE_CRITICAL);
    feed(500, true, 0.7001F, 1.8001F);
    CU_ASSERT_EQUAL(states.state, STATE_CRITICAL);
    feed(500, true, 0.6999F, 1.8001F);
    CU_ASSERT_EQUAL(states.state, STATE_TURBULENT);
    feed(500, true, 0.7499F, 1.7999F);
    CU_ASSERT_EQUAL(states.state, STATE_AMBIENT);
    feed(500, true, 0.7499F, 1.9999F);
    CU_ASSERT_EQUAL(states.state, STATE_AMBIENT);
    CU_ASSERT_EQUAL(seen_count, 6); /* 5 changes and a critical_event */
}

/* From every state to every other, and the trigger that is the last thing to have changed. */
static void every_change_has_its_trigger(void)
{
    static const enum sound_state order[] = {
        STATE_AMBIENT,  STATE_COHERENT, STATE_AMBIENT,   STATE_TURBULENT, STATE_AMBIENT, STATE_CRITICAL,
        STATE_COHERENT, STATE_CRITICAL, STATE_TURBULENT, STATE_CRITICAL,  STATE_AMBIENT, STATE_TURBULENT,
        STATE_COHERENT, STATE_IDLE,     STATE_COHERENT,  STATE_TURBULENT, STATE_IDLE,    STATE_TURBULENT,
        STATE_IDLE,     STATE_CRITICAL, STATE_IDLE,      STATE_AMBIENT,   STATE_IDLE,
    };
    enum sound_state from = STATE_IDLE;
    begin();
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        const enum sound_state to = order[i];
        const bool integrated = to == STATE_COHERENT || to == STATE_CRITICAL;
        const bool bursts = to == STATE_TURBULENT || to == STATE_CRITICAL;
        const bool was_integrated = from == STATE_COHERENT || from == STATE_CRITICAL;
        seen_count = 0;
        feed(2 * RATE, to != STATE_IDLE, integrated ? high : low, bursts ? bursting : calm);
        const enum state_trigger trigger = to == STATE_IDLE               ? TRIGGER_SIGNAL_LOST
                                           : from == STATE_IDLE           ? TRIGGER_SIGNAL_ONSET
                                           : integrated != was_integrated ? TRIGGER_ICI_THRESHOLD
                                                                          : TRIGGER_CRITICALITY_THRESHOLD;
        CU_ASSERT_EQUAL_FATAL(seen_count, from == STATE_CRITICAL ? 2U : 1U);
        CU_ASSERT(seen_count == 1 || seen[0].kind == EVENT_CRITICAL); /* comes first */
        expect_change(seen_count - 1, from, to, trigger);
        from = to;
    }
}

static void the_later_of_two_conditions_is_the_trigger(void)
{
    begin();
    feed(RATE, true, low, calm);
    feed(50, true, high, calm);
    feed(RATE, true, high, bursting);
    expect_change(1, STATE_AMBIENT, STATE_CRITICAL, TRIGGER_CRITICALITY_THRESHOLD);
    feed(50, true, high, calm);
    feed(RATE, true, low, calm);
    expect_change(3, STATE_CRITICAL, STATE_AMBIENT, TRIGGER_ICI_THRESHOLD);
}

/* A rest between two hits is no change of a condition: neither a trigger, nor the end of its hysteresis. */
static void rests_change_nothing(void)
{
    begin();
    feed(RATE, true, high, calm);
    for (int i = 0; i < 10; i++) {
        feed(80, true, 0.72F, calm);
        feed_silence(20);
    }
    CU_ASSERT_EQUAL(seen_count, 1);
    CU_ASSERT_EQUAL(states.state, STATE_COHERENT);
    feed(30, true, high, bursting);
    feed_silence(20);
    feed(80, true, high, bursting);
    CU_ASSERT_EQUAL(seen_count, 2);
    expect_change(1, STATE_COHERENT, STATE_CRITICAL, TRIGGER_CRITICALITY_THRESHOLD);
    feed_silence(2 * RATE);
    feed(RATE, true, 0.72F, 1.9F); /* but silence begins anew */
    CU_ASSERT_EQUAL(states.state, STATE_AMBIENT);
}

/* --- critical --- */

static void a_critical_event_tells_peak_and_length(void)
{
    begin();
    feed(RATE, true, high, calm);
    feed(ENOUGH, true, 0.9F, 2.5F);
    expect_change(1, STATE_COHERENT, STATE_CRITICAL, TRIGGER_CRITICALITY_THRESHOLD);
    const double start = seen[1].timestamp;
    feed(100, true, 0.8F, 2.1F);
    feed(1, true, 0.95F, 2.2F);
    feed(1, true, 0.85F, 3.5F);
    feed(98, true, 0.8F, 2.1F);
    feed(ENOUGH, true, 0.8F, calm);
    CU_ASSERT_EQUAL_FATAL(seen_count, 4);
    CU_ASSERT_EQUAL(seen[2].kind, EVENT_CRITICAL);
    CU_ASSERT_DOUBLE_EQUAL(seen[2].timestamp, start, 1e-6);
    CU_ASSERT_EQUAL(seen[2].critical.criticality, 3.5F);
    CU_ASSERT_EQUAL(seen[2].critical.peak_ici, 0.95F);
    CU_ASSERT_DOUBLE_EQUAL(seen[2].critical.duration_ms, 1000.0 * (200 + ENOUGH) / RATE, 1e-3);
    CU_ASSERT_DOUBLE_EQUAL(seen[3].timestamp - start, (200.0 + ENOUGH) / RATE, 1e-6);
    expect_change(3, STATE_CRITICAL, STATE_COHERENT, TRIGGER_CRITICALITY_THRESHOLD);

    feed(RATE, true, 0.76F, 2.05F); /* the next one has peaks of its own */
    feed_silence(RATE);
    CU_ASSERT_EQUAL(seen_count, 7);
    CU_ASSERT_EQUAL(seen[5].critical.criticality, 2.05F);
    CU_ASSERT_EQUAL(seen[5].critical.peak_ici, 0.76F);
    expect_change(6, STATE_CRITICAL, STATE_IDLE, TRIGGER_SIGNAL_LOST);
}

/* Somebody sets the clock while the state lasts: an hour back, or a day on. */
static void length_is_not_taken_from_the_clock(void)
{
    static const double steps[] = {-3600, 86400};
    for (size_t i = 0; i < 2; i++) {
        begin();
        feed(RATE, true, high, bursting);
        start_of_time += steps[i];
        feed(RATE, true, high, bursting);
        feed(RATE, true, high, calm);
        CU_ASSERT_EQUAL_FATAL(seen_count, 3);
        CU_ASSERT_DOUBLE_EQUAL(seen[1].critical.duration_ms, 2000, 1e-2);
    }
}

/* The server comes back at another rate: no event is missing between the two. */
static void a_new_rate_keeps_the_state(void)
{
    struct states_config config = usual();
    begin();
    feed(RATE, true, high, bursting);
    config.frames_per_second = 2.0 * RATE;
    CU_ASSERT_EQUAL(states_prepare(&states, &config), STATUS_OK);
    feed(2 * RATE, true, high, bursting);
    CU_ASSERT_EQUAL(seen_count, 1);
    feed(2 * ENOUGH - 1, true, high, calm);
    CU_ASSERT_EQUAL(seen_count, 1);
    feed(1, true, high, calm);
    CU_ASSERT_EQUAL_FATAL(seen_count, 3);
    CU_ASSERT_DOUBLE_EQUAL(seen[1].critical.duration_ms,
                           1000.0 * (RATE - ENOUGH) / RATE + 1000.0 * (RATE + ENOUGH) / RATE, 1e-2);
    expect_change(2, STATE_CRITICAL, STATE_COHERENT, TRIGGER_CRITICALITY_THRESHOLD);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"wrong configurations are refused", wrong_configurations_are_refused},
        {"thresholds are settable", thresholds_are_settable},
        {"a new state must hold", a_new_state_must_hold},
        {"the share is of the last 200 ms", the_share_is_of_the_last_200_ms},
        {"silence must hold for a second", silence_must_hold_for_a_second},
        {"dwell at the usual frames", dwell_at_the_usual_frames},
        {"leaving needs more than entering", leaving_needs_more_than_entering},
        {"every change has its trigger", every_change_has_its_trigger},
        {"the later of two conditions is the trigger", the_later_of_two_conditions_is_the_trigger},
        {"rests change nothing", rests_change_nothing},
        {"a critical_event tells peak and length", a_critical_event_tells_peak_and_length},
        {"length is not taken from the clock", length_is_not_taken_from_the_clock},
        {"a new rate keeps the state", a_new_rate_keeps_the_state},
        CU_TEST_INFO_NULL,
    };
    return unit_run("states", tests);
}
