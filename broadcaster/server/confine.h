/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Takes away all files but those that the broadcaster needs (Landlock), for a process that stays root: uid 0
 * may open root's own files without any capability. */
#ifndef PHICAST_BROADCASTER_SERVER_CONFINE_H
#define PHICAST_BROADCASTER_SERVER_CONFINE_H

#include "shared/status.h"

#include <stdint.h>

/* For good, for this thread and those that it starts. What can be opened from then on: shared memory; for
 * reading, what name lookups read, and the files in `readable` (NULLs are passed over). What replaces one of
 * those can be read as well if it lies in the same folder, unless that is one of the root's, as /etc is: then
 * it must keep its place. In the folder `written` (NULL: none; an absolute path) files can be made and
 * written, unless it is the root itself. Nothing can be executed. STATUS_NOT_FOUND: this kernel has no
 * Landlock, or does not let us; STATUS_IO, with errno. */
MUST_CHECK enum status confine_files(const char *const *readable, uint32_t count, const char *written);

#endif
