/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The latest events as text, numbered from 0. Each client keeps the number of the event it wants next.
 *
 * A client may lag by EVENTLOG_LAG_MAX events at most. One that falls further behind is closed (1013, try
 * again later) rather than let events go missing without a word: whoever stays connected has seen them all.
 */
#ifndef PHICAST_BROADCASTER_STREAM_EVENTLOG_H
#define PHICAST_BROADCASTER_STREAM_EVENTLOG_H

#include "broadcaster/stream/encoded.h"
#include "shared/ring.h"
#include "shared/status.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

enum { EVENTLOG_SLOTS = 1200, EVENTLOG_LAG_MAX = 1100 };
static_assert((int)EVENTLOG_LAG_MAX > (int)RING_SLOTS,
              "what a predecessor left undone makes nobody too slow");

/* Start from {0}. */
struct eventlog {
    uint64_t head;  /* events ever logged */
    uint64_t start; /* those before this one belong to an earlier analyser */
    struct encoded slot[EVENTLOG_SLOTS];
    uint64_t before[EVENTLOG_SLOTS]; /* of each event: the analyser's next one when it came */
};

/* STATUS_NO_MEMORY, and then the event is not logged. */
MUST_CHECK enum status eventlog_push(struct eventlog *log, const char *text, size_t length, uint64_t before);

/* Event `next`, or NULL if it has not happened yet or is no longer held. Valid until the next push. */
struct encoded *eventlog_get(struct eventlog *log, uint64_t next);

/* Whether a client that wants event `next` has fallen too far behind. */
bool eventlog_lags(const struct eventlog *log, uint64_t next);

void eventlog_free(struct eventlog *log);

#endif
