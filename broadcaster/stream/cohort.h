/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Clients of one stream that are sent messages at the same moments, and their schedule. Event loop's thread.
 *
 * The clients of a rate are one cohort as long as they are few. A thousand in one would take their messages
 * in a row, and the last of them as late as writing to a thousand sockets takes; so what is more than
 * COHORT_MOST goes into further cohorts, whose deadlines lie between those of the others. */
#ifndef PHICAST_BROADCASTER_STREAM_COHORT_H
#define PHICAST_BROADCASTER_STREAM_COHORT_H

#include "broadcaster/stream/schedule.h"
#include "shared/status.h"

#include <stdbool.h>
#include <stdint.h>

struct client;

enum { COHORT_MOST = 350 };

/* Start with cohort_init. */
struct cohort {
    struct cohort *next;
    uint32_t index; /* among those of its rate */
    uint32_t client_count;
    uint32_t room;  /* for clients */
    bool backwards; /* how they were served last */
    struct client **client;
    struct schedule schedule;
    uint64_t beat; /* deadlines served so far */
};

/* When the analyser publishes, as far as can be told. */
struct pace {
    uint64_t frame;        /* the newest one's number */
    uint64_t published_us; /* CLOCK_MONOTONIC */
    uint64_t period_us;    /* between two; 0: not known */
};

/* Takes note of what is the newest frame now. */
void pace_follow(struct pace *pace, uint64_t frame, uint64_t published_us);

/* start_us: the same for all cohorts of a stream, and not after now_us. */
void cohort_init(struct cohort *cohort, uint32_t rate_hz, uint32_t index, uint64_t start_us, uint64_t now_us);

/* A stream's cohorts are a list. A cohort of that rate with room for one more, made if there is none; NULL
 * when out of memory. first: the one that is always there. */
struct cohort *cohort_join(struct cohort *first, uint32_t rate_hz, uint64_t now_us);

/* Frees a cohort that has nobody left; of the first, only what it held them in. */
void cohort_leave(struct cohort *first, struct cohort *cohort);

/* Not while it is being served. STATUS_NO_MEMORY, and then the client is not in it. */
MUST_CHECK enum status cohort_add(struct cohort *cohort, struct client *client);
void cohort_remove(struct cohort *cohort, struct client *client);

/* Has each client served, in this order and that in turn, so that nobody is always the last: messages to a
 * thousand sockets take milliseconds. */
void cohort_serve(struct cohort *cohort, uint64_t now_us);

/* Looks at the clock. published_us: when the newest frame was published; UINT64_MAX for what is always new.
 * True: a beat is to be served now, the first time after its deadline that there is a frame newer than the
 * deadline, or after a while without. With nobody there, at the deadline. */
bool cohort_is_due(struct cohort *cohort, uint64_t published_us, uint64_t now_us);

/* Without a schedule: a beat is to be served whenever there is something new. Returns is_new. */
bool cohort_step(struct cohort *cohort, bool is_new);

/* When it should be looked at again: when the frame it waits for is likely to be there, and in short steps
 * when that is late. */
uint64_t cohort_next(const struct cohort *cohort, const struct pace *pace, uint64_t now_us);

#endif
