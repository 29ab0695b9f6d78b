/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All OSC targets: each gets every event once and in order, the newest frame as often as it asked for, and
 * the channels' names when they change. A target that is dead, slow or cannot be found takes nothing from the
 * others (link.h). All functions: the event loop's thread. */
#ifndef PHICAST_BROADCASTER_SINKS_OSC_OUT_H
#define PHICAST_BROADCASTER_SINKS_OSC_OUT_H

#include "broadcaster/sinks/osc/choice.h"
#include "broadcaster/source/source.h"
#include "shared/event.h"
#include "shared/json/reports.h"
#include "shared/options.h"
#include "shared/status.h"

#include <stdbool.h>
#include <stdint.h>

struct osc_out;

/* Reads the maps that the choices name; no target is looked for yet. On failure `error` is one line naming
 * the thing and the cure, and *out is NULL: STATUS_BAD_ARG (a map that cannot be read), STATUS_NO_MEMORY. */
MUST_CHECK enum status osc_out_open(struct osc_out **out, const struct osc_choices *targets, uint64_t now_us,
                                    char error[OPTION_ERROR_MAX]);
/* NULL is fine here and below: no targets. */
void osc_out_close(struct osc_out *out);

void osc_out_event(struct osc_out *out, const struct event *event, uint64_t now_us);

/* Does all that is due. Returns when it must be called again, CLOCK_MONOTONIC in us. */
uint64_t osc_out_beat(struct osc_out *out, const struct source *source, uint64_t now_us);

/* Whether a target that seems to be there waits for events. */
bool osc_out_wants_events(const struct osc_out *out);

/* Bits of enum metric_part: what the targets want measured. */
uint32_t osc_out_wants_parts(const struct osc_out *out);

/* Fills the targets' part of the report, which points into *out until the next call of any kind. */
void osc_out_report(const struct osc_out *out, struct osc_report *report);

#endif
