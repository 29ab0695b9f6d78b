/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The telemetry segment's snapshots, printed, each an object or a list. They must be ones that the read
 * functions of telemetry.h have passed. One thread. */
#ifndef PHICAST_SHARED_DUMP_SNAPSHOTS_H
#define PHICAST_SHARED_DUMP_SNAPSHOTS_H

#include "shared/dump/printer.h"
#include "shared/telemetry.h"

#include <stdint.h>

/* now_us: CLOCK_MONOTONIC. */
void print_metrics(struct printer *to, const struct metrics_snapshot *m, uint64_t now_us);
void print_latency(struct printer *to, const struct latency_snapshot *l);
void print_status(struct printer *to, const struct analyser_status *s);
void print_names(struct printer *to, const struct channel_names *names); /* those that are not empty */
void print_patchbay(struct printer *to, const struct patchbay *patchbay);

/* Two values that stand elsewhere as well. How long ago, in ms; negative: ahead. */
void print_age(struct printer *to, const char *name, uint64_t then_us, uint64_t now_us);

/* "levels,bands", or "none". parts: bits of enum metric_part. */
void print_parts(struct printer *to, const char *name, uint32_t parts);

#endif
