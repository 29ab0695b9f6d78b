/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The configuration file: one JSON object whose keys are the long option names. It may be one for several
 * programs: {"name": "stage", "phicast-jack": {"channels": 2}, "phicast-broadcaster": {"port": 8080}}. What
 * stands under a program's name is for that program alone, and beats what is for all. */
#ifndef PHICAST_SHARED_JSON_CONFIG_H
#define PHICAST_SHARED_JSON_CONFIG_H

#include "shared/options.h"
#include "shared/status.h"

#include <stdbool.h>

enum { CONFIG_PATH_MAX = 4096 };

/* The file that is read when none is named: phicast/phicast.conf in XDG_CONFIG_HOME, or else in ~/.config.
 * False: there is none. */
bool config_find(char path[CONFIG_PATH_MAX]);

/* Whether there is one of that name: if it then cannot be read, that is an error. */
bool config_is_there(const char *path);

struct config; /* owns the strings that the options point to after config_load */

#define CONFIG_HELP "read this JSON file and not ~/.config/phicast/phicast.conf; the command line wins"

/* Reads the file into `options`. Numbers, strings, booleans and (for lists) arrays of strings. Unknown keys,
 * keys given twice, "config", wrong types and values out of range are refused: `error` names the file, the
 * key and the cure. A list replaces what `options` held. *config must be freed with config_free after the
 * last use of the options; it is NULL on failure, and the options are then half filled and not to be used.
 * STATUS_NOT_FOUND (the file), STATUS_NO_ACCESS, STATUS_CORRUPT (not JSON), STATUS_BAD_ARG (a key or a
 * value), STATUS_NO_MEMORY, STATUS_IO. */
MUST_CHECK enum status config_load(const char *path, const struct option_table *table, void *options,
                                   struct config **config, char error[OPTION_ERROR_MAX]);

void config_free(struct config *config);

/* Writes a file that config_load reads as these options: whatever is not as in `defaults`, so that what is
 * left out stays what it is without the file. "config" is not written. On
 * failure `error` names the file and the cure, and the one that was there is left as it was: STATUS_BAD_ARG
 * (a string is not UTF-8, or there is more than a file may hold), STATUS_NO_MEMORY, and json_store's. */
MUST_CHECK enum status config_save(const char *path, const struct option_table *table, const void *options,
                                   const void *defaults, char error[OPTION_ERROR_MAX]);

#endif
