/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of metrics: one row per number of the sound and of latency that leaves the program. Whatever
 * prints, sends, scales or checks them reads it. A new metric is one row here, its place in the snapshot, and
 * the code that computes it. */
#ifndef PHICAST_SHARED_METRIC_H
#define PHICAST_SHARED_METRIC_H

#include "shared/rt_safe.h"
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
    const char *address; /* in OSC, below the prefix; NULL: it is not sent. N stands for a channel's number
                            and B for a band's, from 1 */
    enum metric_type type;
    size_t at;        /* its place in the struct that its table is of */
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

/* Each of one struct, in the wire's order: struct metrics_snapshot, struct channel_metrics,
 * struct level_metrics, a float of a list of bands, the same of one channel, struct requested_metrics,
 * struct latency_report. */
enum {
    FRAME_METRICS = 10,
    CHANNEL_METRICS = 4,
    LEVEL_METRICS = 3,
    BAND_METRICS = 1,
    ONSET_METRICS = 1,
    LATENCY_METRICS = 8
};
extern const struct metric frame_metric[FRAME_METRICS];
extern const struct metric channel_metric[CHANNEL_METRICS];
extern const struct metric level_metric[LEVEL_METRICS];
extern const struct metric band_metric[BAND_METRICS];
extern const struct metric channel_band_metric[BAND_METRICS];
extern const struct metric onset_metric[ONSET_METRICS];
extern const struct metric latency_metric[LATENCY_METRICS];

/* Where a struct metrics_snapshot has the structs of a table. */
struct metric_group {
    const struct metric *metric;
    uint32_t count;
    uint32_t part;       /* enum metric_part: measured on request; 0: always */
    const char *key;     /* the list that they stand in on the wire; NULL: none */
    const char *prefix;  /* of their names where all groups' stand side by side: "level_" */
    size_t at;           /* of the first of the structs */
    size_t channel_step; /* from one channel's to the next's; 0: they are not a channel's */
    size_t band_step;    /* likewise */
};

enum { METRIC_GROUPS = 6 };
extern const struct metric_group metric_group[METRIC_GROUPS];

/* One number among all that a snapshot can have. */
struct metric_place {
    const struct metric_group *group;
    const struct metric *metric;
    uint32_t channel; /* from 0, as the next; 0 where the group has none */
    uint32_t band;
};

enum { METRIC_ADDRESS_MAX = 64 };

/* Pure, any thread. `snapshot` is the struct that the row's table is of. */
RT_SAFE double metric_read(const struct metric *metric, const void *snapshot);

/* Puts a number there, which must be in the row's range; of a METRIC_SERIAL only up to 2^53. */
void metric_write(const struct metric *metric, void *snapshot, double value);

/* A METRIC_SERIAL to its last digit. */
RT_SAFE uint64_t metric_serial(const struct metric *metric, const void *snapshot);

/* Where the snapshot has the struct that the place is in. Its numbers must be within the largest extent. */
const void *metric_struct(const struct metric_place *place, const struct metrics_snapshot *snapshot);

/* 0 where the snapshot does not have it: too few channels or bands. */
double metric_value(const struct metric_place *place, const struct metrics_snapshot *snapshot);

/* How many channels and bands a group has in that snapshot: 1 where it has none of them. */
struct metric_extent {
    uint32_t channels;
    uint32_t bands;
};
struct metric_extent metric_extent(const struct metric_group *group, const struct metrics_snapshot *snapshot);

/* Goes from struct to struct through what a snapshot has, group by group, channel by channel, band by band:
 * of what is always measured, and of these parts (bits of enum metric_part). place->metric is the struct's
 * first; it has place->group->count. Start from {0}; false after the last. */
bool metric_next(struct metric_place *place, const struct metrics_snapshot *snapshot, uint32_t parts);

/* The address with its numbers put in. `place` is of a metric that has one. Returns out. */
const char *metric_address(const struct metric_place *place, char out[METRIC_ADDRESS_MAX]);

/* The metric of that name ("ici"), or address with numbers in it ("channel/3/amplitude"), or with a star in a
 * number's place, which stands for all: then *first and *last differ. False: there is none, or it is not
 * sent. */
bool metric_choose(const char *name, struct metric_place *first, struct metric_place *last);

/* Whether all that was measured is in its range. The snapshot's counts and parts must be. */
bool metric_groups_in_range(const struct metrics_snapshot *snapshot);

/* Whether all of them lie between low and high; a number that is none lies nowhere. */
bool metrics_in_range(const struct metric *metric, size_t count, const void *snapshot);

/* The row of that name; `count` if there is none. */
size_t metric_find(const struct metric *metric, size_t count, const char *name);

#endif
