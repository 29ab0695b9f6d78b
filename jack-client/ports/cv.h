/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Control voltages: a frame's numbers as audio signals of 0...1, for modular synthesizers and the like.
 *
 * A number that is in a frame is reached a fixed time after the end of the frame's window, whatever the
 * period: the time in which the frame is certain to be finished (analysis_lag), and a hop, over which the
 * voltage goes there in a straight line. An onset's trigger begins at the first of those two moments.
 *
 *     cv_begin                       a cycle's buffers
 *     for each frame: cv_frame
 *     cv_end                         they are full
 */
#ifndef PHICAST_JACK_CLIENT_PORTS_CV_H
#define PHICAST_JACK_CLIENT_PORTS_CV_H

#include "jack-client/dsp/analysis.h"
#include "jack-client/ports/ports.h"
#include "shared/rt_safe.h"
#include "shared/telemetry.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Hz: what is 0 and 1 where octaves are alike. */
#define CV_CENTROID_LOW 20
#define CV_CENTROID_HIGH 20000

#define CV_TRIGGER_SECONDS 0.01

enum { CV_VOLTAGES_MAX = CV_METRICS + CHANNELS_MAX + BANDS_MAX };

/* One of the numbers of a frame. */
struct cv_voltage {
    jack_port_t **port;
    size_t at;        /* where a struct metrics_snapshot has it: a float */
    float low;        /* what is 0, */
    float high;       /* and 1; beyond them it is cut off */
    bool logarithmic; /* between them, ratios count */
    float next;       /* of the frame that waits */
    float from;       /* where the line under way began, */
    float to;         /* and leads */
    float step;       /* per sample */
    float *out;       /* this cycle's buffer */
};

/* Prepared by the setup thread, then the RT thread's. */
struct cv {
    uint32_t hop;     /* samples */
    uint32_t lag;     /* samples */
    uint32_t trigger; /* samples */
    uint32_t done;    /* samples of the line under way; hop: it is over */
    uint32_t high;    /* samples of the trigger that are left */
    bool waiting;     /* a frame whose moment is still to come, */
    bool onset;       /* with an onset, */
    int64_t moment;   /* at this sample of the cycle at hand */
    uint32_t length;  /* of the cycle */
    uint32_t filled;  /* samples of it so far */
    float *trigger_out;
    uint32_t count;
    struct cv_voltage voltage[CV_VOLTAGES_MAX];
};

/* Setup thread. For these ports, which must stay where they are; sets their delays. All is 0 at first. */
void cv_prepare(struct cv *cv, struct ports *ports, const struct analysis_config *config);

/* The process callback. */
RT_SAFE void cv_begin(struct cv *cv, const struct ports *ports, uint32_t count);

/* end: how many samples after the cycle's first one the frame's window ends; not before the last frame's. */
RT_SAFE void cv_frame(struct cv *cv, const struct metrics_snapshot *snapshot, bool onset, int64_t end);

RT_SAFE void cv_end(struct cv *cv);

#endif
