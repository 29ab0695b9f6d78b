/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON files that we write ourselves. */
#ifndef PHICAST_SHARED_JSON_STORE_H
#define PHICAST_SHARED_JSON_STORE_H

#include "shared/status.h"

#include <json-c/json.h>

enum { JSON_STORE_FLAGS = JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE };

/* Puts a file that holds `root` in the place of the one at `path`, or leaves that as it was: whoever reads it
 * meanwhile, or after a crash, finds one of the two. Its folder must be there. By errno: STATUS_NOT_FOUND,
 * STATUS_NO_ACCESS, STATUS_IO ... */
MUST_CHECK enum status json_store(const char *path, struct json_object *root);

#endif
