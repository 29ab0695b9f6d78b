/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/server/privileges.h"

#include "broadcaster/server/confine.h"
#include "shared/log.h"
#include "shared/options.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum status privileges_choose(struct identity *identity, const char *user, char *error)
{
    *identity = (struct identity){.root = geteuid() == 0};
    if (user && !identity->root) {
        snprintf(error, OPTION_ERROR_MAX, "--user %.64s: only root can become another user; leave it out",
                 user);
        return STATUS_BAD_ARG;
    }
    const char *name = user ? user : identity->root ? getenv("SUDO_USER") : NULL;
    const struct passwd *entry = name ? getpwnam(name) : NULL;
    if (user && !entry) {
        snprintf(error, OPTION_ERROR_MAX, "--user %.64s: there is no such user; see getent passwd", user);
        return STATUS_BAD_ARG;
    }
    if (!entry || entry->pw_uid == 0) {
        identity->root_by_choice = user != NULL;
        return STATUS_OK;
    }
    identity->name = strdup(name);
    identity->uid = entry->pw_uid;
    identity->gid = entry->pw_gid;
    if (!identity->name) {
        snprintf(error, OPTION_ERROR_MAX, "out of memory");
        return STATUS_NO_MEMORY;
    }
    return STATUS_OK;
}

void privileges_free(struct identity *identity)
{
    free(identity->name);
    identity->name = NULL;
}

/* So that nothing comes back with a program that is started. (To shrink it is refused in some containers,
 * which have shrunk it themselves.) */
static void clear_bounding_set(void)
{
    for (unsigned long capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++) {
        prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
    }
}

static bool become(const struct identity *identity, int segment)
{
    return (segment < 0 || fchown(segment, identity->uid, identity->gid) == 0) &&
           initgroups(identity->name, identity->gid) == 0 &&
           setresgid(identity->gid, identity->gid, identity->gid) == 0 &&
           setresuid(identity->uid, identity->uid, identity->uid) == 0;
}

static bool clear_capabilities(void)
{
    const struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};
    return syscall(SYS_capset, &head, none) == 0;
}

static enum status refuse(char *error)
{
    snprintf(error, OPTION_ERROR_MAX, "root's privileges could not be dropped: %s; start as another user",
             strerror(errno));
    return STATUS_IO;
}

/* Root's own files would still be open to a root without capabilities. */
static enum status stay_root(const struct identity *identity, const struct file_needs *needs, char *error)
{
    if (!clear_capabilities()) {
        return refuse(error);
    }
    const enum status status = confine_files(needs);
    if (status == STATUS_OK) {
        log_info("started as root: goes on as root without capabilities, and without all files but those it "
                 "needs");
        return STATUS_OK;
    }
    if (status != STATUS_NOT_FOUND) {
        return refuse(error);
    }
    if (!identity->root_by_choice) {
        snprintf(
            error, OPTION_ERROR_MAX,
            "started as root, and the kernel cannot keep root's files from it (no Landlock); give --user "
            "NAME, or --user root to go on all the same");
        return STATUS_IO;
    }
    log_warning("--user root: without capabilities, but root's own files stay open to it: the kernel has no "
                "Landlock");
    return STATUS_OK;
}

/* What SIGHUP will not be able to read. */
static void warn_of_unreadable(const struct file_needs *needs)
{
    for (uint32_t i = 0; i < needs->file_count; i++) {
        const char *path = needs->file[i];
        const int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
        if (fd >= 0) {
            close(fd);
        } else if (path) {
            log_warning(
                "%s: %s from now on, so SIGHUP will not read it again; let the user that it goes on as "
                "read it",
                path, strerror(errno));
        }
    }
}

enum status privileges_drop(const struct identity *identity, int segment, const struct file_needs *needs,
                            char *error)
{
    if (!identity->root) {
        return STATUS_OK;
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return refuse(error);
    }
    clear_bounding_set();
    if (identity->name && !become(identity, segment)) {
        return refuse(error);
    }
    const enum status status = identity->name ? STATUS_OK : stay_root(identity, needs, error);
    if (status) {
        return status;
    }
    if (identity->name) {
        log_info("started as root: goes on as %s", identity->name);
    }
    warn_of_unreadable(needs);
    return STATUS_OK;
}
