/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/client/publication.h"

#include "shared/log.h"
#include "shared/mapping.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <sys/mman.h>

static enum status find_group(const char *name, gid_t *gid)
{
    *gid = (gid_t)-1;
    if (name) {
        errno = 0;
        const struct group *group = getgrnam(name);
        if (!group) {
            log_error("--group %s: there is no such group; see getent group", name);
            return STATUS_NOT_FOUND;
        }
        *gid = group->gr_gid;
    }
    return STATUS_OK;
}

static void explain(const struct segment *segment, const char *name, enum status status)
{
    char owner[SEGMENT_OWNER_MAX];
    char process[32] = "";
    const pid_t pid = status == STATUS_BUSY ? segment_holder(&telemetry_kind, name) : 0;
    if (pid > 0) {
        snprintf(process, sizeof process, ", process %d", (int)pid);
    }
    if (status == STATUS_BUSY) {
        log_error("a phicast-jack named %s is already running (%s%s); choose another name with -n", name,
                  segment_owner_str(segment, owner), process);
    } else if (status == STATUS_FOREIGN) {
        log_error(SEGMENT_PATH_FORMAT " belongs to %s; have it removed, or choose another name with -n", name,
                  telemetry_kind.suffix, segment_owner_str(segment, owner));
    } else {
        log_error("cannot make the shared memory " SEGMENT_PATH_FORMAT
                  ": %s; is there room in /dev/shm (df /dev/shm), and are you in the --group?",
                  name, telemetry_kind.suffix, status_str(status));
    }
}

enum status publication_open(struct publication *p, const char *name, const char *group)
{
    gid_t gid;
    *p = (struct publication){.segment = SEGMENT_NONE, .retired = SEGMENT_NONE};
    enum status status = find_group(group, &gid);
    if (status) {
        return status;
    }
    status = segment_create(&p->segment, &telemetry_kind, name, gid);
    if (status) {
        explain(&p->segment, name, status);
    }
    return status;
}

/* A callback that runs now may still write to the old one; and one that starts now may have looked up the
 * pointer before we changed it, as the processor may do so before the end of the last callback is seen here.
 * The third one cannot. */
static bool is_let_go(const struct publication *p, const struct rt *rt, bool running)
{
    enum { CALLBACKS = 2 };
    return !running ||
           atomic_load_explicit(&rt->reports.callbacks, memory_order_acquire) - p->retired_at >= CALLBACKS;
}

static void renew(struct publication *p, struct rt *rt)
{
    char owner[SEGMENT_OWNER_MAX];
    const enum status status = segment_renew(&p->segment, &p->retired);
    if (status == STATUS_OK) {
        (void)mlock(p->segment.memory, sizeof(struct telemetry)); /* as the rest, where that is allowed */
        atomic_store(&rt->telemetry, p->segment.memory);
        p->retired_at = atomic_load(&rt->reports.callbacks);
        log_repeated(&p->renewals, "%s was removed, replaced or cut short; it has been made anew",
                     p->segment.path);
    } else if (status == STATUS_FOREIGN || status == STATUS_BUSY) {
        log_repeated(&p->failures,
                     "%s was replaced by a file of %s, so nobody sees our metrics; remove that file",
                     p->segment.path, segment_owner_str(&p->segment, owner));
    } else {
        log_repeated(&p->failures, "%s was removed and cannot be made anew, so nobody sees our metrics: %s",
                     p->segment.path, status_str(status));
    }
}

void publication_tend(struct publication *p, struct rt *rt, bool running, uint64_t now_ms)
{
    if (p->retired.memory && is_let_go(p, rt, running)) {
        segment_leave(&p->retired);
    }
    if (now_ms - p->looked_ms < PUBLICATION_LOOK_MS && !mapping_is_cut(p->segment.memory)) {
        return;
    }
    p->looked_ms = now_ms;
    if (!p->retired.memory && !segment_is_whole(&p->segment)) {
        renew(p, rt);
    }
}

void publication_withdraw(const struct publication *p)
{
    struct segment name = p->segment;
    name.memory = NULL;
    segment_close(&name);
}

void publication_close(struct publication *p)
{
    segment_leave(&p->retired);
    segment_close(&p->segment);
}
