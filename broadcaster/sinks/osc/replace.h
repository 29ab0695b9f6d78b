/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Replaces a file as a whole without holding the loop up: the new one is written beside it at once, which
 * shows whether it can be; the disk, which may take seconds, is waited for (fsync) by a thread, and only then
 * is the file put in the old one's place. Whatever ends the program, or the machine, leaves the old or the
 * new. All functions: the event loop's thread. */
#ifndef PHICAST_BROADCASTER_SINKS_OSC_REPLACE_H
#define PHICAST_BROADCASTER_SINKS_OSC_REPLACE_H

#include "shared/status.h"

#include <stddef.h>
#include <stdint.h>

struct osc_replacement;

/* Start from {0}; end with osc_replace_close. */
struct osc_replace {
    struct osc_replacement *running; /* in the thread's hands */
    struct osc_replacement *next;    /* written, and waits for it; a later one takes its place */
};

/* path: of fewer than STATE_PATH_MAX bytes; its folders are made. On failure what was asked for
 * before stands. STATUS_NO_ACCESS, STATUS_NO_MEMORY, STATUS_NOT_FOUND, STATUS_IO. */
MUST_CHECK enum status osc_replace_file(struct osc_replace *replace, const char *path, const char *text,
                                        size_t length);

/* Goes on with what waits; what failed meanwhile is logged. Returns when it must be called again,
 * CLOCK_MONOTONIC in us. */
uint64_t osc_replace_beat(struct osc_replace *replace, uint64_t now_us);

/* Waits until all is in place. */
void osc_replace_close(struct osc_replace *replace);

#endif
