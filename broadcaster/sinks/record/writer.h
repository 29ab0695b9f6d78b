/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A recording under way: a thread that takes lines from the event loop and writes them to files. The loop
 * never waits for the disk: what the disk does not keep up with is kept for a while, then dropped and
 * counted, and a line of the recording says how much is missing. All functions: the event loop's thread. */
#ifndef PHICAST_BROADCASTER_SINKS_RECORD_WRITER_H
#define PHICAST_BROADCASTER_SINKS_RECORD_WRITER_H

#include "broadcaster/sinks/record/names.h"
#include "broadcaster/sinks/record/rotation.h"
#include "shared/json/description.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    WRITER_KEEPS = 16 << 20,  /* bytes of lines that wait for the disk at most */
    WRITER_FLUSH_US = 500000, /* what is older is on the disk, if that keeps up */
    WRITER_ERROR_MAX = 256
};

struct writer_plan {
    const struct record_names *names;
    struct rotation rotation;
    struct recording_report about; /* `started` is filled in for each file */
};

/* How far it has come. */
struct writer_state {
    char path[PATH_MAX];          /* of the file that is written to; "" before there is one */
    uint32_t files;               /* begun so far */
    uint64_t bytes;               /* in all of them */
    uint64_t dropped;             /* messages */
    bool ended;                   /* nothing is written any more */
    char error[WRITER_ERROR_MAX]; /* why, if nobody asked for it; one line */
};

struct writer;

/* Starts it; the plan is copied, but not what it points to. NULL: there is no memory, or no thread. */
struct writer *writer_start(const struct writer_plan *plan);

/* Takes a message of a stream, which is JSON text, at t_us (Unix time; one that goes back is taken as that
 * of the message before). */
void writer_put(struct writer *writer, uint64_t t_us, const char *stream, const char *text, size_t length);

/* What has been taken is still written; then `ended`. */
void writer_end(struct writer *writer);

/* Brings what is known up to date. */
void writer_look(struct writer *writer, struct writer_state *known);

/* Frees one that has ended. What hangs at a disk cannot be freed, and stays. */
void writer_free(struct writer *writer);

#endif
