/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The state of the sound, with hysteresis and dwell, and the events that its changes are.
 *
 * By two thresholds, ICI ("high integration") and criticality ("bursting"): ambient (neither), coherent (ICI
 * only), turbulent (criticality only), critical (both); idle with no active channel. Leaving a threshold
 * needs 0.05 (ICI) or 0.2 (criticality) below it. A new state must hold for at least three quarters of the
 * frames of the last 200 ms (idle: of the last second).
 */
#ifndef PHICAST_JACK_CLIENT_DSP_STATES_H
#define PHICAST_JACK_CLIENT_DSP_STATES_H

#include "shared/event.h"
#include "shared/rt_safe.h"
#include "shared/status.h"

#include <stdbool.h>
#include <stdint.h>

struct states_config {
    double frames_per_second;
    double ici_threshold;         /* 0...1; 0.75 by default */
    double criticality_threshold; /* 0...100; 2 by default */
};

struct states;

/* Setup thread. STATUS_BAD_ARG, STATUS_NO_MEMORY. The first state is idle. */
MUST_CHECK enum status states_create(const struct states_config *config, struct states **states);
void states_destroy(struct states *states);

/* What a frame says. */
struct states_frame {
    double timestamp; /* Unix seconds */
    float ici;
    float criticality;
    bool active; /* whether any channel is */
};

enum { STATES_EVENTS_MAX = 2 };

/* One frame: returns how many events it brought, and fills in their kind, timestamp and own part. When the
 * state critical ends, its critical_event comes before the state_change. */
RT_SAFE uint32_t states_frame(struct states *states, const struct states_frame *frame,
                              struct event events[STATES_EVENTS_MAX]);

#endif
