/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/control/hands.h"

#include "shared/control.h"
#include "shared/log.h"

#include <inttypes.h>

enum { LOOK_MS = 250, COMMANDS_MAX = 64 /* a poll's work is bounded */ };

void hands_init(struct hands *hands, const char *name)
{
    *hands = (struct hands){.name = name, .segment = SEGMENT_NONE};
}

void hands_close(struct hands *hands)
{
    segment_close(&hands->segment);
    if (hands->looked) { /* a broadcaster that ended before us may have left it for a successor */
        segment_sweep(&control_kind, hands->name);
    }
}

static const struct ring *ring_of(const struct hands *hands)
{
    return &((const struct control *)hands->segment.memory)->commands;
}

/* Once for each that is found there, not at each look. */
static void note_refused(struct hands *hands, enum status status)
{
    char owner[SEGMENT_OWNER_MAX];
    if (status == STATUS_NOT_FOUND || status == STATUS_NOT_READY) {
        status = STATUS_OK; /* no broadcaster, or one that is starting */
    }
    if (status == hands->refused && hands->segment.owner == hands->refused_owner) {
        return;
    }
    hands->refused = status;
    hands->refused_owner = hands->segment.owner;
    if (status == STATUS_FOREIGN) {
        log_repeated(&hands->strangers,
                     SEGMENT_PATH_FORMAT
                     " belongs to %s: nothing in it is believed; run phicast-broadcaster as our own user, or "
                     "have that file removed",
                     hands->name, control_kind.suffix, segment_owner_str(&hands->segment, owner));
    } else if (status) {
        log_repeated(&hands->strangers,
                     SEGMENT_PATH_FORMAT
                     ": %s, so it is not used; start phicast-broadcaster of our own version again",
                     hands->name, control_kind.suffix, status_str(status));
    }
}

static void look_for_broadcaster(struct hands *hands, uint64_t now_ms)
{
    if (hands->looked && now_ms - hands->looked_ms < LOOK_MS) {
        return;
    }
    const bool first_look = !hands->looked;
    hands->looked = true;
    hands->looked_ms = now_ms;
    const enum status status =
        segment_attach(&hands->segment, &control_kind, hands->name, SEGMENT_TRUST_NONE);
    note_refused(hands, status);
    if (status) {
        return;
    }
    if (!segment_alive(&hands->segment)) {
        segment_close(&hands->segment);
        return;
    }
    /* A broadcaster that was there before us may have been told things long ago; of one that came since, all
     * is news. */
    hands->next = first_look ? ring_head(ring_of(hands)) : 0;
}

static void pass_on(struct hands *hands, struct ring *commands, double *calibrate)
{
    struct command command;
    struct command last_refused = {0};
    uint32_t refused = 0;
    uint64_t lost = 0;
    for (int i = 0; i < COMMANDS_MAX; i++) {
        const enum status status = command_read(ring_of(hands), &hands->next, &command, &lost);
        if (status == STATUS_EMPTY) {
            break;
        }
        if (status == STATUS_OK && command.kind == COMMAND_CALIBRATE) {
            *calibrate = command.value;
        } else if (status == STATUS_BAD_ARG || (status == STATUS_OK && command_push(commands, &command))) {
            last_refused = command;
            refused++;
        }
    }
    if (refused > 0) {
        log_repeated(&hands->refusals, "%u commands out of range were refused, the last of kind %u, value %g",
                     refused, last_refused.kind, last_refused.value);
    }
    if (lost > 0) {
        log_repeated(&hands->losses, "%" PRIu64 " commands came too fast and were lost", lost);
    }
}

void hands_poll(struct hands *hands, struct ring *commands, double *calibrate, uint64_t now_ms)
{
    if (!hands->segment.memory) {
        look_for_broadcaster(hands, now_ms);
    }
    if (!hands->segment.memory) {
        return;
    }
    const bool alive = segment_alive(&hands->segment);
    const bool good = segment_refresh(&hands->segment) == STATUS_OK;
    if (good) {
        pass_on(hands, commands, calibrate); /* what a broadcaster that has died asked for last, too */
    }
    if (!good || (!alive && hands->next == ring_head(ring_of(hands)))) {
        segment_close(&hands->segment);
    }
}
