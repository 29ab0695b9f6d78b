/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/control.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

const struct segment_kind control_kind = {
    .magic = 0x314C525443494850U, /* "PHICTRL1" */
    .abi = CONTROL_ABI,
    .size = sizeof(struct control),
    .suffix = "control",
};

enum status command_check(const struct command *command)
{
    const double v = command->value;
    bool good = false;

    switch (command->kind) {
    case COMMAND_DEPTH: good = v >= 0 && v <= 1; break;
    case COMMAND_PHASE: good = fabs(v) <= 1e6; break;
    case COMMAND_RATE: good = v >= 0.01 && v <= 10; break;
    case COMMAND_BREATHING:
    case COMMAND_AUTO: good = v == 0 || v == 1; break;
    case COMMAND_CALIBRATE: good = v >= -60 && v <= 0; break;
    default: break;
    }
    return good ? STATUS_OK : STATUS_BAD_ARG;
}

enum status command_push(struct ring *ring, const struct command *command)
{
    uint64_t words[RING_WORDS];
    const enum status status = command_check(command);
    if (status == STATUS_OK) {
        memcpy(words, command, sizeof words);
        ring_push(ring, words);
    }
    return status;
}

enum status command_read(const struct ring *ring, uint64_t *next, struct command *command, uint64_t *lost)
{
    uint64_t words[RING_WORDS];
    const enum status status = ring_read(ring, next, words, lost);
    if (status) {
        return status;
    }
    memcpy(command, words, sizeof *command);
    return command_check(command);
}
