/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tables of metrics and commands as JSON text: to be asked for over HTTP, and at the head of a recording.
 * Pure, any thread. */
#ifndef PHICAST_SHARED_JSON_DESCRIPTION_H
#define PHICAST_SHARED_JSON_DESCRIPTION_H

#include "shared/json/messages.h"
#include "shared/status.h"

#include <stdint.h>

/* What the first line of a recording tells. */
struct recording_report {
    const char *name;    /* the analyser's */
    double started;      /* Unix seconds */
    uint32_t metrics_hz; /* 0: each frame */
    uint32_t latency_hz;
    uint32_t add; /* bits of enum metric_part */
};

/* Each replaces the text of `message`. STATUS_NO_MEMORY. */

/* What the numbers mean that the messages hold, and the commands take. */
MUST_CHECK enum status message_description(struct message *message);

/* The first line. */
MUST_CHECK enum status message_recording(struct message *message, const struct recording_report *report);

#endif
