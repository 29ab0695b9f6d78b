/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The targets that the next start is to have as well: a file in the user's state folder, one for each name of
 * a broadcaster. What cannot be read is left alone until somebody has repaired or removed it. All functions:
 * the event loop's thread. */
#ifndef PHICAST_BROADCASTER_SINKS_OSC_KEEP_H
#define PHICAST_BROADCASTER_SINKS_OSC_KEEP_H

#include "broadcaster/sinks/osc/replace.h"
#include "shared/json/targets.h"
#include "shared/options.h"
#include "shared/state_file.h"
#include "shared/status.h"

#include <stdbool.h>
#include <stdint.h>

/* Start from {0}; end with osc_keep_close. */
struct osc_keep {
    char path[STATE_PATH_MAX]; /* empty: there is no home to keep anything in */
    bool unread;               /* the file is there and could not be read */
    struct kept_targets kept;
    struct osc_replace replace;
};

/* name: the broadcaster's. Reads what was kept; a file that cannot be read is named in the log, with the
 * cure. */
void osc_keep_open(struct osc_keep *keep, const char *name);
void osc_keep_close(struct osc_keep *keep);

/* Adds a URL, or takes one away. Whole or nothing: on failure `error` names the file and the cure.
 * STATUS_BUSY: there is no room; STATUS_NO_ACCESS, STATUS_CORRUPT, STATUS_NO_MEMORY, STATUS_IO. */
MUST_CHECK enum status osc_keep_add(struct osc_keep *keep, const char *url, char error[OPTION_ERROR_MAX]);
MUST_CHECK enum status osc_keep_remove(struct osc_keep *keep, const char *url, char error[OPTION_ERROR_MAX]);

/* As osc_replace_beat. */
uint64_t osc_keep_beat(struct osc_keep *keep, uint64_t now_us);

#endif
