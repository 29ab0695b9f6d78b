/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/control/remote.h"

#include "shared/log.h"

#include <stdbool.h>

static enum status renew(struct remote *remote)
{
    char owner[SEGMENT_OWNER_MAX];
    struct segment old;
    const enum status status = segment_renew(remote->control, &old);
    if (status == STATUS_OK) {
        const struct event_cursor note = control_load_cursor(old.memory);
        control_save_cursor(remote->control->memory, &note);
        log_repeated(&remote->renewals, "%s was removed, replaced or cut short; it has been made anew",
                     remote->control->path);
        segment_leave(&old);
    } else if (status == STATUS_FOREIGN || status == STATUS_BUSY) {
        log_repeated(&remote->failures,
                     "%s was replaced by a file of %s, so the analyser cannot be steered; remove that file",
                     remote->control->path, segment_owner_str(remote->control, owner));
    } else {
        log_repeated(&remote->failures,
                     "%s was removed and cannot be made anew, so the analyser cannot be steered: %s",
                     remote->control->path, status_str(status));
    }
    return status;
}

/* True: it can be written to with effect. Memory without a file is not looked after. */
static bool look_after(struct remote *remote)
{
    return remote->control->fd < 0 || segment_is_whole(remote->control) || renew(remote) == STATUS_OK;
}

void remote_beat(struct remote *remote, uint64_t now_us)
{
    if (now_us < remote->look_us) {
        return;
    }
    remote->look_us = now_us + REMOTE_LOOK_US;
    (void)look_after(remote); /* a failure has been logged */
}

enum status remote_send(struct remote *remote, const struct command *commands, uint32_t count)
{
    if (source_is_replay(remote->source)) {
        return STATUS_BUSY;
    }
    if (remote->source->writer == 0) {
        return STATUS_NOT_FOUND;
    }
    if (!remote->source->takes_commands) {
        return STATUS_NO_ACCESS;
    }
    /* What is written to a file without a name would be read by nobody. */
    if (!look_after(remote)) {
        return STATUS_IO;
    }
    struct control *control = remote->control->memory;
    for (uint32_t i = 0; i < count; i++) {
        command_push(&control->commands, &commands[i]);
    }
    return STATUS_OK;
}

const char *remote_refusal(const struct remote *remote, enum status status)
{
    switch (status) {
    case STATUS_NO_ACCESS:
        return "the analyser runs as another user, who cannot read what we write; run both as the same";
    case STATUS_BUSY: return "this is a replay, and no analyser listens; start without --replay to steer one";
    case STATUS_IO: return "the way to the analyser was removed and cannot be made anew; see the log";
    default: return remote->source->why;
    }
}
