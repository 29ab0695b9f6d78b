/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/json/store.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

enum status json_store(const char *path, struct json_object *root)
{
    char fresh[PATH_MAX + 8];
    snprintf(fresh, sizeof fresh, "%s.%d", path, (int)getpid() % 100000);
    errno = 0;
    if (json_object_to_file_ext(fresh, root, JSON_STORE_FLAGS) != 0 || rename(fresh, path) != 0) {
        const enum status status = errno ? status_from_errno(errno) : STATUS_IO;
        (void)unlink(fresh);
        return status;
    }
    return STATUS_OK;
}
