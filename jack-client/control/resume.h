/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A way out of a hang in libjack: the program starts itself anew, and goes on where it was.
 *
 * JACK2's library now and then (once in some hundred times) never returns from jack_client_close, with a lock
 * held that jack_client_open needs as well, so that this process could never reach a server again. */
#ifndef PHICAST_JACK_CLIENT_CONTROL_RESUME_H
#define PHICAST_JACK_CLIENT_CONTROL_RESUME_H

#include "jack-client/control/links.h"

#include <stdbool.h>
#include <stdint.h>

/* Runs the program anew with these arguments, leaving it the next frame's number and the connections to be
 * restored. Any thread; all others end. Returns only if it fails. */
void resume_exec(char **argv, uint64_t next_frame, const struct links *lost);

/* At the start: true if the program was started by resume_exec; fills what was left. */
bool resume_take(uint64_t *next_frame, struct links *lost);

#endif
