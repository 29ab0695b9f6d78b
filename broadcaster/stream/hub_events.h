/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The hub's stream of events, which is a queue: for hub.c. Event loop's thread. */
#ifndef PHICAST_BROADCASTER_STREAM_HUB_EVENTS_H
#define PHICAST_BROADCASTER_STREAM_HUB_EVENTS_H

#include "broadcaster/stream/hub.h"

#include <stdbool.h>
#include <stdint.h>

/* What a client that is too slow is closed with. */
extern const struct client_close hub_events_lagging;

/* Takes what there is to be taken of events, and has the clients served. True: there may be more. */
bool hub_events_beat(struct hub *hub, uint64_t now_us);

/* As hub_next. */
struct encoded *hub_events_next(struct hub *hub, const struct client *client);

/* Whether there is something that a client has not been sent; false for those of other streams. */
bool hub_events_behind(const struct hub *hub, const struct client *client);

/* One that was behind has caught up, or gone. After the last of them the note can be exact. */
void hub_events_caught_up(struct hub *hub);

/* The number, in its log, of the event that a client begins with. */
uint64_t hub_events_first(const struct hub *hub, const struct client *client, uint32_t replay,
                          uint64_t now_us);

#endif
