/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/server/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/landlock.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* As of Linux 6.12; an older kernel takes it if what it does not know is 0. */
struct ruleset {
    uint64_t files;
    uint64_t ports;
    uint64_t scoped;
};

enum { SCOPED_SIGNALS = 2, ABI_SIGNALS = 6 };

/* What nobody needs who makes, reads, writes and removes files. */
static const uint64_t not_for_files = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
                                      LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_REFER;

/* How many kinds of access to files each version of Landlock knows. All of them are taken away. */
static uint64_t all_access(long abi)
{
    static const int kinds[] = {0, 13, 14, 15, 15, 16};
    const long most = (long)(sizeof kinds / sizeof kinds[0]) - 1;
    return (UINT64_C(1) << kinds[abi < most ? abi : most]) - 1;
}

/* What is not there is none of our concern. */
static void allow(int ruleset, const char *path, uint64_t access)
{
    struct stat about;
    struct landlock_path_beneath_attr rule = {.allowed_access = access,
                                              .parent_fd = open(path, O_PATH | O_CLOEXEC)};
    if (rule.parent_fd < 0) {
        return;
    }
    if (fstat(rule.parent_fd, &about) == 0 && !S_ISDIR(about.st_mode)) {
        rule.allowed_access &= LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE;
    }
    syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    close(rule.parent_fd);
}

/* Not one of the root's, where others' files are as well. */
static void allow_folder(int ruleset, const char *folder)
{
    if (folder && strchr(folder, '/') != strrchr(folder, '/')) {
        allow(ruleset, folder, LANDLOCK_ACCESS_FS_READ_FILE);
    }
}

/* The file, and what may come in its place: under its name, or where a link of that name leads to. */
static void allow_replaced(int ruleset, const char *path)
{
    char folder[PATH_MAX];
    char *target = realpath(path, NULL);
    allow(ruleset, path, LANDLOCK_ACCESS_FS_READ_FILE);
    if (target) {
        *strrchr(target, '/') = '\0';
        allow_folder(ruleset, target);
        free(target);
    }
    snprintf(folder, sizeof folder, "%s", path);
    char *name = strrchr(folder, '/');
    if (name) {
        *name = '\0';
    }
    target = realpath(name ? folder : ".", NULL);
    allow_folder(ruleset, target);
    free(target);
}

static void allow_system(int ruleset, uint64_t all)
{
    static const char *const read_only[] = {
        /* looking up names of hosts and users, and the libraries for it that are loaded only then */
        "/etc/hosts", "/etc/passwd", "/etc/resolv.conf", "/etc/nsswitch.conf", "/etc/host.conf",
        "/etc/gai.conf", "/etc/services", "/etc/protocols", "/etc/ld.so.cache", "/run/systemd/resolve",
        "/run/resolvconf", "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/localtime",
        "/usr/share/zoneinfo", "/dev/urandom",
        /* the system's authorities, which OpenSSL looks up one by one */
        "/etc/ssl/certs", "/etc/pki", "/usr/share/ca-certificates", "/usr/local/share/ca-certificates"};
    for (size_t i = 0; i < sizeof read_only / sizeof read_only[0]; i++) {
        allow(ruleset, read_only[i], LANDLOCK_ACCESS_FS_READ_FILE);
    }
    allow(ruleset, "/proc/self", LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR);
    allow(ruleset, "/dev/null", LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE);
    /* Where a new analyser's segment appears, and ours is made anew if it is lost. */
    allow(ruleset, "/dev/shm", all & ~not_for_files);
}

enum status confine_files(const struct file_needs *needs)
{
    const long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (abi < 1) {
        return STATUS_NOT_FOUND;
    }
    const struct ruleset wanted = {.files = all_access(abi),
                                   .scoped = abi >= ABI_SIGNALS ? SCOPED_SIGNALS : 0};
    const int ruleset = (int)syscall(SYS_landlock_create_ruleset, &wanted, sizeof wanted, 0);
    if (ruleset < 0) {
        return STATUS_IO;
    }
    allow_system(ruleset, wanted.files);
    for (uint32_t i = 0; i < needs->file_count; i++) {
        if (needs->file[i]) {
            allow_replaced(ruleset, needs->file[i]);
        }
    }
    for (uint32_t i = 0; i < needs->folder_count; i++) {
        if (needs->folder[i] && strcmp(needs->folder[i], "/") != 0) { /* all files are under the root */
            allow(ruleset, needs->folder[i], wanted.files & ~not_for_files);
        }
    }
    const bool good =
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
    const int err = errno;
    close(ruleset);
    errno = err;
    return good ? STATUS_OK : STATUS_IO;
}
