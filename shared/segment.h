/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A named piece of POSIX shared memory with one live writer, and the lock that proves the writer alive.
 *
 * The writer holds an open-file-description write lock on the segment's file for as long as it lives; the
 * kernel drops it when the process dies, however it dies. So a segment without a lock is a dead writer's
 * leavings: a new writer replaces it with a fresh file (never reusing memory that readers may still have
 * mapped), and a reader that sees its writer's lock gone detaches and looks the name up again.
 */
#ifndef PHICAST_SHARED_SEGMENT_H
#define PHICAST_SHARED_SEGMENT_H

#include "shared/status.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { SEGMENT_NAME_MAX = 96 };

/* First bytes of every segment. `magic` is stored last, with release, when the rest is ready. */
struct segment_header {
    _Atomic uint64_t magic;
    uint32_t abi;
    uint32_t writer_pid;
    uint64_t size;          /* bytes, of the whole segment */
    uint64_t start_time_us; /* CLOCK_REALTIME, us: when this writer started */
    uint64_t generation;    /* 1 for the first writer of the name, one more for each that replaced another */
    uint64_t reserved[3];
};

static_assert(sizeof(struct segment_header) == 64, "part of every segment's ABI");

/* What a kind of segment is: the same constants for writer and reader. */
struct segment_kind {
    uint64_t magic;
    uint32_t abi;
    size_t size;        /* bytes */
    const char *suffix; /* the name is /phicast.NAME.SUFFIX */
};

struct segment {
    int fd; /* -1 when not attached */
    void *memory;
    const struct segment_kind *kind;
    bool writer;
    char name[SEGMENT_NAME_MAX];
};

#define SEGMENT_NONE ((struct segment){.fd = -1})

/* Control thread. Makes the segment and becomes its writer; all bytes after the header are zero.
 * group: a group that may read it (mode 0640), or (gid_t)-1 for the owner alone (mode 0600).
 * STATUS_BUSY: a live writer has the name (segment_owner tells which). STATUS_BAD_ARG: the name is empty, too
 * long, or has a character other than letters, digits and "-_.". STATUS_NO_ACCESS: also when the name holds a
 * file of another user that we may not remove. STATUS_NO_MEMORY, STATUS_IO. */
MUST_CHECK enum status segment_create(struct segment *segment, const struct segment_kind *kind,
                                      const char *name, gid_t group);

/* Control thread. Maps an existing segment read-only, after checking its size, magic and version.
 * STATUS_NOT_FOUND, STATUS_NOT_READY (being made: try again), STATUS_TRUNCATED, STATUS_BAD_MAGIC,
 * STATUS_BAD_ABI, STATUS_NO_ACCESS, STATUS_BAD_ARG, STATUS_IO. Its writer may be dead: ask segment_alive. */
MUST_CHECK enum status segment_attach(struct segment *segment, const struct segment_kind *kind,
                                      const char *name);

/* Any thread. Whether the writer of an attached segment is still running (one system call). */
bool segment_alive(const struct segment *segment);

/* Any thread. STATUS_OK if the file is still as long, and the header still as it must be (one system call).
 * To be called before each round of reads: a file cut short under its mapping would otherwise be a SIGBUS. */
MUST_CHECK enum status segment_verify(const struct segment *segment);

/* Control thread. The pid in the header of the segment of that name, 0 if there is none to be read. */
uint32_t segment_owner(const struct segment_kind *kind, const char *name);

/* Control thread. Unmaps; a writer also removes the name, if it is still its own. Does nothing if not
 * attached. */
void segment_close(struct segment *segment);

/* Control thread. As segment_close, but a writer's name stays, as if the writer had been killed: for one that
 * will be replaced, and has something to say to its successor. */
void segment_leave(struct segment *segment);

/* Control thread. Removes a segment of that name that no writer holds, if there is one: the last of those who
 * know it, before it goes. */
void segment_sweep(const struct segment_kind *kind, const char *name);

#endif
