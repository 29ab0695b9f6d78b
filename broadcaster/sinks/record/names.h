/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of recordings are called. Nothing that is there already is ever written over: where a name
 * is taken, a number makes another one of it. */
#ifndef PHICAST_BROADCASTER_SINKS_RECORD_NAMES_H
#define PHICAST_BROADCASTER_SINKS_RECORD_NAMES_H

#include "shared/options.h"
#include "shared/status.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

enum { RECORD_NUMBER_MAX = 9999, RECORD_NAME_ROOM = 32 };

struct record_names {
    char folder[PATH_MAX];
    char stem[NAME_MAX + 1];
    char extension[NAME_MAX + 1]; /* "", or from a dot on */
    bool packed;                  /* with gzip: it ends in .gz */
    bool stamped;                 /* each has the time in it */
    bool is_folder;               /* a folder was named, no file */
};

/* path: a file in a folder that is there, or such a folder, where they are then called after the analyser.
 * STATUS_BAD_ARG: no name for a file; another status: the folder is not there (yet), or not ours to write to.
 * Then `error` names the path and the cure. Looks at the file system. */
MUST_CHECK enum status record_names_read(struct record_names *names, const char *path, const char *analyser,
                                         bool rotates, char error[OPTION_ERROR_MAX]);

/* The name for a file that begins at unix_s; number: from 1, the how manieth of that name. Pure but for the
 * time zone. False: it is too long. */
bool record_names_print(const struct record_names *names, int64_t unix_s, uint32_t number,
                        char out[PATH_MAX]);

#endif
