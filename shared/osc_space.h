/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Our OSC addresses, as OSCQuery shows them: one for each number of the table of metrics, for each channel's
 * name, and for each command that OSC takes. Pure, any thread. */
#ifndef PHICAST_SHARED_OSC_SPACE_H
#define PHICAST_SHARED_OSC_SPACE_H

#include "shared/control.h"
#include "shared/metric.h"
#include "shared/telemetry.h"

#include <stdbool.h>
#include <stdint.h>

/* What there is at the moment. */
struct osc_space {
    const struct metrics_snapshot *frame; /* whose channels and bands there are; its counts must be good */
    const struct channel_names *names;
    const struct analyser_status *analyser; /* NULL when unknown */
    bool takes_commands;                    /* OSC is listened to */
};

enum osc_leaf_kind { OSC_LEAF_NONE, OSC_LEAF_METRIC, OSC_LEAF_NAME, OSC_LEAF_COMMAND };

/* What stands at an address. */
struct osc_leaf {
    enum osc_leaf_kind kind;
    struct metric_place place; /* a name: only its channel */
    uint32_t command;          /* enum command_kind */
};

enum {
    OSC_PATH_MAX = METRIC_ADDRESS_MAX + 16,
    OSC_LEAVES = FRAME_METRICS + CHANNELS_MAX * (CHANNEL_METRICS + LEVEL_METRICS) +
                 BANDS_MAX * (1 + CHANNELS_MAX) * BAND_METRICS + ONSET_METRICS + CHANNELS_MAX +
                 COMMAND_CALIBRATE + 1 /* all that there can be have a number below that */
};

/* One argument of a message. */
struct osc_value {
    char type;        /* OSC's tag of it: 'f', 's', 'T' or 'F' */
    double number;    /* of T and F: 1 and 0 */
    const char *text; /* of s */
};

/* Goes through all that are there. Start from {0}; false after the last. */
bool osc_leaf_next(struct osc_leaf *leaf, const struct osc_space *space);

/* That of an address, whether it is there at the moment or may come to be. False: there can be none. */
bool osc_leaf_find(struct osc_leaf *leaf, const char *path);

/* From 0 to OSC_LEAVES - 1, each its own. */
uint32_t osc_leaf_number(const struct osc_leaf *leaf);

/* Returns out. */
const char *osc_leaf_path(const struct osc_leaf *leaf, char out[OSC_PATH_MAX]);

/* Enum metric_part: it is measured on request; 0: always, or not at all. */
uint32_t osc_leaf_part(const struct osc_leaf *leaf);

/* Its present value; 0 of a metric that is not there. False: not known, and then only the type is good. */
bool osc_leaf_read(const struct osc_leaf *leaf, const struct osc_space *space, struct osc_value *value);

#endif
