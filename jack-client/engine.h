/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sound in, sound out, and what is to be told about it: breathing, analysis, states and auto-phi in the order
 * in which sound passes them. phicast-jack drives it period by period, phicast-render block by block.
 *
 *     engine_pass                    a block of sound goes through
 *     while engine_step:             a frame is finished
 *         engine_describe            it becomes a snapshot and events
 */
#ifndef PHICAST_JACK_CLIENT_ENGINE_H
#define PHICAST_JACK_CLIENT_ENGINE_H

#include "jack-client/dsp/analysis.h"
#include "jack-client/dsp/auto_phi.h"
#include "jack-client/dsp/breathing.h"
#include "jack-client/dsp/states.h"
#include "shared/control.h"
#include "shared/event.h"
#include "shared/rt_safe.h"
#include "shared/status.h"
#include "shared/telemetry.h"

#include <stdbool.h>
#include <stdint.h>

struct engine_config {
    struct analysis_config analysis;
    double ici_threshold;         /* 0...1 */
    double criticality_threshold; /* 0...100 */
    bool breathing;               /* on from the start */
    double phi_depth;             /* 0...1 */
    double phi_phase;             /* rad: where it begins */
    double phi_rate;              /* Hz, BREATHING_RATE_MIN...BREATHING_RATE_MAX */
    bool auto_phi;                /* on from the start */
    uint32_t always;              /* enum metric_part: measured though nobody asks */
    bool gain;                    /* one sound more passes, that breathes as the first and is not measured */
};

#define ENGINE_DEFAULTS                                                                                      \
    ((struct engine_config){.analysis = ANALYSIS_DEFAULTS,                                                   \
                            .ici_threshold = 0.75,                                                           \
                            .criticality_threshold = 2,                                                      \
                            .phi_depth = BREATHING_DEPTH_DEFAULT,                                            \
                            .phi_rate = BREATHING_RATE_DEFAULT})

#define ENGINE_PHASE_MAX 6.283185307179586 /* rad */

/* A state_change with its critical_event, a phi_adaptation, and an onset. */
enum { ENGINE_EVENTS_MAX = STATES_EVENTS_MAX + 2 };

struct engine {
    uint32_t channels;
    uint32_t window; /* samples */
    double hop_s;    /* seconds */
    double half_window_s;
    uint32_t always;      /* enum metric_part: measured though nobody asks */
    uint64_t block_start; /* the stream position at the first sample of the block that is passing */
    uint64_t block_end;
    uint64_t first_frame; /* added to the analysis' frame numbers, so that they never go back */
    uint64_t next_frame;
    struct analysis *analysis;
    struct states states;
    struct breathing breathing;
    struct auto_phi auto_phi;
    bool hold_auto_phi; /* it may not act for now */
    uint32_t commands;  /* carried out so far */
};

/* Setup thread. The first prepare of an engine that was {0} sets breathing and auto-phi from the config; a
 * later one, after a release, goes on with them as they are: theta is continuous over a change of rate, a
 * person's settings stay, and the sound is in the state it was in. STATUS_BAD_ARG, STATUS_NO_MEMORY. */
MUST_CHECK enum status engine_prepare(struct engine *engine, const struct engine_config *config);
void engine_release(struct engine *engine);

/* Passes a block through: as many sounds as channels, and with `gain` one more behind them. inputs[i] and
 * outputs[i] may be the same; outputs must stay readable until engine_step has returned false. gap: samples
 * are missing before this block, so the window begins anew. */
RT_SAFE void engine_pass(struct engine *engine, const float *const *inputs, float *const *outputs,
                         uint32_t count, bool gap);

/* Which parts somebody asks for at present (bits of enum metric_part). */
RT_SAFE void engine_want(struct engine *engine, uint32_t parts);

/* True when *frame holds the next finished frame. */
RT_SAFE bool engine_step(struct engine *engine, struct analysis_frame *frame);

/* How many samples after the first one of the block at hand the frame's window has its centre (usually < 0).
 */
RT_SAFE double engine_centre(const struct engine *engine, const struct analysis_frame *frame);

/* What the frame says, as of `timestamp` (Unix seconds): fills the snapshot but for its times of publication,
 * and returns how many events it brings. */
RT_SAFE uint32_t engine_describe(struct engine *engine, const struct analysis_frame *frame, double timestamp,
                                 struct metrics_snapshot *snapshot, struct event events[ENGINE_EVENTS_MAX]);

/* What somebody asks for, and has been checked. Depth and phase by hand end auto-phi. */
RT_SAFE void engine_command(struct engine *engine, const struct command *command);

#endif
