/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/control.h"

#include "shared/telemetry.h"
#include "shared/text.h"

#include <string.h>
#include <unistd.h>

const struct segment_kind control_kind = {
    .magic = 0x314C525443494850U, /* "PHICTRL1" */
    .abi = CONTROL_ABI,
    .size = sizeof(struct control),
    .suffix = "control",
    .front = offsetof(struct control, commands),
    .ring = offsetof(struct control, commands),
};

/* By kind. */
static const struct command_row rows[] = {
    [COMMAND_DEPTH] = {"depth", "/phicast/set/depth", "", COMMAND_DEPTH_MIN, COMMAND_DEPTH_MAX,
                       COMMAND_DEPTH_MIN, COMMAND_DEPTH_MAX, false,
                       "a number from " TEXT_OF(COMMAND_DEPTH_MIN) " to " TEXT_OF(COMMAND_DEPTH_MAX)},
    [COMMAND_PHASE] = {"phase", "/phicast/set/phase", "rad", -COMMAND_PHASE_MAX, COMMAND_PHASE_MAX, 0,
                       6.283185307179586, false,
                       "a number of radians from -" TEXT_OF(COMMAND_PHASE_MAX) " to " TEXT_OF(
                           COMMAND_PHASE_MAX)},
    [COMMAND_RATE] = {"rate", "/phicast/set/rate", "Hz", COMMAND_RATE_MIN, COMMAND_RATE_MAX, COMMAND_RATE_MIN,
                      COMMAND_RATE_MAX, false,
                      "a number of Hz from " TEXT_OF(COMMAND_RATE_MIN) " to " TEXT_OF(COMMAND_RATE_MAX)},
    [COMMAND_BREATHING] = {"breathing", "/phicast/set/breathing", "", 0, 1, 0, 1, true, "true or false"},
    [COMMAND_AUTO] = {"auto", "/phicast/set/auto", "", 0, 1, 0, 1, true, "true or false"},
    [COMMAND_CALIBRATE] = {"calibrate", NULL, "dBFS", COMMAND_LEVEL_MIN, COMMAND_LEVEL_MAX, COMMAND_LEVEL_MIN,
                           COMMAND_LEVEL_MAX, false,
                           "a number of dBFS from " TEXT_OF(COMMAND_LEVEL_MIN) " to " TEXT_OF(
                               COMMAND_LEVEL_MAX)},
};

RT_SAFE const struct command_row *command_row(uint32_t kind)
{
    return kind < sizeof rows / sizeof rows[0] && rows[kind].name ? &rows[kind] : NULL;
}

RT_SAFE bool command_is_patch(uint32_t kind)
{
    return kind == COMMAND_CONNECT || kind == COMMAND_DISCONNECT;
}

const char *command_kind_str(uint32_t kind)
{
    const struct command_row *row = command_row(kind);
    return row ? row->name : NULL;
}

bool command_is_switch(uint32_t kind)
{
    const struct command_row *row = command_row(kind);
    return row && row->is_switch;
}

const char *command_range_str(uint32_t kind)
{
    const struct command_row *row = command_row(kind);
    return row ? row->range : NULL;
}

RT_SAFE static bool patch_good(const struct command *command)
{
    const double v = command->value;
    return v >= 0 && v < CHANNELS_MAX && v == (double)(uint32_t)v && command->source != 0;
}

RT_SAFE enum status command_check(const struct command *command)
{
    if (command_is_patch(command->kind)) {
        return patch_good(command) ? STATUS_OK : STATUS_BAD_ARG;
    }
    const struct command_row *row = command_row(command->kind);
    const double v = command->value; /* not a number: in no range */
    const bool good = row && v >= row->low && v <= row->high && (!row->is_switch || v == 0 || v == 1);
    return good ? STATUS_OK : STATUS_BAD_ARG;
}

void command_push(struct ring *ring, const struct command *command)
{
    uint64_t words[RING_WORDS];
    assert(command_check(command) == STATUS_OK);
    memcpy(words, command, sizeof words);
    ring_push(ring, words);
}

RT_SAFE enum status command_take(const struct ring *ring, uint64_t *next, struct command *command,
                                 uint64_t *lost)
{
    uint64_t words[RING_WORDS];
    const enum status status = ring_read(ring, next, words, lost);
    if (status == STATUS_OK) {
        memcpy(command, words, sizeof *command);
    }
    return status;
}

enum status command_read(const struct ring *ring, uint64_t *next, struct command *command, uint64_t *lost)
{
    const enum status status = command_take(ring, next, command, lost);
    return status ? status : command_check(command);
}

static void store(_Atomic uint64_t *word, uint64_t value)
{
    atomic_store_explicit(word, value, memory_order_release);
}

void control_want(struct control *control, uint32_t parts)
{
    store(&control->wanted, parts);
}

uint32_t control_wanted(const struct control *control)
{
    return (uint32_t)atomic_load_explicit(&control->wanted, memory_order_acquire) & PARTS_ALL;
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

void control_save_note(struct control *control, uint32_t place, struct channel_note note)
{
    if (atomic_load_explicit(&control->note[place].key, memory_order_relaxed) != note.key) {
        store(&control->note[place].value, 0);
        store(&control->note[place].key, note.key);
    }
    store(&control->note[place].value, note.value);
}

void control_load_notes(const struct segment *dead, struct channel_note note[CHANNEL_NOTES])
{
    const size_t size = CHANNEL_NOTES * sizeof *note;
    if (pread(dead->fd, note, size, offsetof(struct control, note)) != (ssize_t)size) {
        memset(note, 0, size);
    }
}
