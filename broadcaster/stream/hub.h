/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who listens to which stream, when each is due, and the one copy of the bytes that all of them share.
 *
 * metrics and latency are streams of state, their clients in cohorts of the same rate: each beat shows the
 * newest generation, written as text only when the first client asks for it, and a client that was too slow
 * for one simply gets the next (the latest wins). events is a queue: see eventlog.h and feed.h. All
 * functions: the event loop's thread. */
#ifndef PHICAST_BROADCASTER_STREAM_HUB_H
#define PHICAST_BROADCASTER_STREAM_HUB_H

#include "broadcaster/source/source.h"
#include "broadcaster/stream/ages.h"
#include "broadcaster/stream/client.h"
#include "broadcaster/stream/cohort.h"
#include "broadcaster/stream/encoded.h"
#include "broadcaster/stream/feed.h"
#include "broadcaster/stream/meter.h"
#include "shared/json/messages.h"
#include "shared/part.h"
#include "shared/status.h"

#include <stdbool.h>
#include <stdint.h>

/* What a state stream's clients of one choice of parts get. */
struct shown {
    uint64_t printed; /* the generation that `message` holds */
    struct encoded message;
};

struct stream {
    struct cohort standard; /* those who did not ask for a rate; the first of the list, and always there */
    uint32_t client_count;
    uint64_t generation;               /* state: counts what there was to be shown, from 1 */
    uint64_t steps;                    /* state: messages of a replay so far; 0: it goes by its schedule */
    struct shown shown[PARTS_ALL + 1]; /* by the parts that are added */
    uint64_t sent;                     /* messages handed to sockets */
    struct meter meter;
};

struct hub {
    struct source *source;
    struct stream stream[STREAM_COUNT];
    struct metrics_snapshot frame; /* what the current metrics generation shows */
    struct pace pace;
    struct ages ages;
    uint64_t aged_frame_us; /* published_us of the frame whose age was taken last */
    struct feed feed;
    uint64_t counted;           /* events of the feed that the meter has seen */
    bool stopping;              /* no more events are taken: they are left to a successor */
    uint64_t look_at_us;        /* when events clients must be looked at, even though nothing happens */
    uint32_t behind;            /* events clients that have not been sent all there is */
    uint64_t lagged;            /* those closed for being too far behind */
    uint32_t askers[PARTS_ALL]; /* clients that ask for a part, by its bit less 1 */
    uint32_t asked;             /* bits of enum metric_part: by HTTP, */
    uint64_t asked_until_us;    /* for so long */
    struct message scratch;
};

/* As feed_init. */
void hub_init(struct hub *hub, struct source *source, const struct segment *control,
              const struct event_cursor *past, uint64_t now_us);
/* No client may be left. */
void hub_close(struct hub *hub);

/* Does all that is due, and has the clients served: not from within anything that a carrier calls. Returns
 * when it must be called again, CLOCK_MONOTONIC in us. */
uint64_t hub_beat(struct hub *hub, uint64_t now_us);

/* Client's carrier and stream are set. Events: it gets those from now on, and what it subscribes to or those
 * from feed_start on first, whichever are more. False when out of memory. */
bool hub_add(struct hub *hub, struct client *client, const struct subscription *subscription,
             uint64_t now_us);
void hub_remove(struct hub *hub, struct client *client);

/* The message that the client should be sent next; NULL: it is up to date. */
struct encoded *hub_next(struct hub *hub, struct client *client, uint64_t now_us);

/* hub_next's message has been handed over. True: there is more. */
bool hub_sent(struct hub *hub, struct client *client);

/* The same for a client of metrics that gets them in a form of its own: the frame that it should be shown
 * next. */
const struct metrics_snapshot *hub_next_frame(struct hub *hub, const struct client *client, uint64_t now_us);

/* What one of its clients looks at besides is measured (any bits of enum metric_part) from hub_follow until
 * hub_unfollow. */
void hub_follow(struct hub *hub, uint32_t parts);
void hub_unfollow(struct hub *hub, uint32_t parts);

/* The latest message of a state stream, for HTTP, with these parts (bits of enum metric_part) added. NULL
 * when out of memory. */
const struct wire *hub_latest(struct hub *hub, enum stream_kind kind, uint32_t add, uint64_t now_us);

/* The message of the newest frame there is; as above. */
const struct wire *hub_newest(struct hub *hub, uint32_t add, uint64_t now_us);

/* Somebody who is no client looks at these parts now, and may do so again. */
void hub_ask(struct hub *hub, uint32_t parts, uint64_t now_us);

/* What the newest latency message would tell. */
struct latency_report hub_latency(const struct hub *hub, uint64_t now_us);

/* Asks every client to close with that code, and takes no more events. As hub_beat. */
void hub_close_clients(struct hub *hub, struct client_close close, uint64_t now_us);

/* Whether the client is to be closed now: not before it has been sent all events, unless it is too slow for
 * them. */
bool hub_may_close(const struct hub *hub, const struct client *client);

/* For struct sink_kind: how far those clients are that keep up with the events. */
uint64_t hub_reached(const struct hub *hub, uint64_t now_us);

uint32_t hub_client_count(const struct hub *hub);

#endif
