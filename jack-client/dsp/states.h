/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The state of the sound, with hysteresis and dwell, and the events that its changes are.
 *
 * By two thresholds, ICI ("high integration") and criticality ("bursting"): ambient (neither), coherent (ICI
 * only), turbulent (criticality only), critical (both); idle with no active channel. Leaving a threshold
 * needs 0.05 (ICI) or 0.2 (criticality) below it. A new state must hold for at least three quarters of the
 * frames of the last 200 ms (idle: of the last second, so a rest between two hits changes nothing, not even
 * on which side of the thresholds the sound is).
 *
 * A change's confidence is how far the quantity that decided stands beyond its threshold, on the new state's
 * side, in those of these frames that are in the new state: the mean of its share of the way to its extreme
 * (ICI: 0 or 1; criticality: 0 or twice the threshold; level: 20 dB below or above the gate), none being 0.5
 * and all of it 1. The quantity is the trigger's.
 */
#ifndef PHICAST_JACK_CLIENT_DSP_STATES_H
#define PHICAST_JACK_CLIENT_DSP_STATES_H

#include "shared/event.h"
#include "shared/rt_safe.h"
#include "shared/status.h"

#include <stdbool.h>
#include <stdint.h>

#define STATES_ICI_MAX 1
#define STATES_CRITICALITY_MAX 100

enum { STATES_FRAMES_MAX = 15625 /* a second: 1 MHz, a hop of 64 */ };

struct states_config {
    double frames_per_second;     /* above 0, up to STATES_FRAMES_MAX */
    double ici_threshold;         /* 0...STATES_ICI_MAX; 0.75 by default */
    double criticality_threshold; /* 0...STATES_CRITICALITY_MAX; 2 by default */
};

/* What a change of state may be decided by. */
enum states_quantity { QUANTITY_LEVEL, QUANTITY_ICI, QUANTITY_CRITICALITY, QUANTITIES };

/* A frame that has been: its state, and how far beyond its threshold each quantity stood on that state's
 * side, in 255ths of the way to its extreme. */
struct states_mark {
    uint8_t state;
    uint8_t beyond[QUANTITIES];
};

/* How many of the last `length` frames were in each state, and the sums of their marks. */
struct states_tally {
    uint32_t length;
    uint32_t count[STATE_CRITICAL + 1];
    uint32_t beyond[STATE_CRITICAL + 1][QUANTITIES];
};

/* Plain data; one thread at a time. Start from {0}, which is idle. */
struct states {
    float ici_threshold;
    float criticality_threshold;
    double frame_ms;
    enum sound_state state;
    bool integrated;                            /* ICI is over its threshold, */
    bool bursting;                              /* criticality over its own, with hysteresis */
    enum state_trigger trigger;                 /* the one of the two that changed last */
    struct states_tally recent;                 /* 200 ms */
    struct states_tally longer;                 /* one second */
    uint32_t at;                                /* where in `past` the next frame goes */
    struct critical_event critical;             /* so far, while in that state, */
    double critical_since;                      /* its start, Unix seconds */
    double critical_ms;                         /* and its length */
    struct states_mark past[STATES_FRAMES_MAX]; /* the last longer.length frames, a ring */
};

/* Setup thread. The state is kept, as if it had been held all the time. STATUS_BAD_ARG: a value outside the
 * ranges above; nothing has changed then. */
MUST_CHECK enum status states_prepare(struct states *states, const struct states_config *config);

/* What a frame says. */
struct states_frame {
    double timestamp; /* Unix seconds */
    float ici;
    float criticality;
    float over_gate; /* the loudest channel's power as a multiple of the gate's, >= 0 */
    bool active;     /* whether any channel is */
};

enum { STATES_EVENTS_MAX = 2 };

/* One frame: returns how many events it brought, and fills in their kind, timestamp and own part. When the
 * state critical ends, its critical_event comes before the state_change. */
RT_SAFE uint32_t states_frame(struct states *states, const struct states_frame *frame,
                              struct event events[STATES_EVENTS_MAX]);

#endif
