/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A text file's lines one after the other, in as little memory however long the file is; also of a file that
 * gzip has compressed (several one after the other, as gzip has it), and of what comes through a pipe. One
 * thread at a time; several may read one plain file, each from a place of its own. */
#ifndef PHICAST_BROADCASTER_SOURCE_LINES_H
#define PHICAST_BROADCASTER_SOURCE_LINES_H

#include "shared/json/recording.h"
#include "shared/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LINES_CHUNK = 65536 };

struct z_stream_s;

struct lines {
    int fd;      /* stays its owner's */
    int wake_fd; /* readable: a wait for a pipe is to end */
    bool is_file;
    bool begun;              /* it is known whether it is compressed */
    bool has_more;           /* gzip: there was no room for all that came of what has been read */
    struct z_stream_s *gzip; /* NULL: plain */
    uint64_t at;             /* file: where to read on */
    uint64_t number;         /* of the line given last, from 1 */
    char *raw;               /* LINES_CHUNK bytes, as they stand in the file, */
    size_t raw_at;
    size_t raw_end;
    char *text; /* and RECORDING_LINE_MAX + LINES_CHUNK of what they say */
    size_t text_at;
    size_t text_end;
    size_t searched; /* from text_at on: holds no end of a line */
    bool ended;
    bool damaged;  /* and that is still to be said */
    bool overlong; /* in the midst of a line that is not kept */
};

struct line {
    const char *text; /* until the next call; without its end */
    size_t length;
    bool is_whole; /* has its end: false for the last one of a file that was cut short */
};

/* wake_fd: -1 for none. STATUS_NO_MEMORY. */
MUST_CHECK enum status lines_open(struct lines *lines, int fd, int wake_fd);
void lines_close(struct lines *lines);

/* STATUS_EMPTY: there are no more. STATUS_OVERRUN: a line longer than RECORDING_LINE_MAX; the next calls pass
 * it over. STATUS_BUSY: they are at that still, or woken: to be called again. STATUS_CORRUPT: the compressed
 * data are damaged, and nothing more comes. STATUS_IO: it cannot be read; errno. STATUS_NO_MEMORY. */
MUST_CHECK enum status lines_next(struct lines *lines, struct line *line);

/* To the first line again; of a file alone. */
void lines_rewind(struct lines *lines);

#endif
