/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All kinds of sinks, and the only list of them. Event loop's thread. */
#ifndef PHICAST_BROADCASTER_SINKS_LIST_H
#define PHICAST_BROADCASTER_SINKS_LIST_H

#include "broadcaster/stream/sink.h"

/* In the order in which they are opened, and get each event. */
#define SINKS(SINK)                                                                                          \
    SINK(ws)                                                                                                 \
    SINK(osc)                                                                                                \
    SINK(wled)                                                                                               \
    SINK(edge)                                                                                               \
    SINK(record)

#define SINK_DECLARE(name) extern const struct sink_kind name##_sink;
SINKS(SINK_DECLARE)
#undef SINK_DECLARE

/* Opens all that the options want, and has the hub give them events and beats. On failure those that are open
 * stay so until sinks_close; `error` as in struct sink_kind. */
MUST_CHECK enum status sinks_open(const struct sink_context *context, char *error);

/* Those that the hub knows. */
void sinks_close(struct hub *hub);
void sinks_announce(const struct hub *hub, FILE *out);
/* Whether one of them still has to say goodbye to somebody. */
bool sinks_are_busy(const struct hub *hub);

#endif
