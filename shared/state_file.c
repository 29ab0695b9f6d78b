/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/state_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum status state_file_path(char path[STATE_PATH_MAX], const char *name)
{
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    int length = STATE_PATH_MAX;
    if (state && state[0] == '/') {
        length = snprintf(path, STATE_PATH_MAX, "%s/phicast/%s", state, name);
    } else if (home && home[0] == '/') {
        length = snprintf(path, STATE_PATH_MAX, "%s/.local/state/phicast/%s", home, name);
    }
    return length < STATE_PATH_MAX ? STATUS_OK : STATUS_NOT_FOUND;
}

enum status state_file_make_folders(const char *path)
{
    char folder[STATE_PATH_MAX];
    enum status status = STATUS_OK;
    snprintf(folder, sizeof folder, "%s", path);
    for (char *slash = strchr(folder + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(folder, 0700) != 0 && errno != EEXIST && status == STATUS_OK) {
            status = status_from_errno(errno);
        }
        *slash = '/';
    }
    return status;
}
