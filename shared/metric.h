/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of metrics: one row per number of the sound and of latency that leaves the program. Whatever
 * prints, sends, scales or checks them reads it. A new metric is one row here, its place in the snapshot, and
 * the code that computes it. */
#ifndef PHICAST_SHARED_METRIC_H
#define PHICAST_SHARED_METRIC_H

#include "shared/telemetry.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How it lies in memory, and what it is on the wire. */
enum metric_type {
    METRIC_FLOAT,  /* float: a number of 7 digits */
    METRIC_DOUBLE, /* double: the same */
    METRIC_TIME,   /* double, Unix seconds: a number of 6 decimals */
    METRIC_FLAG,   /* uint32_t, 0 or 1: false or true */
    METRIC_COUNT,  /* uint32_t: a whole number */
    METRIC_SERIAL  /* uint64_t: a whole number that goes up */
};

struct metric {
    const char *name;    /* on the wire */
    const char *address; /* in OSC, below the prefix, or a channel's; NULL: it is not sent */
    enum metric_type type;
    size_t at;        /* its place in the snapshot */
    const char *unit; /* "", "Hz", "rad", "s", "ms" */
    double low;       /* it is never outside of these two: a reader refuses it */
    double high;
    double usual_low; /* and seldom outside of these: what a fader or a lamp is made for */
    double usual_high;
    const char *help; /* one line */
};

/* What /ws/latency sends. */
struct latency_report {
    double timestamp; /* Unix seconds */
    double total_ms;
    double hardware_ms;
    double software_ms;
    double buffer_ms;
    double jitter_ms;
    uint32_t calibrated; /* 0 or 1 */
    double compensation_ms;
};

/* In the wire's order: of struct metrics_snapshot, struct channel_metrics, struct latency_report. */
enum { FRAME_METRICS = 10, CHANNEL_METRICS = 4, LATENCY_METRICS = 8 };
extern const struct metric frame_metric[FRAME_METRICS];
extern const struct metric channel_metric[CHANNEL_METRICS];
extern const struct metric latency_metric[LATENCY_METRICS];

/* Pure, any thread. `snapshot` is the struct that the row's table is of. */
double metric_read(const struct metric *metric, const void *snapshot);

/* A METRIC_SERIAL to its last digit. */
uint64_t metric_serial(const struct metric *metric, const void *snapshot);

/* Whether all of them lie between low and high; a number that is none lies nowhere. */
bool metrics_in_range(const struct metric *metric, size_t count, const void *snapshot);

/* The row of that name; `count` if there is none. */
size_t metric_find(const struct metric *metric, size_t count, const char *name);

#endif
