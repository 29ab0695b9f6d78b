/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The way of every event: out of the analyser's ring, or seen to happen here (the analyser lost and found),
 * to the sinks and into the log that clients of /ws/events read from; each once and in order.
 *
 * How far each sink has come is noted in the control segment. A broadcaster that finds its predecessor's note
 * sends what happened since: to most sinks at once; to those that serve clients from the log as these come
 * back, for which they have FEED_REPLAY_US: one that connects within that time gets the events from the note
 * on. All functions: the event loop's thread. */
#ifndef PHICAST_BROADCASTER_STREAM_FEED_H
#define PHICAST_BROADCASTER_STREAM_FEED_H

#include "broadcaster/source/source.h"
#include "broadcaster/stream/eventlog.h"
#include "broadcaster/stream/sink.h"
#include "shared/control.h"
#include "shared/json/messages.h"

#include <stdbool.h>
#include <stdint.h>

enum { FEED_BATCH = 64, FEED_REPLAY_US = 3000000, FEED_SINKS = EVENT_PLACES };

struct feed {
    struct source *source;
    const struct segment *control; /* takes the note; NULL: nobody does */
    uint32_t sink_count;
    struct sink *sink[FEED_SINKS];
    uint64_t from[FEED_SINKS]; /* events of the ring before this one have been delivered by a predecessor */
    struct eventlog log;       /* of what everybody gets */
    struct eventlog full;      /* and with it what is sent to those alone who ask: onsets */
    struct message text;       /* the event's that the sinks are being given; empty if it could not be made */
    uint64_t attached;         /* source->attached when it was last looked at */
    uint64_t replay_until_us;  /* 0: there is nothing to be replayed */
    uint64_t published;        /* events so far */
    uint64_t unsent;           /* of them, those that there was no memory for */
    uint32_t state;            /* enum sound_state, as told last */
    struct event_cursor cursor; /* the note; its places are in the order of the sinks */
    struct event_cursor past;   /* the predecessor's */
};

/* past: the predecessor's note, all zeros for none. source and control must live on. */
void feed_init(struct feed *feed, struct source *source, const struct segment *control,
               const struct event_cursor *past, uint64_t now_us);

/* Before the first beat; up to FEED_SINKS. */
void feed_add_sink(struct feed *feed, struct sink *sink);

void feed_free(struct feed *feed);

/* What is to be measured from now on, bits of enum metric_part. */
void feed_want(struct feed *feed, uint32_t parts);

/* To be called after each source_poll. Events are logged whether or not anybody listens, for those who ask
 * for the last ones when they come. True: there may be more. */
bool feed_beat(struct feed *feed);

/* Has each sink fill in its part. */
void feed_report(const struct feed *feed, struct server_report *report);

/* Asks the sinks how far they are, and notes it: after a beat, once clients have been served. */
void feed_note(struct feed *feed, uint64_t now_us);

/* Whether clients of an earlier broadcaster may still come for what they missed. */
bool feed_is_replaying(const struct feed *feed, uint64_t now_us);

/* The number of the first event in one of its logs that a client which connects now should get. */
uint64_t feed_start(const struct feed *feed, const struct eventlog *log, uint64_t now_us);

/* The place in the analyser's ring of the log's event `number`, or of what comes next if there is none of
 * that number; 0 if that event is an earlier analyser's. */
uint64_t feed_place(const struct feed *feed, const struct eventlog *log, uint64_t number);

#endif
