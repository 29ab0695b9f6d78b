/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Auto-phi: a slow loop that moves the breathing so that criticality comes to its target, 1.
 *
 * Ten times a second, while breathing is on and a channel is active:
 *     depth += 0.25/s * (1 - c) * dt      c: criticality averaged over one breathing period
 *     phase += 0.1 rad * (change of phase coherence)
 */
#ifndef PHICAST_JACK_CLIENT_DSP_AUTO_PHI_H
#define PHICAST_JACK_CLIENT_DSP_AUTO_PHI_H

#include "jack-client/dsp/breathing.h"
#include "shared/event.h"
#include "shared/rt_safe.h"

#include <stdbool.h>
#include <stdint.h>

enum { AUTO_PHI_TICKS_PER_SECOND = 10, AUTO_PHI_HISTORY = 1000 /* ticks in the longest breath, 100 s */ };

/* Plain data; one thread at a time. Start from {0}. */
struct auto_phi {
    bool on;
    double elapsed_s;                /* since the last tick */
    double sum;                      /* of criticality over the frames since then */
    uint32_t frames;                 /* their number */
    uint32_t ticks;                  /* in the history, and */
    uint32_t latest;                 /* where the latest of them stands */
    float history[AUTO_PHI_HISTORY]; /* mean criticality per tick */
    bool has_coherence;
    double coherence; /* at the last tick */

    double since_report_s;
    double reported_depth; /* as of the last report */
    double moved_depth;    /* how far each term has moved it since */
    double moved_phase;    /* rad */
};

/* What a frame says to the loop. */
struct auto_phi_frame {
    double seconds; /* one hop */
    double criticality;
    double coherence;
    double phase; /* rad: theta at the frame's timestamp */
    bool active;  /* whether any channel is, and time passes as it should */
};

/* One frame. True when there is something to report; *report then holds it. */
RT_SAFE bool auto_phi_frame(struct auto_phi *loop, struct breathing *breathing,
                            const struct auto_phi_frame *frame, struct phi_adaptation *report);

/* Begins from here, forgetting what was. */
RT_SAFE void auto_phi_set_on(struct auto_phi *loop, const struct breathing *breathing, bool on);

#endif
