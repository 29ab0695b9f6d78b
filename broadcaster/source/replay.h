/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A recording as a source: what stands in it comes again, each message at its time, counted from the first
 * one's by an absolute schedule of CLOCK_MONOTONIC. The numbers are the recorded ones; times are those at
 * which they are sent now, by as much older as the recorded ones were when they were sent. Event loop's
 * thread. */
#ifndef PHICAST_BROADCASTER_SOURCE_REPLAY_H
#define PHICAST_BROADCASTER_SOURCE_REPLAY_H

#include "broadcaster/source/source.h"
#include "broadcaster/source/tape.h"
#include "shared/options.h"

#include <stdbool.h>
#include <stdint.h>

struct replay_choice {
    const char *path; /* NULL: no replay; "-": standard input */
    bool loops;
    bool original_time; /* times stay the recorded ones */
    double speed;       /* REPLAY_SPEED_MIN...MAX */
    double from;        /* seconds */
};

struct replay {
    struct source base;
    struct tape *tape;
    bool original_time;
    bool begun;
    bool waits;        /* for the tape: what comes next is not late */
    bool shows_next;   /* the first frame of a place that was gone to, also while paused */
    double at;         /* this second of playing, */
    uint64_t at_us;    /* CLOCK_MONOTONIC, was due at this time */
    double mark;       /* this second of playing, */
    double mark_place; /* was this place in the recording */
    bool has_event;    /* that is to be taken */
    struct event event;
    struct tape_troubles troubles;
    uint64_t warned; /* how many troubles there were when the log was last told */
};

extern const struct source_kind replay_kind;

/* Opens the file. choice->path and name, which stands where the recording has none, must live on. On failure
 * `error` is one line naming the file and the cure. */
MUST_CHECK enum status replay_open(struct replay *replay, const struct replay_choice *choice,
                                   const char *name, char error[OPTION_ERROR_MAX]);

/* Begins to read it: tape_start. */
MUST_CHECK enum status replay_start(struct replay *replay, char error[OPTION_ERROR_MAX]);

#endif
