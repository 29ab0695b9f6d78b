/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The control segment /phicast.NAME.control: what people ask of the analyser, by way of the broadcaster.
 *
 * One writer, a broadcaster; one reader, the analyser's control thread, which range-checks every command as
 * if an enemy had sent it. Bump CONTROL_ABI whenever a struct below changes in size, order or meaning.
 */
#ifndef PHICAST_SHARED_CONTROL_H
#define PHICAST_SHARED_CONTROL_H

#include "shared/ring.h"
#include "shared/segment.h"
#include "shared/status.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

enum { CONTROL_ABI = 1 };

enum command_kind {
    COMMAND_DEPTH = 1,     /* value: 0...1 */
    COMMAND_PHASE = 2,     /* value: rad, any finite number up to 1e6 in size, taken modulo 2 pi */
    COMMAND_RATE = 3,      /* value: Hz, 0.01...10 */
    COMMAND_BREATHING = 4, /* value: 0 or 1 */
    COMMAND_AUTO = 5,      /* value: 0 or 1 */
    COMMAND_CALIBRATE = 6  /* value: level of the test signal in dBFS, -60...0 */
};

struct command {
    uint32_t kind; /* enum command_kind */
    uint32_t reserved;
    double value;
    uint64_t unused[5];
};

struct control {
    struct segment_header header;
    struct ring commands;
};

static_assert(sizeof(struct command) == RING_WORDS * sizeof(uint64_t), "a command is one ring message");
static_assert(offsetof(struct control, commands) == 64, "ABI");

extern const struct segment_kind control_kind;

/* STATUS_BAD_ARG unless the kind is known and the value in its range. Any thread. */
MUST_CHECK enum status command_check(const struct command *command);

/* The broadcaster's thread. STATUS_BAD_ARG as above, and then nothing is written. */
MUST_CHECK enum status command_push(struct ring *ring, const struct command *command);

/* The analyser's control thread: as ring_read, and STATUS_BAD_ARG (skipping it) for a command out of range.
 */
MUST_CHECK enum status command_read(const struct ring *ring, uint64_t *next, struct command *command,
                                    uint64_t *lost);

#endif
