/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The control segment /phicast.NAME.control: what people ask of the analyser, by way of the broadcaster.
 *
 * One writer, a broadcaster; one reader, the analyser's control thread, which range-checks every command as
 * if an enemy had sent it. Bump CONTROL_ABI whenever a struct below changes in size, order or meaning.
 *
 * What stands in `wanted` is asked for as long as its writer lives.
 *
 * The broadcaster also notes here how far it has come with the analyser's events. A segment outlives a
 * broadcaster that was killed, so the one that replaces it can go on where the first one stopped. What it
 * serves each by itself (edges) has a note of its own.
 */
#ifndef PHICAST_SHARED_CONTROL_H
#define PHICAST_SHARED_CONTROL_H

#include "shared/part.h"
#include "shared/ring.h"
#include "shared/segment.h"
#include "shared/status.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CONTROL_ABI = 6 };

enum command_kind {
    COMMAND_DEPTH = 1,     /* value: COMMAND_DEPTH_MIN...MAX */
    COMMAND_PHASE = 2,     /* value: rad, up to COMMAND_PHASE_MAX in size, taken modulo 2 pi */
    COMMAND_RATE = 3,      /* value: Hz, COMMAND_RATE_MIN...MAX */
    COMMAND_BREATHING = 4, /* value: 0 or 1 */
    COMMAND_AUTO = 5,      /* value: 0 or 1 */
    COMMAND_CALIBRATE = 6, /* value: level of the test signal in dBFS, COMMAND_LEVEL_MIN...MAX */
    COMMAND_CONNECT = 7,   /* source: what is to feed a channel; value: which, 0...CHANNELS_MAX - 1 */
    COMMAND_DISCONNECT = 8 /* the same: is not to */
};

#define COMMAND_DEPTH_MIN 0
#define COMMAND_DEPTH_MAX 1
#define COMMAND_PHASE_MAX 1000000
#define COMMAND_RATE_MIN 0.01
#define COMMAND_RATE_MAX 10
#define COMMAND_LEVEL_MIN -60 /* NOLINT(bugprone-macro-parentheses): they would be printed */
#define COMMAND_LEVEL_MAX 0

/* The level when none is asked for. */
#define COMMAND_LEVEL_DEFAULT (-20)

struct command {
    uint32_t kind; /* enum command_kind */
    uint32_t reserved;
    double value;
    uint64_t source; /* of COMMAND_CONNECT and COMMAND_DISCONNECT: struct patch_source's id; else 0 */
    uint64_t unused[4];
};

enum { SINK_NAME_MAX = 8, EVENT_PLACES = 8 };

/* How far one of the broadcaster's sinks has come. */
struct event_place {
    char sink[SINK_NAME_MAX]; /* "ws", "osc", ...; zeros behind it, and all zeros: there is none */
    uint64_t next;            /* the writer's first event that has not been delivered there */
};

/* How far the events have been sent on. All zeros: nothing is known. */
struct event_cursor {
    uint64_t writer; /* the telemetry's start_time_us: whose events are counted; 0: nobody's */
    uint64_t state;  /* enum sound_state: the one that was told last */
    struct event_place place[EVENT_PLACES];
};

enum { CURSOR_WORDS = 2 + 2 * EVENT_PLACES };

enum { CHANNEL_NOTES = 128 };

/* How far one channel of one edge has come, as the sink puts it (sinks/edge/). All zeros: nothing is known.
 */
struct channel_note {
    uint64_t key; /* stands for the channel, and the analyser whose events they are */
    uint64_t value;
};

struct control {
    struct segment_header header;
    _Atomic uint64_t cursor[CURSOR_WORDS]; /* struct event_cursor, word by word */
    _Atomic uint64_t wanted;               /* bits of enum metric_part: what somebody asks for at present */
    uint64_t reserved[5];
    struct ring commands;
    struct {
        _Atomic uint64_t key;
        _Atomic uint64_t value;
    } note[CHANNEL_NOTES];
};

static_assert(sizeof(struct command) == RING_WORDS * sizeof(uint64_t), "a command is one ring message");
static_assert(sizeof(struct event_cursor) == CURSOR_WORDS * sizeof(uint64_t), "ABI");
static_assert(offsetof(struct control, cursor) == 64, "ABI");
static_assert(offsetof(struct control, commands) == 256, "ABI");
static_assert(sizeof(((struct control *)0)->note[0]) == sizeof(struct channel_note), "as they are read");

extern const struct segment_kind control_kind;

/* What is to be said of a kind of command, but for the two that patch: those need more than a number. */
struct command_row {
    const char *name;    /* "depth" */
    const char *address; /* where OSC takes it; NULL: it does not */
    const char *unit;    /* "", "rad", "Hz", "dBFS" */
    double low;
    double high;
    double usual_low; /* what a fader is made for */
    double usual_high;
    bool is_switch;    /* 0 or 1 and nothing between */
    const char *range; /* what it takes, for a message */
};

/* NULL for an unknown kind. Any thread. */
RT_SAFE const struct command_row *command_row(uint32_t kind);

/* "depth", "phase", ...; NULL for an unknown kind. Any thread. */
const char *command_kind_str(uint32_t kind);

/* Whether the kind is on or off and nothing between. Any thread. */
bool command_is_switch(uint32_t kind);

/* What the kind takes, for a message: "a number from 0 to 1"; NULL for an unknown kind. Any thread. */
const char *command_range_str(uint32_t kind);

/* Whether it is COMMAND_CONNECT or COMMAND_DISCONNECT. Any thread. */
RT_SAFE bool command_is_patch(uint32_t kind);

/* STATUS_BAD_ARG unless the kind is known and the value in its range. To be asked where a command comes in
 * from a person; what is handed on has been. Any thread. */
RT_SAFE MUST_CHECK enum status command_check(const struct command *command);

/* Of one that has been checked. The ring's one writing thread. */
void command_push(struct ring *ring, const struct command *command);

/* From another process: as ring_read, and STATUS_BAD_ARG (skipping it) for a command out of range. */
MUST_CHECK enum status command_read(const struct ring *ring, uint64_t *next, struct command *command,
                                    uint64_t *lost);

/* From a ring of our own process, where commands have been checked. */
RT_SAFE MUST_CHECK enum status command_take(const struct ring *ring, uint64_t *next, struct command *command,
                                            uint64_t *lost);

/* The broadcaster's thread: what its clients want measured at present. */
void control_want(struct control *control, uint32_t parts);

/* Any thread. Bits that mean nothing are left out. */
uint32_t control_wanted(const struct control *control);

/* The broadcaster's thread. Killed at any point, it leaves each number behind either old or new, and none of
 * them under a writer it does not belong to. */
void control_save_cursor(struct control *control, const struct event_cursor *cursor);

/* Any thread, of an attached segment whose writer is dead. */
struct event_cursor control_load_cursor(const struct control *control);

/* The same for a channel's note (place: below CHANNEL_NOTES), and for all of them. The latter goes by the
 * file, as a reader's copy is without them; of one that is cut short, all are zeros. */
void control_save_note(struct control *control, uint32_t place, struct channel_note note);
void control_load_notes(const struct segment *dead, struct channel_note note[CHANNEL_NOTES]);

#endif
