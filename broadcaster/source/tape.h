/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A recording as what it says, read ahead by a thread of its own: a disk that stalls, a pipe that is slow, or
 * a way of an hour through a compressed file never holds the event loop up. Memory is taken once.
 *
 * A line that is damaged is passed over, and told of. All functions: the event loop's thread. */
#ifndef PHICAST_BROADCASTER_SOURCE_TAPE_H
#define PHICAST_BROADCASTER_SOURCE_TAPE_H

#include "shared/json/recording.h"
#include "shared/options.h"
#include "shared/status.h"

#include <stdbool.h>
#include <stdint.h>

enum { TAPE_AHEAD = 256, TAPE_WHY_MAX = 240 };

struct tape;

struct tape_item {
    double at;       /* seconds of playing: goes on where a loop begins again, and at a seek is the place */
    double position; /* its place in the recording, seconds */
    bool is_end;     /* there is nothing more; `recorded` is of no meaning */
    struct recorded recorded;
};

/* What went wrong so far. */
struct tape_troubles {
    uint64_t count;
    char last[TAPE_WHY_MAX]; /* one line that names the place and the cure; "" */
};

/* Opens the file, "-": standard input. On failure `error` is one line naming the file and the cure. */
MUST_CHECK enum status tape_open(struct tape **tape, const char *path, bool loops, double from,
                                 char error[OPTION_ERROR_MAX]);

/* Begins to read, and waits until the first message is there, or SIGINT or SIGTERM, if they are blocked. A
 * recording that begins with something else is refused: as above. */
MUST_CHECK enum status tape_start(struct tape *tape, char error[OPTION_ERROR_MAX]);

/* Not waiting for more than a second for a disk that stalls. NULL is fine. */
void tape_close(struct tape *tape);

/* What comes next; NULL: it is not there yet. Until tape_pop or tape_seek. */
const struct tape_item *tape_peek(struct tape *tape);
void tape_pop(struct tape *tape);

/* What comes next is what stands at that place, or after it. Of a file alone. */
void tape_seek(struct tape *tape, double position);
bool tape_can_seek(const struct tape *tape);

/* Seconds; below 0: not known yet. */
double tape_duration(struct tape *tape);

/* The analyser's name as the recording has it; "": it has none. After tape_start. */
const char *tape_name(const struct tape *tape);

/* Brings *seen up to date. */
void tape_troubles(struct tape *tape, struct tape_troubles *seen);

#endif
