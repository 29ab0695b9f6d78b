/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The calibration: sends a signal from calibration_out, finds it on calibration_in, and keeps what that says
 * of the sound card. Control thread. */
#ifndef PHICAST_JACK_CLIENT_CLIENT_CALIBRATION_H
#define PHICAST_JACK_CLIENT_CLIENT_CALIBRATION_H

#include "jack-client/client/session.h"
#include "jack-client/dsp/loopback.h"
#include "shared/json/calibrations.h"
#include "shared/status.h"

#include <stdbool.h>
#include <stdint.h>

struct calibration {
    bool running;
    float level; /* of the signal under way, 1 = full scale */
    float *signal;
    float *recording;
    struct calibration_entry pending; /* where and how it is being measured */
    struct calibration_entry current; /* what was found last, or kept for the present place */
    bool valid;                       /* it holds for the present rate, period and device */
    enum calibration_state state;     /* for the status page */
    uint64_t refusals;                /* starts refused so far */
};

/* Starts to measure. Refused, with the reason logged: STATUS_BUSY (one is under way), STATUS_NOT_FOUND (a
 * calibration port is not connected), STATUS_NO_MEMORY. The level has been checked. */
MUST_CHECK enum status calibration_start(struct calibration *calibration, struct session *session,
                                         double level_dbfs);

/* True when a measurement has just ended: its outcome is logged, kept if good, and in `state`. */
bool calibration_poll(struct calibration *calibration, struct session *session);

/* After the graph, the rate or the period may have changed: looks up what was kept for them. */
void calibration_recall(struct calibration *calibration, const struct session *session);

/* The session is about to close, with no callback running any more. */
void calibration_drop(struct calibration *calibration, struct session *session);

/* Half of the extra loopback latency, in samples; 0 when not calibrated. */
double calibration_extra(const struct calibration *calibration);

#endif
