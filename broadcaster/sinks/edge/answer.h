/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What nchan says of a channel: in answer to each message, or when it is asked. As JSON,
 *
 *   {"messages": 3, "requested": -1, "subscribers": 0, "last_message_id": "1796061486:2" }
 *
 * or by lines ("queued messages: 3", "last message id: 1796061486:2"). Pure. */
#ifndef PHICAST_BROADCASTER_SINKS_EDGE_ANSWER_H
#define PHICAST_BROADCASTER_SINKS_EDGE_ANSWER_H

#include "shared/status.h"

#include <stddef.h>
#include <stdint.h>

enum { EDGE_ANSWER_MAX = 512 }; /* bytes: longer is none */
enum { EDGE_LAST_BITS = 24 };

struct edge_answer {
    uint64_t messages; /* that it holds */
    uint32_t last;     /* stands for the last one's id: EDGE_LAST_BITS, never 0 */
};

/* The text need not end with a zero. STATUS_CORRUPT: that is no such answer. */
MUST_CHECK enum status edge_answer_read(struct edge_answer *answer, const char *text, size_t length);

#endif
