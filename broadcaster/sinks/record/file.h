/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file that a recording is written to, plain or through gzip. Any thread, one at a time; waits for the
 * disk. */
#ifndef PHICAST_BROADCASTER_SINKS_RECORD_FILE_H
#define PHICAST_BROADCASTER_SINKS_RECORD_FILE_H

#include "shared/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Start from {.fd = -1}. */
struct record_file {
    int fd;         /* -1: none is open */
    void *stream;   /* zlib's; NULL: plain */
    uint64_t bytes; /* handed to the system so far */
    uint64_t whole; /* of them, those up to the end of what was last written without an error */
};

/* Makes a new file. STATUS_BUSY: there is one of that name. STATUS_IO, as below: errno says why. */
MUST_CHECK enum status record_file_open(struct record_file *file, const char *path, bool packed);

/* All of it, so that a reader finds it even if nothing more ever comes. */
MUST_CHECK enum status record_file_write(struct record_file *file, const void *data, size_t length);

/* Ends it well; closed it is in any case. */
MUST_CHECK enum status record_file_close(struct record_file *file);

/* Ends it where it was last whole: after a failure. */
void record_file_drop(struct record_file *file);

#endif
