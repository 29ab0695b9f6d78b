/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/client/libjack.h"

#include <jack/jack.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char search_path[] = "LD_LIBRARY_PATH";
static const char usual_path[] = "PHICAST_USUAL_LIBRARY_PATH"; /* set while ours is in its place */

bool libjack_is_pipewires(void)
{
    return strstr(jack_get_version_string(), "PipeWire") != NULL;
}

bool libjack_was_chosen(void)
{
    return getenv(usual_path) != NULL;
}

bool libjack_choose_pipewires(const char *folder)
{
    const char *set = getenv(search_path);
    const char *usual = set ? set : "";
    char *path = NULL;
    const bool made = asprintf(&path, "%s%s%s", folder, usual[0] == '\0' ? "" : ":", usual) >= 0;
    const bool chosen = made && setenv(usual_path, usual, 1) == 0 && setenv(search_path, path, 1) == 0;
    if (made) {
        free(path);
    }
    return chosen;
}

void libjack_choose_usual(void)
{
    const char *usual = getenv(usual_path);
    if (usual && usual[0] != '\0') {
        (void)setenv(search_path, usual, 1);
    } else {
        (void)unsetenv(search_path);
    }
    (void)unsetenv(usual_path);
}
