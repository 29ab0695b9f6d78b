/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Events: what is refused, the names of the wire contract, and the way through the ring. */
#include "shared/event.h"
#include "tests/unit/unit.h"

#include <float.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const struct event change = {
    .kind = EVENT_STATE_CHANGE,
    .timestamp = 1234567890.123,
    .state_change = {STATE_AMBIENT, STATE_CRITICAL, TRIGGER_ICI_THRESHOLD, 0.95F}};
static const struct event critical = {
    .kind = EVENT_CRITICAL, .timestamp = 1234567890.123, .critical = {2.891F, 156.7F, 0.987F}};
static const struct event adaptation = {
    .kind = EVENT_PHI_ADAPTATION,
    .timestamp = 1234567890.123,
    .phi_adaptation = {0.618F, 0.625F, 3.14F, 3.16F, REASON_CRITICALITY_OPTIMIZATION}};

static const struct event onset = {.kind = EVENT_ONSET, .timestamp = 1234567890.123, .onset = {0.5F, 3}};

/* A copy of `base` with one member changed. */
#define WITH(base, member, value, wanted)                                                                    \
    do {                                                                                                     \
        struct event e = base;                                                                               \
        e.member = (value);                                                                                  \
        CU_ASSERT_EQUAL(event_check(&e), wanted);                                                            \
        tried++;                                                                                             \
    } while (0)

#define FLOAT_RANGE(base, member, high)                                                                      \
    do {                                                                                                     \
        WITH(base, member, 0.0F, STATUS_OK);                                                                 \
        WITH(base, member, high, STATUS_OK);                                                                 \
        WITH(base, member, (high)*1.01F, STATUS_CORRUPT);                                                    \
        WITH(base, member, -0.001F, STATUS_CORRUPT);                                                         \
        WITH(base, member, NAN, STATUS_CORRUPT);                                                             \
        WITH(base, member, INFINITY, STATUS_CORRUPT);                                                        \
        WITH(base, member, -INFINITY, STATUS_CORRUPT);                                                       \
    } while (0)

static void values_out_of_range(void)
{
    int tried = 0;
    FLOAT_RANGE(change, state_change.confidence, 1.0F);
    FLOAT_RANGE(critical, critical.criticality, FLT_MAX);
    FLOAT_RANGE(critical, critical.duration_ms, 1e12F);
    FLOAT_RANGE(critical, critical.peak_ici, 1.0F);
    FLOAT_RANGE(adaptation, phi_adaptation.old_depth, 1.0F);
    FLOAT_RANGE(adaptation, phi_adaptation.new_depth, 1.0F);
    FLOAT_RANGE(adaptation, phi_adaptation.old_phase, 6.2831855F);
    FLOAT_RANGE(adaptation, phi_adaptation.new_phase, 6.2831855F);
    FLOAT_RANGE(onset, onset.strength, 1.0F);
    WITH(onset, onset.band, ONSET_BAND_MAX, STATUS_OK);
    WITH(onset, onset.band, ONSET_BAND_MAX + 1, STATUS_CORRUPT);
    WITH(onset, onset.band, UINT32_MAX, STATUS_CORRUPT);
    CU_ASSERT_EQUAL(tried, 9 * 7 + 3);
}

static void numbers_out_of_their_enums(void)
{
    int tried = 0;
    WITH(change, kind, 0, STATUS_CORRUPT);
    WITH(change, kind, EVENT_ONSET + 1, STATUS_CORRUPT);
    WITH(change, kind, UINT32_MAX, STATUS_CORRUPT);
    WITH(change, state_change.from_state, STATE_OFFLINE, STATUS_OK);
    WITH(change, state_change.from_state, STATE_OFFLINE + 1, STATUS_CORRUPT);
    WITH(change, state_change.to_state, UINT32_MAX, STATUS_CORRUPT);
    WITH(change, state_change.trigger, TRIGGER_ANALYSER_FOUND, STATUS_OK);
    WITH(change, state_change.trigger, TRIGGER_ANALYSER_FOUND + 1, STATUS_CORRUPT);
    WITH(adaptation, phi_adaptation.reason, REASON_COHERENCE_TRACKING, STATUS_OK);
    WITH(adaptation, phi_adaptation.reason, REASON_COHERENCE_TRACKING + 1, STATUS_CORRUPT);
    CU_ASSERT_EQUAL(tried, 10);
}

static void timestamps(void)
{
    static const double bad[] = {NAN, INFINITY, -INFINITY, DBL_MAX, -DBL_MAX, 1e12};
    int tried = 0;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        WITH(change, timestamp, bad[i], STATUS_CORRUPT);
        WITH(critical, timestamp, bad[i], STATUS_CORRUPT);
        WITH(adaptation, timestamp, bad[i], STATUS_CORRUPT);
    }
    WITH(change, timestamp, 0.0, STATUS_OK);
    CU_ASSERT_EQUAL(tried, 3 * 6 + 1);
}

static void names(void)
{
    static const char *const states[] = {"idle", "ambient", "coherent", "turbulent", "critical", "offline"};
    static const char *const triggers[] = {"signal_onset",          "signal_lost",   "ici_threshold",
                                           "criticality_threshold", "analyser_lost", "analyser_found"};
    static const char *const reasons[] = {"criticality_optimization", "coherence_tracking"};
    CU_ASSERT_PTR_NULL(sound_state_str(6));
    CU_ASSERT_PTR_NULL(sound_state_str(UINT32_MAX));
    CU_ASSERT_PTR_NULL(state_trigger_str(6));
    CU_ASSERT_PTR_NULL(adaptation_reason_str(2));
    for (uint32_t i = 0; i < 6; i++) {
        CU_ASSERT_STRING_EQUAL(sound_state_str(i), states[i]);
        CU_ASSERT_STRING_EQUAL(state_trigger_str(i), triggers[i]);
    }
    CU_ASSERT_STRING_EQUAL(adaptation_reason_str(0), reasons[0]);
    CU_ASSERT_STRING_EQUAL(adaptation_reason_str(1), reasons[1]);
    CU_ASSERT_EQUAL(STATE_OFFLINE, 5);
    CU_ASSERT_EQUAL(TRIGGER_ANALYSER_FOUND, 5);
}

static void through_the_ring(void)
{
    struct ring *ring = calloc(1, sizeof *ring);
    struct event bad = change;
    struct event out;
    uint64_t next = 0;
    uint64_t lost = 0;
    CU_ASSERT_PTR_NOT_NULL_FATAL(ring);
    bad.state_change.confidence = NAN;
    event_push(ring, &change);
    event_push(ring, &bad);
    event_push(ring, &critical);
    event_push(ring, &adaptation);
    CU_ASSERT_EQUAL(event_read(ring, &next, &out, &lost), STATUS_OK);
    CU_ASSERT_EQUAL(memcmp(&out, &change, sizeof out), 0);
    CU_ASSERT_EQUAL(event_read(ring, &next, &out, &lost), STATUS_CORRUPT);
    CU_ASSERT_EQUAL(next, 2); /* skipped */
    CU_ASSERT_EQUAL(event_read(ring, &next, &out, &lost), STATUS_OK);
    CU_ASSERT_EQUAL(memcmp(&out, &critical, sizeof out), 0);
    CU_ASSERT_EQUAL(event_read(ring, &next, &out, &lost), STATUS_OK);
    CU_ASSERT_EQUAL(memcmp(&out, &adaptation, sizeof out), 0);
    CU_ASSERT_EQUAL(event_read(ring, &next, &out, &lost), STATUS_EMPTY);
    CU_ASSERT_EQUAL(lost, 0);
    for (int i = 0; i < 2 * RING_SLOTS; i++) {
        event_push(ring, &critical);
    }
    CU_ASSERT_EQUAL(event_read(ring, &next, &out, &lost), STATUS_OVERRUN);
    CU_ASSERT_EQUAL(event_read(ring, &next, &out, &lost), STATUS_OK);
    CU_ASSERT_EQUAL(lost, RING_SLOTS + 1);
    free(ring);
}

static void layout(void)
{
    CU_ASSERT_EQUAL(sizeof(struct event), 56);
    CU_ASSERT_EQUAL(offsetof(struct event, timestamp), 8);
    CU_ASSERT_EQUAL(offsetof(struct event, frame), 16);
    CU_ASSERT_EQUAL(offsetof(struct event, published_us), 24);
    CU_ASSERT_EQUAL(offsetof(struct event, state_change), 32);
    CU_ASSERT_EQUAL(offsetof(struct event, words), 32);
    CU_ASSERT_EQUAL(sizeof(struct state_change), 16);
    CU_ASSERT_EQUAL(sizeof(struct critical_event), 12);
    CU_ASSERT_EQUAL(sizeof(struct phi_adaptation), 20);
    CU_ASSERT_EQUAL(EVENT_STATE_CHANGE, 1);
    CU_ASSERT_EQUAL(EVENT_CRITICAL, 2);
    CU_ASSERT_EQUAL(EVENT_PHI_ADAPTATION, 3);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"values out of range", values_out_of_range},
        {"numbers out of their enums", numbers_out_of_their_enums},
        {"timestamps", timestamps},
        {"names", names},
        {"through the ring", through_the_ring},
        {"layout", layout},
        CU_TEST_INFO_NULL,
    };
    return unit_run("event", tests);
}
