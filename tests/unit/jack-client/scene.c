/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/jack-client/scene.h"

#include "tests/unit/unit.h"

#include <math.h>
#include <string.h>

enum {
    DRONE_AT = SCENE_RATE,
    DRUMS_AT = 5 * SCENE_RATE,
    NOISE_AT = 9 * SCENE_RATE,
    SILENCE_AT = 13 * SCENE_RATE,
    END_AT = 16 * SCENE_RATE,
    HIT_EVERY = SCENE_RATE / 4
};

static void add_drone(float *out, size_t count)
{
    static const double hz[] = {110, 220, 331, 445};
    for (size_t i = 0; i < 4; i++) {
        signal_add_tone(out, count, 0.1, hz[i] / SCENE_RATE, (double)i);
    }
}

/* Noise that dies away by 36 dB from hit to hit, so that no channel falls silent in between. */
static void add_drums(float *out, size_t count, struct random *random)
{
    for (size_t n = 0; n < count; n++) {
        const double age = (double)(n % HIT_EVERY) / SCENE_RATE;
        out[n] = (float)(0.15 * exp(-age / 0.06) * random_normal(random));
    }
}

struct take scene_new(uint32_t lead)
{
    struct take take = take_new(SCENE_CHANNELS, lead + END_AT);
    struct random random = {1};
    float *first = take.channel[0] + lead;
    add_drone(first + DRONE_AT, DRUMS_AT - DRONE_AT);
    add_drums(first + DRUMS_AT, NOISE_AT - DRUMS_AT, &random);
    for (uint32_t i = 1; i < SCENE_CHANNELS; i++) {
        memcpy(take.channel[i], take.channel[0], (lead + NOISE_AT) * sizeof(float));
    }
    for (uint32_t i = 0; i < SCENE_CHANNELS; i++) {
        float *noise = take.channel[i] + lead + NOISE_AT;
        signal_add_noise(noise, SILENCE_AT - NOISE_AT, NOISE_WHITE, 0.03, &random);
    }
    return take;
}

/* What is expected between two moments, seconds after the lead. */
struct expected {
    uint32_t kind;
    enum sound_state from;
    enum sound_state to;
    enum state_trigger trigger;
    double earliest;
    double latest;
};

static const struct expected sequence[SCENE_EVENTS] = {
    {EVENT_STATE_CHANGE, STATE_IDLE, STATE_COHERENT, TRIGGER_SIGNAL_ONSET, 1.14, 1.4},
    {EVENT_STATE_CHANGE, STATE_COHERENT, STATE_CRITICAL, TRIGGER_CRITICALITY_THRESHOLD, 5.14, 7},
    {EVENT_CRITICAL, 0, 0, 0, 5.14, 7},
    {EVENT_STATE_CHANGE, STATE_CRITICAL, STATE_TURBULENT, TRIGGER_ICI_THRESHOLD, 9.1, 9.3},
    {EVENT_STATE_CHANGE, STATE_TURBULENT, STATE_AMBIENT, TRIGGER_CRITICALITY_THRESHOLD, 9.5, 11.5},
    {EVENT_STATE_CHANGE, STATE_AMBIENT, STATE_IDLE, TRIGGER_SIGNAL_LOST, 13.7, 13.85},
};

static void check_change(const struct event *event, const struct expected *expected)
{
    CU_ASSERT_EQUAL(event->state_change.from_state, expected->from);
    CU_ASSERT_EQUAL(event->state_change.to_state, expected->to);
    CU_ASSERT_EQUAL(event->state_change.trigger, expected->trigger);
    CU_ASSERT(event->state_change.confidence >= 0.5F && event->state_change.confidence <= 1);
}

void scene_check(const struct event *events, uint32_t count, double start, uint32_t lead)
{
    const double origin = start + (double)lead / SCENE_RATE;
    CU_ASSERT_EQUAL_FATAL(count, SCENE_EVENTS);
    for (uint32_t i = 0; i < SCENE_EVENTS; i++) {
        const double at = events[i].timestamp - origin;
        CU_ASSERT_EQUAL(event_check(&events[i]), STATUS_OK);
        CU_ASSERT_EQUAL_FATAL(events[i].kind, sequence[i].kind);
        CU_ASSERT(at >= sequence[i].earliest && at <= sequence[i].latest);
        CU_ASSERT(i == 0 || events[i].frame >= events[i - 1].frame);
        if (events[i].kind == EVENT_STATE_CHANGE) {
            check_change(&events[i], &sequence[i]);
        }
    }
    CU_ASSERT_EQUAL(events[2].timestamp, events[1].timestamp);
    CU_ASSERT_EQUAL(events[2].frame, events[3].frame);
    CU_ASSERT(events[2].critical.criticality > 4 && events[2].critical.criticality < 12);
    CU_ASSERT_DOUBLE_EQUAL(events[2].critical.peak_ici, 1, 1e-4);
    CU_ASSERT_DOUBLE_EQUAL(events[2].critical.duration_ms, 1000 * (events[3].timestamp - events[1].timestamp),
                           0.01);
}

void scene_compare(const struct event *a, double start_a, const struct event *b, double start_b)
{
    for (uint32_t i = 0; i < SCENE_EVENTS; i++) {
        CU_ASSERT_DOUBLE_EQUAL(a[i].timestamp - start_a, b[i].timestamp - start_b, 3e-6);
        CU_ASSERT_EQUAL(memcmp(a[i].words, b[i].words, sizeof a[i].words), 0);
    }
}
