/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/client/pipewire.h"

#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <jack/jack.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const char *value_of(const char *variable)
{
    const char *value = getenv(variable);
    return value && value[0] != '\0' ? value : NULL;
}

/* A socket that a dead server has left behind refuses. */
static bool takes_connections(const char *folder, const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int length = snprintf(address.sun_path, sizeof address.sun_path, "%s%s%s", folder,
                                folder[0] == '\0' ? "" : "/", name);
    if (length < 0 || (size_t)length >= sizeof address.sun_path) {
        return false;
    }
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return false;
    }
    const bool taken = connect(fd, (const struct sockaddr *)&address, sizeof address) == 0;
    (void)close(fd);
    return taken;
}

bool pipewire_answers(void)
{
    const char *remote = value_of("PIPEWIRE_REMOTE");
    const char *name = remote ? remote : "pipewire-0";
    const char *set = value_of("PIPEWIRE_RUNTIME_DIR");
    const char *folder = set ? set : value_of("XDG_RUNTIME_DIR");
    if (name[0] == '/') {
        return takes_connections("", name);
    }
    return (folder && takes_connections(folder, name)) || takes_connections("/run/pipewire", name);
}

static bool is_beside(const void *function, char *folder, size_t size)
{
    static const char place[] = "pipewire-0.3/jack";
    char library[4096];
    Dl_info info;
    if (!function || dladdr(function, &info) == 0 || !info.dli_fname) {
        return false;
    }
    const char *slash = strrchr(info.dli_fname, '/');
    if (!slash || (size_t)snprintf(folder, size, "%.*s/%s", (int)(slash - info.dli_fname), info.dli_fname,
                                   place) >= size) {
        return false;
    }
    (void)snprintf(library, sizeof library, "%s/libjack.so.0", folder);
    return access(library, R_OK) == 0;
}

bool pipewire_find_libjack(char *folder, size_t size)
{
    return is_beside((const void *)jack_get_version_string, folder, size) ||
           is_beside((const void *)gnu_get_libc_version, folder, size);
}
