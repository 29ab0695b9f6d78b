/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file under a segment's name: what segment.c, which writes, and segment_read.c, which reads, share. */
#ifndef PHICAST_SHARED_SEGMENT_FILE_H
#define PHICAST_SHARED_SEGMENT_FILE_H

#include "shared/segment.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* STATUS_BAD_ARG: not a name. */
MUST_CHECK enum status segment_make_path(char out[SEGMENT_PATH_MAX], const struct segment_kind *kind,
                                         const char *name);

/* O_NONBLOCK: a fifo that somebody put under the name must not hold us up. Plain files do not care. */
static inline int segment_open_path(const char *path, int flags)
{
    return open(path, flags | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW, 0600);
}

/* The header of a file that may be anything, by pread so that a short file is no fault. */
static inline bool segment_peek(int fd, struct segment_header *header)
{
    return pread(fd, header, sizeof *header, 0) == (ssize_t)sizeof *header;
}

/* Who owns what the path leads to, also where it cannot be opened; (uid_t)-1: nothing is there. */
static inline uid_t segment_path_owner(const char *path)
{
    struct stat file;
    return lstat(path, &file) == 0 ? file.st_uid : (uid_t)-1;
}

MUST_CHECK enum status segment_check_header(const struct segment_header *header,
                                            const struct segment_kind *kind);

#endif
