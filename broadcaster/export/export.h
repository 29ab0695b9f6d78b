/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --export: a recording in another program's format. */
#ifndef PHICAST_BROADCASTER_EXPORT_EXPORT_H
#define PHICAST_BROADCASTER_EXPORT_EXPORT_H

#include "shared/options.h"
#include "shared/status.h"

#include <stdio.h>

/* Writes the recording at `path` ("-": standard input) to `out` as MCAP, a topic a stream. Lines that are of
 * no use are passed over and logged, and what is damaged further on ends it, as in a replay. On a terminal
 * standard error shows how far it is. STATUS_BAD_ARG, STATUS_NOT_FOUND, STATUS_CORRUPT (nothing there can be
 * read), STATUS_IO, STATUS_NO_MEMORY: `error` says it in words. */
MUST_CHECK enum status export_run(const char *path, FILE *out, char error[OPTION_ERROR_MAX]);

#endif
