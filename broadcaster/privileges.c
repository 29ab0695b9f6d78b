/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/privileges.h"

#include "shared/log.h"
#include "shared/options.h"

#include <errno.h>
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

static bool become(const struct identity *identity, int segment)
{
    return fchown(segment, identity->uid, identity->gid) == 0 &&
           initgroups(identity->name, identity->gid) == 0 &&
           setresgid(identity->gid, identity->gid, identity->gid) == 0 &&
           setresuid(identity->uid, identity->uid, identity->uid) == 0;
}

/* The bounding set as well, so that nothing comes back with a program that is started. (To shrink that is
 * refused in some containers, which have shrunk it themselves.) */
static bool clear_capabilities(void)
{
    const struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};
    for (unsigned long capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++) {
        prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
    }
    return syscall(SYS_capset, &head, none) == 0;
}

enum status privileges_drop(const struct identity *identity, int segment, char *error)
{
    if (!identity->root) {
        return STATUS_OK;
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        !(identity->name ? become(identity, segment) : clear_capabilities())) {
        snprintf(error, OPTION_ERROR_MAX, "root's privileges could not be dropped: %s; start as another user",
                 strerror(errno));
        return STATUS_IO;
    }
    if (identity->name) {
        log_info("started as root: goes on as %s", identity->name);
    } else {
        log_info("started as root: goes on without its privileges; --user NAME would change the user too");
    }
    return STATUS_OK;
}
