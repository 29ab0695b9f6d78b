/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What calibrations have found, kept in the user's state folder: one JSON file, an entry per rate, period and
 * device. */
#ifndef PHICAST_SHARED_JSON_CALIBRATIONS_H
#define PHICAST_SHARED_JSON_CALIBRATIONS_H

#include "shared/state_file.h"
#include "shared/status.h"

#include <stdbool.h>
#include <stdint.h>

enum { CALIBRATION_DEVICE_MAX = 256, CALIBRATION_PATH_MAX = STATE_PATH_MAX };

struct calibration_entry {
    uint32_t rate;                       /* Hz */
    uint32_t period;                     /* samples */
    char device[CALIBRATION_DEVICE_MAX]; /* what the sound comes from, as JACK names it */
    double round_trip;                   /* samples: all of it */
    double extra;                        /* samples: what of it the JACK graph does not report */
    double confidence;                   /* 0...1 */
};

/* $XDG_STATE_HOME/phicast/calibrations.json, or ~/.local/state/... STATUS_NOT_FOUND if there is no home. */
MUST_CHECK enum status calibrations_path(char path[CALIBRATION_PATH_MAX]);

/* Fills the rest of an entry from its rate, period and device. STATUS_NOT_FOUND: nothing kept for them (or no
 * file); STATUS_CORRUPT, STATUS_NO_ACCESS, STATUS_IO. */
MUST_CHECK enum status calibrations_find(const char *path, struct calibration_entry *entry);

/* Adds the entry, or replaces the one for the same rate, period and device; makes the folder if need be. The
 * file is replaced as a whole, so that it is never half written. STATUS_NO_ACCESS, STATUS_NO_MEMORY,
 * STATUS_IO. */
MUST_CHECK enum status calibrations_keep(const char *path, const struct calibration_entry *entry);

#endif
