/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The messages of the wire contract, as JSON text (docs/websocket-api.md). Keys and types are exactly the
 * contract's, in its order. All numbers are finite; floats carry 7 significant digits, timestamps 6 decimals.
 */
#ifndef PHICAST_SHARED_JSON_MESSAGES_H
#define PHICAST_SHARED_JSON_MESSAGES_H

#include "shared/event.h"
#include "shared/metric.h"
#include "shared/status.h"
#include "shared/telemetry.h"

#include <stddef.h>

/* Growing text that is reused from message to message. Start from {0}; free with message_free. */
struct message {
    char *text; /* NUL-terminated JSON */
    size_t length;
    size_t capacity;
};

/* Each replaces the text of `message`, or leaves it alone and says why: STATUS_NO_MEMORY; STATUS_CORRUPT for
 * a number that is not finite, more than CHANNELS_MAX channels, or an event that fails event_check. */
/* parts: bits of enum metric_part, whose keys follow the contract's. */
MUST_CHECK enum status message_metrics(struct message *message, const struct metrics_snapshot *snapshot,
                                       uint32_t parts);
MUST_CHECK enum status message_latency(struct message *message, const struct latency_report *report);
MUST_CHECK enum status message_event(struct message *message, const struct event *event);

void message_free(struct message *message);

#endif
