/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The analyser's remote control, however a command came here: over HTTP or OSC. */
#ifndef PHICAST_BROADCASTER_CONTROL_REMOTE_H
#define PHICAST_BROADCASTER_CONTROL_REMOTE_H

#include "broadcaster/source/source.h"
#include "shared/control.h"
#include "shared/segment.h"
#include "shared/status.h"

#include <stdint.h>

enum { REMOTE_LOOK_US = 1000000 };

struct remote {
    struct segment *control;     /* written here; one without a file (fd -1) is not looked after */
    const struct source *source; /* tells whether anybody reads it */
    uint64_t look_us;            /* CLOCK_MONOTONIC: when its file is to be looked at again */
    uint64_t renewals;           /* how often it had to be made anew */
    uint64_t failures;           /* and how often that could not be done */
};

/* All functions: event loop's thread. */

/* Once a second: whether the control segment still has its name and is whole; else it is made anew, with the
 * note of the events in it. */
void remote_beat(struct remote *remote, uint64_t now_us);

/* All of the commands, which have been checked, in order, or none: STATUS_NOT_FOUND: no analyser
 * is there to hear them. STATUS_BUSY: a recording is played. STATUS_NO_ACCESS: it is another user's.
 * STATUS_IO: the control segment was removed, and could not be made anew; the log says why. */
MUST_CHECK enum status remote_send(struct remote *remote, const struct command *commands, uint32_t count);

/* Why remote_send did not, for people. */
const char *remote_refusal(const struct remote *remote, enum status status);

#endif
