/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which metric goes to which OSC address, and in what range: one float each. */
#ifndef PHICAST_BROADCASTER_SINKS_OSC_MAP_H
#define PHICAST_BROADCASTER_SINKS_OSC_MAP_H

#include "broadcaster/sinks/osc/choice.h"
#include "shared/json/map.h"
#include "shared/metric.h"
#include "shared/options.h"
#include "shared/status.h"
#include "shared/telemetry.h"

#include <stdbool.h>
#include <stdint.h>

/* One address. value -> out_from + (value - in_from) * slope, cut to the out range if `clip`. */
struct osc_row {
    struct metric_place place;
    bool scaled; /* otherwise the value goes out as it is */
    bool clip;
    double in_from;
    double slope;
    double out_from;
    double out_to;
    char address[MAP_ADDRESS_MAX];
};

/* Start from {0}; free with osc_map_free. */
struct osc_map {
    struct osc_row *row;
    uint32_t count;
    uint32_t parts; /* bits of enum metric_part: what the rows need measured */
};

/* Fills the map by its name: "" every metric below the prefix, of what is measured on request these parts;
 * "touchdesigner" the same with all parts; "resolume", "eos" and OSC_MAP_GRANDMA3
 * fixed addresses; anything else is the name of a JSON file. `error` names the file and the cure: as
 * map_load, and STATUS_BAD_ARG for an unknown metric or a bad address. */
MUST_CHECK enum status osc_map_make(struct osc_map *map, const char *name, const char *prefix, uint32_t parts,
                                    char error[OPTION_ERROR_MAX]);
void osc_map_free(struct osc_map *map);

/* Whether that name stands for a file, which takes time to read and may be anybody's. Pure. */
bool osc_map_is_file(const char *name);

/* Pure. What the row sends for that frame. A channel that the frame does not have counts as silent. */
float osc_map_value(const struct osc_row *row, const struct metrics_snapshot *frame);

#endif
