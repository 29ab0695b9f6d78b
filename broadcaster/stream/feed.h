/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The way of every event: out of the analyser's ring, or seen to happen here (the analyser lost and found),
 * to the OSC targets and into the log that the WebSocket clients read from; each once and in order.
 *
 * How far it has come is noted in the control segment. A broadcaster that finds its predecessor's note sends
 * what happened since: to the OSC targets at once; to the clients as they come back, for which they have
 * FEED_REPLAY_US: one that connects within that time gets the events from the note on. All functions: the
 * event loop's thread. */
#ifndef PHICAST_BROADCASTER_STREAM_FEED_H
#define PHICAST_BROADCASTER_STREAM_FEED_H

#include "broadcaster/sinks/osc/out.h"
#include "broadcaster/source/source.h"
#include "broadcaster/stream/eventlog.h"
#include "shared/control.h"
#include "shared/json/messages.h"

#include <stdbool.h>
#include <stdint.h>

enum { FEED_BATCH = 64, FEED_REPLAY_US = 3000000 };

struct feed {
    struct source *source;
    const struct segment *control; /* takes the note; NULL: nobody does */
    struct osc_out *osc;           /* NULL: no targets */
    struct eventlog log;
    struct message scratch;
    uint64_t before[EVENTLOG_SLOTS]; /* of each event in the log: the ring's next one when it came */
    uint64_t log_start;              /* the log's events before this one belong to an earlier analyser */
    uint64_t attached;               /* source->attached when it was last looked at */
    uint64_t osc_from;               /* events of the ring before this one have been sent by a predecessor */
    uint64_t clients_from;           /* likewise */
    uint64_t replay_until_us;        /* 0: there is nothing to be replayed */
    uint64_t published;              /* events so far */
    uint64_t unsent;                 /* of them, those that there was no memory for */
    uint32_t state;                  /* enum sound_state, as told last */
    struct event_cursor cursor;      /* the note */
};

/* past: the predecessor's note, all zeros for none. source, control and osc must live on. */
void feed_init(struct feed *feed, struct source *source, const struct segment *control, struct osc_out *osc,
               const struct event_cursor *past, uint64_t now_us);
void feed_free(struct feed *feed);

/* To be called after each source_poll. Events are logged whether or not anybody listens, for those who ask
 * for the last ones when they come. clients: whether any WebSocket client listens. True: there may be more.
 */
bool feed_beat(struct feed *feed, bool clients, uint64_t now_us);

/* The number of the first event that a client which connects now should get. */
uint64_t feed_start(const struct feed *feed, uint64_t now_us);

/* Every client that keeps up has been sent all events before number `next`; the log's head if there is none.
 */
void feed_delivered(struct feed *feed, uint64_t next);

#endif
