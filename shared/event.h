/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What happens, as it travels through the event ring: one fixed-size message per event. */
#ifndef PHICAST_SHARED_EVENT_H
#define PHICAST_SHARED_EVENT_H

#include "shared/ring.h"
#include "shared/status.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The states of the sound; OFFLINE is the broadcaster's word for having no analyser. */
enum sound_state {
    STATE_IDLE,
    STATE_AMBIENT,
    STATE_COHERENT,
    STATE_TURBULENT,
    STATE_CRITICAL,
    STATE_OFFLINE
};

/* The condition that brought a state change about. */
enum state_trigger {
    TRIGGER_SIGNAL_ONSET,
    TRIGGER_SIGNAL_LOST,
    TRIGGER_ICI_THRESHOLD,
    TRIGGER_CRITICALITY_THRESHOLD,
    TRIGGER_ANALYSER_LOST,
    TRIGGER_ANALYSER_FOUND
};

enum adaptation_reason { REASON_CRITICALITY_OPTIMIZATION, REASON_COHERENCE_TRACKING };

enum event_kind {
    EVENT_STATE_CHANGE = 1,
    EVENT_CRITICAL = 2,
    EVENT_PHI_ADAPTATION = 3,
    EVENT_ONSET = 4 /* only while somebody asks for onsets, and only for those who do */
};

struct state_change {
    uint32_t from_state; /* enum sound_state */
    uint32_t to_state;   /* enum sound_state */
    uint32_t trigger;    /* enum state_trigger */
    float confidence;    /* 0...1 */
};

struct critical_event {
    float criticality; /* peak, >= 0 */
    float duration_ms; /* >= 0 */
    float peak_ici;    /* 0...1 */
};

struct phi_adaptation {
    float old_depth; /* 0...1 */
    float new_depth;
    float old_phase; /* rad, 0...2 pi */
    float new_phase;
    uint32_t reason; /* enum adaptation_reason */
};

enum { ONSET_BAND_MAX = 31 };

/* Its timestamp is the attack's. */
struct onset {
    float strength; /* 0...1 */
    uint32_t band;  /* the one that rose most, from 0 */
};

struct event {
    uint32_t kind; /* enum event_kind */
    uint32_t reserved;
    double timestamp;      /* Unix seconds, -1e11...1e11 */
    uint64_t frame;        /* the analysis frame it was seen in */
    uint64_t published_us; /* CLOCK_MONOTONIC, us: when it was put into the ring */
    union {
        struct state_change state_change;
        struct critical_event critical;
        struct phi_adaptation phi_adaptation;
        struct onset onset;
        uint32_t words[6];
    };
};

static_assert(sizeof(struct event) == RING_WORDS * sizeof(uint64_t), "an event is one ring message");

/* Any thread. The names of the wire contract; NULL for a value that is none of the enum's. */
const char *event_kind_str(uint32_t kind);
const char *sound_state_str(uint32_t state);
const char *state_trigger_str(uint32_t trigger);
const char *adaptation_reason_str(uint32_t reason);

/* What an event says besides its time: a row per member, in the wire's order. Whatever checks, prints or
 * sends events reads these. */
struct event_field {
    const char *name;                   /* on the wire */
    const char *(*word)(uint32_t code); /* it is a code, and sent as this word; NULL: a number, */
    float low;                          /* never outside of these two */
    float high;
    size_t at;  /* its place in struct event */
    bool whole; /* a number that is a uint32_t, and no float */
};

/* Any thread. Those of a kind; *count is 0 for one that is none of the enum's. */
const struct event_field *event_fields(uint32_t kind, size_t *count);
const char *event_word(const struct event_field *field,
                       const struct event *event); /* NULL: an unknown code */
float event_number(const struct event_field *field, const struct event *event);

/* STATUS_CORRUPT unless every member is in its documented range. Any thread. */
MUST_CHECK enum status event_check(const struct event *event);

/* Writer thread, RT-safe. */
RT_SAFE void event_push(struct ring *ring, const struct event *event);

/* Any reader: as ring_read, and STATUS_CORRUPT (skipping it) for an event that fails event_check. */
MUST_CHECK enum status event_read(const struct ring *ring, uint64_t *next, struct event *event,
                                  uint64_t *lost);

#endif
