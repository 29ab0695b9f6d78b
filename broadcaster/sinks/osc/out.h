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

/* No targets; NULL when out of memory. */
struct osc_out *osc_out_open(void);
/* NULL is fine here. */
void osc_out_close(struct osc_out *out);

/* Reads the map that the choice names; the target is looked for from the next beat on. given: what people
 * know it by, a copy is kept; quiet: as in osc_link_init; *id: the target's, from 1, and never another's. On
 * failure `error` is one line naming the thing and the cure: STATUS_BAD_ARG (a map that cannot be read),
 * STATUS_BUSY (there are OPTION_LIST_MAX), STATUS_NO_MEMORY. */
MUST_CHECK enum status osc_out_add(struct osc_out *out, const struct osc_choice *choice, const char *given,
                                   bool quiet, uint64_t now_us, uint32_t *id, char error[OPTION_ERROR_MAX]);

/* What waits for it is dropped. There must be one of that id. */
void osc_out_remove(struct osc_out *out, uint32_t id);

uint32_t osc_out_count(const struct osc_out *out);

/* The target that is sent the very same; 0: there is none. */
uint32_t osc_out_find(const struct osc_out *out, const struct osc_choice *choice);

bool osc_out_has(const struct osc_out *out, uint32_t id);

/* The URL by which the next start is to have that target as well, which becomes what it is known by; NULL: it
 * is not to. STATUS_NO_MEMORY. */
const char *osc_out_kept(const struct osc_out *out, uint32_t id);
MUST_CHECK enum status osc_out_keep(struct osc_out *out, uint32_t id, const char *url);

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
