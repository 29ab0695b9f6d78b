/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opens what is to be measured as a file that can be sought in, which the readers of most formats need: what
 * comes through a pipe is put by until its end, in a file without a name. */
#ifndef PHICAST_JACK_CLIENT_RENDER_SPOOL_H
#define PHICAST_JACK_CLIENT_RENDER_SPOOL_H

#include "shared/status.h"

#include <stdint.h>

enum { SPOOL_ERROR_MAX = 256 };

struct spool {
    int fd; /* -1: none; to be closed by the caller */
    uint64_t size;
};

/* What messages call it: "-" is "standard input". */
const char *spool_name(const char *path);

/* STATUS_NOT_FOUND, STATUS_NO_ACCESS, STATUS_CORRUPT (a folder, or a device), STATUS_NO_MEMORY (no room to
 * put it by), STATUS_IO; `error` names the file and the cure. */
MUST_CHECK enum status spool_open(struct spool *spool, const char *path, char error[SPOOL_ERROR_MAX]);

#endif
