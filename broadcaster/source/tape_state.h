/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What tape.c, which the event loop calls, and tape_reader.c, whose threads read, share. */
#ifndef PHICAST_BROADCASTER_SOURCE_TAPE_STATE_H
#define PHICAST_BROADCASTER_SOURCE_TAPE_STATE_H

#include "broadcaster/source/lines.h"
#include "broadcaster/source/tape.h"
#include "broadcaster/source/timeline.h"

#include <pthread.h>
#include <stdatomic.h>

struct tape {
    const char *path;
    int fd;
    int wake_fd;
    bool is_file;
    bool loops;
    pthread_t reader;
    pthread_t measurer;
    bool is_read;
    bool is_measured;
    atomic_bool stop;
    _Atomic double duration;

    pthread_mutex_t lock; /* of what follows, but for the items between tail and head, which are the loop's */
    pthread_cond_t changed;
    uint64_t head; /* items read so far; free-running */
    uint64_t tail; /* and taken */
    uint64_t seeks;
    double target;  /* of the last seek */
    bool has_begun; /* a message was read */
    bool has_failed;
    struct tape_troubles troubles;
    char name[SEGMENT_NAME_LONGEST + 1];
    struct tape_item item[TAPE_AHEAD];

    /* The reader's own. */
    struct lines lines;
    struct timeline timeline;
    double base;    /* at which second of playing this round began */
    double skip;    /* nothing before that place is wanted */
    double metric;  /* the place of the last metrics */
    double period;  /* from one to the next */
    uint64_t seen;  /* seeks that it has followed */
    uint64_t round; /* messages of this round */
    bool refused;
    struct tape_item next;

    struct recorded measured; /* the measurer's */
};

/* The threads: fills the tape; and reads through a file once for its length. */
void *tape_read(void *tape);
void *tape_measure(void *tape);

#endif
