/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How every JSON text that people write is read: strictly, and with no key twice in one object, of which
 * json-c would take the last without a word. */
#ifndef PHICAST_SHARED_JSON_PARSE_H
#define PHICAST_SHARED_JSON_PARSE_H

#include "shared/status.h"

#include <json-c/json.h>
#include <stddef.h>

enum { JSON_WHY_MAX = 160, JSON_DEPTH_MAX = 32 };

/* Reads the text, nested up to `depth` (JSON_DEPTH_MAX at most) levels. On failure *root is NULL and `why`
 * says it in one line: STATUS_CORRUPT (not JSON), STATUS_BAD_ARG (a key twice), STATUS_NO_MEMORY. Any thread.
 */
MUST_CHECK enum status json_parse(struct json_object **root, const char *text, size_t length, int depth,
                                  char why[JSON_WHY_MAX]);

/* The same from a file of fewer than `limit` bytes, which may hold comments wherever blanks may stand (C's
 * kind, and from // to the end of the line), and whose errors are told by line; also STATUS_NOT_FOUND,
 * STATUS_NO_ACCESS, STATUS_IO, and STATUS_CORRUPT if it is larger. */
MUST_CHECK enum status json_parse_file(struct json_object **root, const char *path, size_t limit, int depth,
                                       char why[JSON_WHY_MAX]);

#endif
