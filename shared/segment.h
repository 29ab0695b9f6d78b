/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A named piece of POSIX shared memory with one live writer, and the lock that proves the writer alive.
 *
 * The writer holds an open-file-description write lock on the segment's file for as long as it lives; the
 * kernel drops it when the process dies, however it dies. So a segment without a lock is a dead writer's
 * leavings: a new writer replaces it with a fresh file, and a reader that sees its writer's lock gone
 * detaches and looks the name up again.
 *
 * The writer maps the file (mapping.h). Readers never do: whoever may write to a file may cut it short, which
 * would be a SIGBUS to those who have it mapped. They keep a copy of their own, and bring it up to date by
 * pread (segment_refresh), which costs a system call while nothing has happened. Whose file it is comes
 * before anything that stands in it.
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

enum {
    SEGMENT_NAME_LONGEST = 60, /* JACK's own limit lies a little above */
    SEGMENT_PATH_MAX = 112,
    SEGMENT_OWNER_MAX = 48,
    SEGMENT_SNAPSHOTS_MAX = 5
};

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

/* A snapshot under a sequence lock (seqlock.h): where it lies in the segment, in bytes. */
struct segment_snapshot {
    size_t sequence;
    size_t payload;
    size_t size;
};

/* What a kind of segment is: the same constants for writer and reader. */
struct segment_kind {
    uint64_t magic;
    uint32_t abi;
    size_t size;        /* bytes */
    const char *suffix; /* the file is /dev/shm/phicast.NAME.SUFFIX */

    /* What readers copy. The front is the header, single words and the snapshots' sequences. */
    size_t front; /* bytes; 0: the header alone, and there is no ring */
    size_t ring;  /* where a struct ring lies: right behind the front */
    struct segment_snapshot snapshot[SEGMENT_SNAPSHOTS_MAX]; /* those after the last have size 0 */
};

struct segment {
    int fd;       /* -1 when not attached */
    void *memory; /* a writer's: the file itself; a reader's: its copy, as of the last segment_refresh */
    const struct segment_kind *kind;
    bool writer;
    gid_t group;         /* a writer's: that may read it; (gid_t)-1: none */
    uint64_t generation; /* a writer's: as in the header, which may be cut off */
    uid_t owner;         /* of the file, also after STATUS_FOREIGN and STATUS_BUSY; (uid_t)-1: not known */
    char path[SEGMENT_PATH_MAX];
};

/* Whom a reader believes besides its own user and root. -1: nobody. */
struct segment_trust {
    uid_t user;  /* files of that user */
    gid_t group; /* files that belong to that group, whoever made them: only its members could */
};

#define SEGMENT_TRUST_NONE ((struct segment_trust){(uid_t)-1, (gid_t)-1})

#define SEGMENT_NONE ((struct segment){.fd = -1})

/* Any thread. Whether a segment can have that name: 1 to SEGMENT_NAME_LONGEST letters, digits, and "-_.". */
bool segment_is_name(const char *name);

/* Control thread. Makes the segment and becomes its writer; all bytes after the header are zero.
 * group: a group that may read it (mode 0640), or (gid_t)-1 for the owner alone (mode 0600).
 * STATUS_BUSY: a live writer has the name (segment_holder tells which). STATUS_BAD_ARG: not a name.
 * STATUS_FOREIGN: the name holds a file of another user that we may not remove. STATUS_NO_ACCESS,
 * STATUS_NO_MEMORY, STATUS_IO. */
MUST_CHECK enum status segment_create(struct segment *segment, const struct segment_kind *kind,
                                      const char *name, gid_t group);

/* Any thread. Whether the writer's file still has its name and its length, and still is what the writer
 * writes to (three system calls). */
bool segment_is_whole(const struct segment *segment);

/* Control thread, of a writer whose file is not whole. *segment becomes a new one of the same name, and *old
 * what it was, with the lock on the old file: to be left (segment_leave) when nobody writes to its memory any
 * more. STATUS_... as segment_create, and then *segment is as it was. */
MUST_CHECK enum status segment_renew(struct segment *segment, struct segment *old);

/* Control thread. Opens an existing segment for reading, and copies it. STATUS_FOREIGN: neither our own
 * user's, root's nor one of `trust`; nothing in it was looked at. STATUS_NOT_FOUND, STATUS_NOT_READY (being
 * made: try again), STATUS_TRUNCATED, STATUS_BAD_MAGIC, STATUS_BAD_ABI, STATUS_NO_ACCESS, STATUS_BAD_ARG,
 * STATUS_NO_MEMORY, STATUS_TORN, STATUS_IO. Its writer may be dead: ask segment_alive. */
MUST_CHECK enum status segment_attach(struct segment *segment, const struct segment_kind *kind,
                                      const char *name, struct segment_trust trust);

/* Any thread. Whether the writer of an attached segment is still running (one system call). */
bool segment_alive(const struct segment *segment);

/* A reader's thread. Brings the copy up to date: one system call where nothing has changed; two, and one more
 * for each snapshot or ring that has. STATUS_OK: the header is good, and each part of the copy is whole; a
 * snapshot that its writer left half-written has an odd sequence. STATUS_TORN: it changed too fast to be
 * copied. STATUS_NOT_FOUND (not attached), STATUS_TRUNCATED (what was wanted lies behind the file's end),
 * STATUS_NOT_READY, STATUS_BAD_MAGIC, STATUS_BAD_ABI: it must not be used any more. */
MUST_CHECK enum status segment_refresh(struct segment *segment);

/* For a message: the file's path, made of the name and the kind's suffix. */
#define SEGMENT_PATH_FORMAT "/dev/shm/phicast.%s.%s"

/* Control thread. The process that holds the lock on the segment of that name, as far as /proc tells us; 0:
 * not known. */
pid_t segment_holder(const struct segment_kind *kind, const char *name);

/* Control thread. "user NAME" or "user NUMBER": whose file it is. Returns out. */
const char *segment_owner_str(const struct segment *segment, char out[SEGMENT_OWNER_MAX]);

/* Control thread. Lets go of it; a writer also removes the name, if it is still its own. Does nothing if not
 * attached. */
void segment_close(struct segment *segment);

/* Control thread. As segment_close, but a writer's name stays, as if the writer had been killed: for one that
 * will be replaced, and has something to say to its successor. */
void segment_leave(struct segment *segment);

/* Control thread. Removes a segment of that name that is ours and that no writer holds, if there is one: the
 * last of those who know it, before it goes. */
void segment_sweep(const struct segment_kind *kind, const char *name);

#endif
