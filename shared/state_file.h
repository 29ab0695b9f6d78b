/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where what is kept from run to run lies: the user's state folder, as the XDG specification has it. Any
 * thread. */
#ifndef PHICAST_SHARED_STATE_FILE_H
#define PHICAST_SHARED_STATE_FILE_H

#include "shared/status.h"

enum { STATE_PATH_MAX = 512 };

/* $XDG_STATE_HOME/phicast/NAME, or ~/.local/state/... STATUS_NOT_FOUND if there is no home. */
MUST_CHECK enum status state_file_path(char path[STATE_PATH_MAX], const char *name);

/* Makes the folders above the file, for the user alone. A failure matters only if the file cannot be made
 * then: a folder may be there and yet not ours to make. */
enum status state_file_make_folders(const char *path);

#endif
