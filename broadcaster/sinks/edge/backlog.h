/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far one channel of events has come at its edge, so that none is missing there and none comes twice.
 *
 * Events are numbered by a log of the sink's own, which holds them while the edge is away; who stays away for
 * longer than it holds misses the oldest. Whether the one that was on its way when a connection broke has
 * arrived is found out before the next one is opened: the edge then has something else last than before. As
 * much is noted in the control segment with each event, for a successor. Event loop's thread. */
#ifndef PHICAST_BROADCASTER_SINKS_EDGE_BACKLOG_H
#define PHICAST_BROADCASTER_SINKS_EDGE_BACKLOG_H

#include "broadcaster/sinks/edge/answer.h"
#include "broadcaster/stream/feed.h"

#include <stdbool.h>
#include <stdint.h>

/* Start from {0}. */
struct backlog {
    struct feed *feed;
    struct eventlog *log;
    uint64_t channel; /* stands for its URL and name */
    uint32_t place;   /* of its note */
    uint64_t next;    /* number of the first event not known to have arrived */
    uint64_t flying;  /* of the one on its way */
    uint64_t tried;   /* those before it have been sent once at least */
    bool unsure;      /* it is not known whether the one at `next` has arrived */
    bool knows_last;  /* what the edge had last: */
    uint32_t last;    /* as in edge_answer; 0: nothing */
    uint64_t noted;   /* the place of the event at `next` in the analyser's ring */
    uint64_t from;    /* a predecessor has sent what is before this place, */
    bool skips;       /* and the first event that is not */
    uint64_t lost;    /* events that will never arrive */
    uint64_t resent;
};

/* Feed, log and place are set. past: the predecessor's notes, CHANNEL_NOTES of them. */
void backlog_open(struct backlog *backlog, const char *url, const char *name,
                  const struct channel_note *past);

/* There may be one more in the log. True: the oldest had to be given up. */
bool backlog_look(struct backlog *backlog);

/* From here on, they are another analyser's. */
void backlog_begin(struct backlog *backlog);

/* Events that the edge is not known to have. */
uint64_t backlog_waiting(const struct backlog *backlog);

/* Their first's place in the analyser's ring; UINT64_MAX: there is none. */
uint64_t backlog_reached(const struct backlog *backlog);

/* Whether the edge has to be asked what it holds before anything is sent. */
bool backlog_asks(const struct backlog *backlog);

/* What it says; 404 is an answer of all zeros. True: one that was on its way has arrived. */
bool backlog_account(struct backlog *backlog, const struct edge_answer *answer);

/* The event that is to be sent next; NULL: there is none. */
const struct encoded *backlog_next(const struct backlog *backlog);

/* It is on its way; it has arrived; the connection broke meanwhile. */
void backlog_sent(struct backlog *backlog);
void backlog_acknowledge(struct backlog *backlog, const struct edge_answer *answer);
void backlog_break(struct backlog *backlog);

#endif
