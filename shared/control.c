/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/control.h"

#include "shared/text.h"

#include <string.h>

const struct segment_kind control_kind = {
    .magic = 0x314C525443494850U, /* "PHICTRL1" */
    .abi = CONTROL_ABI,
    .size = sizeof(struct control),
    .suffix = "control",
    .front = offsetof(struct control, commands),
    .ring = offsetof(struct control, commands),
};

const char *command_kind_str(uint32_t kind)
{
    static const char *const names[] = {NULL, "depth", "phase", "rate", "breathing", "auto", "calibrate"};
    return kind < sizeof names / sizeof names[0] ? names[kind] : NULL;
}

bool command_is_switch(uint32_t kind)
{
    return kind == COMMAND_BREATHING || kind == COMMAND_AUTO;
}

const char *command_range_str(uint32_t kind)
{
    switch (kind) {
    case COMMAND_DEPTH: return "a number from " TEXT_OF(COMMAND_DEPTH_MIN) " to " TEXT_OF(COMMAND_DEPTH_MAX);
    case COMMAND_PHASE:
        return "a number of radians from -" TEXT_OF(COMMAND_PHASE_MAX) " to " TEXT_OF(COMMAND_PHASE_MAX);
    case COMMAND_RATE:
        return "a number of Hz from " TEXT_OF(COMMAND_RATE_MIN) " to " TEXT_OF(COMMAND_RATE_MAX);
    case COMMAND_BREATHING:
    case COMMAND_AUTO: return "true or false";
    case COMMAND_CALIBRATE:
        return "a number of dBFS from " TEXT_OF(COMMAND_LEVEL_MIN) " to " TEXT_OF(COMMAND_LEVEL_MAX);
    default: return NULL;
    }
}

/* False for NaN. */
static bool within(double value, double min, double max)
{
    return value >= min && value <= max;
}

RT_SAFE enum status command_check(const struct command *command)
{
    const double v = command->value;
    bool good = false;

    switch (command->kind) {
    case COMMAND_DEPTH: good = within(v, COMMAND_DEPTH_MIN, COMMAND_DEPTH_MAX); break;
    case COMMAND_PHASE: good = within(v, -COMMAND_PHASE_MAX, COMMAND_PHASE_MAX); break;
    case COMMAND_RATE: good = within(v, COMMAND_RATE_MIN, COMMAND_RATE_MAX); break;
    case COMMAND_BREATHING:
    case COMMAND_AUTO: good = v == 0 || v == 1; break;
    case COMMAND_CALIBRATE: good = within(v, COMMAND_LEVEL_MIN, COMMAND_LEVEL_MAX); break;
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

RT_SAFE enum status command_read(const struct ring *ring, uint64_t *next, struct command *command,
                                 uint64_t *lost)
{
    uint64_t words[RING_WORDS];
    const enum status status = ring_read(ring, next, words, lost);
    if (status) {
        return status;
    }
    memcpy(command, words, sizeof *command);
    return command_check(command);
}

static void store(_Atomic uint64_t *word, uint64_t value)
{
    atomic_store_explicit(word, value, memory_order_release);
}

void control_save_cursor(struct control *control, const struct event_cursor *cursor)
{
    uint64_t words[CURSOR_WORDS];
    memcpy(words, cursor, sizeof words);
    if (atomic_load_explicit(&control->cursor[0], memory_order_relaxed) != cursor->writer) {
        store(&control->cursor[0], 0);
    }
    for (size_t i = CURSOR_WORDS; i > 0; i--) { /* the writer last */
        store(&control->cursor[i - 1], words[i - 1]);
    }
}

struct event_cursor control_load_cursor(const struct control *control)
{
    uint64_t words[CURSOR_WORDS];
    struct event_cursor cursor;
    for (size_t i = 0; i < CURSOR_WORDS; i++) {
        words[i] = atomic_load_explicit(&control->cursor[i], memory_order_acquire);
    }
    memcpy(&cursor, words, sizeof cursor);
    return cursor;
}
