/* SPDX-License-Identifier: GPL-3.0-or-later */
/* OSC targets that come and go while the program runs: what /api/osc/targets answers, and the file of those
 * that are kept, a list of URLs: ["osc.udp://...", ...]. One thread at a time. */
#ifndef PHICAST_SHARED_JSON_TARGETS_H
#define PHICAST_SHARED_JSON_TARGETS_H

#include "shared/json/reports.h"

/* {"id":n,"url":"...","kept":bool,"state":"...",...}. STATUS_NO_MEMORY. */
MUST_CHECK enum status message_target(struct message *message, const struct osc_target_report *target);

/* {"targets":[...]}, each as above. STATUS_NO_MEMORY. */
MUST_CHECK enum status message_targets(struct message *message, const struct osc_report *report);

/* Start from {0}; free with kept_targets_free. */
struct kept_targets {
    uint32_t count;
    char *url[OPTION_LIST_MAX]; /* whether each is a target's is not looked at */
};

/* A copy at the end. STATUS_BUSY: there are OPTION_LIST_MAX; STATUS_NO_MEMORY. */
MUST_CHECK enum status kept_targets_add(struct kept_targets *kept, const char *url);
/* Each that is that URL. */
void kept_targets_remove(struct kept_targets *kept, const char *url);
void kept_targets_free(struct kept_targets *kept);

/* Fills an empty list; on failure it stays empty, and `error` says in one line what is wrong with the file.
 * STATUS_NOT_FOUND: there is none, and so nothing kept; STATUS_NO_ACCESS, STATUS_CORRUPT, STATUS_NO_MEMORY,
 * STATUS_IO. */
MUST_CHECK enum status kept_targets_load(struct kept_targets *kept, const char *path,
                                         char error[OPTION_ERROR_MAX]);

/* The file's text. STATUS_NO_MEMORY. */
MUST_CHECK enum status kept_targets_print(const struct kept_targets *kept, struct message *text);

#endif
