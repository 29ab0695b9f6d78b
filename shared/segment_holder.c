/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who holds a segment's lock. The kernel names no process for such a lock (it belongs to an open file, which
 * several may share), so this looks at the files that processes have open, as far as we may. */
#include "shared/segment_file.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PROC_PATH_MAX = 64 };

/* Whether the descriptor's file is locked through it for writing. */
static bool holds_lock(pid_t pid, const char *fd)
{
    char path[PROC_PATH_MAX];
    char line[256];
    bool holds = false;
    snprintf(path, sizeof path, "/proc/%d/fdinfo/%.16s", (int)pid, fd);
    FILE *info = fopen(path, "re");
    while (info && !holds && fgets(line, sizeof line, info)) {
        holds = strncmp(line, "lock:", 5) == 0 && strstr(line, "WRITE");
    }
    if (info) {
        fclose(info);
    }
    return holds;
}

static bool is_holder(pid_t pid, const struct stat *wanted)
{
    char path[PROC_PATH_MAX];
    bool found = false;
    snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    DIR *folder = opendir(path);
    const struct dirent *entry;
    while (folder && !found && (entry = readdir(folder))) {
        struct stat file;
        found = fstatat(dirfd(folder), entry->d_name, &file, 0) == 0 && file.st_ino == wanted->st_ino &&
                file.st_dev == wanted->st_dev && holds_lock(pid, entry->d_name);
    }
    if (folder) {
        closedir(folder);
    }
    return found;
}

pid_t segment_holder(const struct segment_kind *kind, const char *name)
{
    char path[SEGMENT_PATH_MAX];
    struct stat wanted;
    pid_t holder = 0;
    DIR *folder = segment_make_path(path, kind, name) == STATUS_OK && lstat(path, &wanted) == 0
                      ? opendir("/proc")
                      : NULL;
    const struct dirent *entry;
    while (folder && holder == 0 && (entry = readdir(folder))) {
        const long pid = strtol(entry->d_name, NULL, 10);
        if (pid > 0 && is_holder((pid_t)pid, &wanted)) {
            holder = (pid_t)pid;
        }
    }
    if (folder) {
        closedir(folder);
    }
    return holder;
}
