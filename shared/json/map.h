/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A person's own map from metrics to OSC addresses, as a JSON file: an array of
 * {"metric": "ici", "address": "/light/1", "in": [0, 1], "out": [0, 100], "clip": true}. */
#ifndef PHICAST_SHARED_JSON_MAP_H
#define PHICAST_SHARED_JSON_MAP_H

#include "shared/options.h"
#include "shared/status.h"

#include <stdbool.h>
#include <stdint.h>

enum { MAP_LINES_MAX = 256, MAP_METRIC_MAX = 40, MAP_ADDRESS_MAX = 128 };

struct map_line {
    char metric[MAP_METRIC_MAX];
    char address[MAP_ADDRESS_MAX];
    bool has_in;  /* otherwise the metric's own range is meant */
    bool has_out; /* otherwise the values go out as they are */
    bool clip;    /* cut to the out range; true unless the file says false */
    double in[2];
    double out[2]; /* from, to; may be turned round */
};

/* Reads the file. What metrics and addresses there are is for the caller to judge; everything else is
 * checked, and `error` names the file, the line's number (from 1) and the cure. STATUS_NOT_FOUND,
 * STATUS_NO_ACCESS, STATUS_IO (the file), STATUS_CORRUPT (not JSON), STATUS_BAD_ARG (a line),
 * STATUS_NO_MEMORY. */
MUST_CHECK enum status map_load(const char *path, struct map_line lines[MAP_LINES_MAX], uint32_t *count,
                                char error[OPTION_ERROR_MAX]);

#endif
