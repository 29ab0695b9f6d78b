/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/client/inbox.h"

#include "shared/log.h"

#include <inttypes.h>

enum { LOOK_MS = 250, COMMANDS_MAX = 64 /* a poll's work is bounded */ };

void inbox_init(struct inbox *inbox, const char *name)
{
    *inbox = (struct inbox){.name = name, .segment = SEGMENT_NONE};
}

void inbox_close(struct inbox *inbox)
{
    segment_close(&inbox->segment);
    if (inbox->looked) { /* a broadcaster that ended before us may have left it for a successor */
        segment_sweep(&control_kind, inbox->name);
    }
}

static const struct ring *ring_of(const struct inbox *inbox)
{
    return &((const struct control *)inbox->segment.memory)->commands;
}

/* Once for each that is found there, not at each look. */
static void note_refused(struct inbox *inbox, enum status status)
{
    char owner[SEGMENT_OWNER_MAX];
    if (status == STATUS_NOT_FOUND || status == STATUS_NOT_READY) {
        status = STATUS_OK; /* no broadcaster, or one that is starting */
    }
    if (status == inbox->refused && inbox->segment.owner == inbox->refused_owner) {
        return;
    }
    inbox->refused = status;
    inbox->refused_owner = inbox->segment.owner;
    if (status == STATUS_FOREIGN) {
        log_repeated(&inbox->strangers,
                     SEGMENT_PATH_FORMAT
                     " belongs to %s: nothing in it is believed; run phicast-broadcaster as our own user, or "
                     "have that file removed",
                     inbox->name, control_kind.suffix, segment_owner_str(&inbox->segment, owner));
    } else if (status) {
        log_repeated(&inbox->strangers,
                     SEGMENT_PATH_FORMAT
                     ": %s, so it is not used; start phicast-broadcaster of our own version again",
                     inbox->name, control_kind.suffix, status_str(status));
    }
}

static void look_for_broadcaster(struct inbox *inbox, uint64_t now_ms)
{
    if (inbox->looked && now_ms - inbox->looked_ms < LOOK_MS) {
        return;
    }
    const bool first_look = !inbox->looked;
    inbox->looked = true;
    inbox->looked_ms = now_ms;
    const enum status status =
        segment_attach(&inbox->segment, &control_kind, inbox->name, SEGMENT_TRUST_NONE);
    note_refused(inbox, status);
    if (status) {
        return;
    }
    if (!segment_alive(&inbox->segment)) {
        segment_close(&inbox->segment);
        return;
    }
    /* A broadcaster that was there before us may have been told things long ago; of one that came since, all
     * is news. */
    inbox->next = first_look ? ring_head(ring_of(inbox)) : 0;
}

static void pass_on(struct inbox *inbox, struct ring *commands, double *calibrate)
{
    struct command command;
    struct command last_refused = {0};
    uint32_t refused = 0;
    uint64_t lost = 0;
    for (int i = 0; i < COMMANDS_MAX; i++) {
        const enum status status = command_read(ring_of(inbox), &inbox->next, &command, &lost);
        if (status == STATUS_EMPTY) {
            break;
        }
        if (status == STATUS_OK && command.kind == COMMAND_CALIBRATE) {
            *calibrate = command.value;
        } else if (status == STATUS_OK && command_is_patch(command.kind)) {
            if (inbox->patch_count < INBOX_PATCHES_MAX) {
                inbox->patch[inbox->patch_count++] = command;
            } else {
                lost++;
            }
        } else if (status == STATUS_OK) {
            command_push(commands, &command);
        } else if (status == STATUS_BAD_ARG) {
            last_refused = command;
            refused++;
        }
    }
    if (refused > 0) {
        log_repeated(&inbox->refusals, "%u commands out of range were refused, the last of kind %u, value %g",
                     refused, last_refused.kind, last_refused.value);
    }
    if (lost > 0) {
        log_repeated(&inbox->losses, "%" PRIu64 " commands came too fast and were lost", lost);
    }
}

void inbox_poll(struct inbox *inbox, struct ring *commands, double *calibrate, uint64_t now_ms)
{
    if (!inbox->segment.memory) {
        look_for_broadcaster(inbox, now_ms);
    }
    inbox->wanted = 0;
    if (!inbox->segment.memory) {
        return;
    }
    const bool alive = segment_alive(&inbox->segment);
    const bool good = segment_refresh(&inbox->segment) == STATUS_OK;
    inbox->wanted = good && alive ? control_wanted(inbox->segment.memory) : 0;
    if (good) {
        pass_on(inbox, commands, calibrate); /* what a broadcaster that has died asked for last, too */
    }
    if (!good || (!alive && inbox->next == ring_head(ring_of(inbox)))) {
        segment_close(&inbox->segment);
    }
}
