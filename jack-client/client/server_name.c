/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/client/server_name.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_ROOM = 128 };

/* The list knows nothing of mount namespaces: the socket may lie in a folder of that name which is not ours.
 */
static bool is_here(const char *path)
{
    struct stat file;
    return stat(path, &file) == 0 && S_ISSOCK(file.st_mode);
}

/* "NUM: REFCOUNT PROTOCOL FLAGS TYPE STATE INODE PATH", all numbers hexadecimal but the inode. 0: another's.
 */
static unsigned long inode_at(const char *line, const char *file)
{
    const unsigned long listening = 0x10000; /* __SO_ACCEPTCON */
    unsigned long flags;
    unsigned long inode;
    char path[PATH_ROOM];
    if (sscanf(line, "%*[^:]: %*x %*x %lx %*x %*x %lu %127s", &flags, &inode, path) != 3 ||
        !(flags & listening)) {
        return 0;
    }
    const char *slash = strrchr(path, '/');
    return slash && strcmp(slash + 1, file) == 0 && is_here(path) ? inode : 0;
}

unsigned long server_of_name(const char *name)
{
    char file[PATH_ROOM];
    char line[512];
    unsigned long found = 0;
    if (getenv("JACK_PROMISCUOUS_SERVER")) {
        snprintf(file, sizeof file, "jack_%s_0", name);
    } else {
        snprintf(file, sizeof file, "jack_%s_%u_0", name, geteuid());
    }
    FILE *sockets = fopen("/proc/net/unix", "re");
    while (sockets && !found && fgets(line, sizeof line, sockets)) {
        found = inode_at(line, file);
    }
    if (sockets) {
        (void)fclose(sockets);
    }
    return found;
}
