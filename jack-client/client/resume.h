/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The program starts itself anew, and goes on where it was: with another libjack (libjack.h), or as a way out
 * of a hang in this one.
 *
 * JACK2's library now and then (once in some hundred times) never returns from jack_client_close, with a lock
 * held that jack_client_open needs as well, so that this process could never reach a server again. */
#ifndef PHICAST_JACK_CLIENT_CLIENT_RESUME_H
#define PHICAST_JACK_CLIENT_CLIENT_RESUME_H

#include "jack-client/client/links.h"
#include "shared/nsm/nsm.h"

#include <stdbool.h>
#include <stdint.h>

struct resume {
    uint32_t hangs;          /* how often in a row, without a server joined in between */
    bool going;              /* a server has been joined, or waited for: one that is absent is waited for */
    bool jack_before;        /* a JACK server has been joined */
    unsigned long jack_left; /* the JACK server that could not be joined; 0: there was none */
    uint64_t next_frame;     /* the number of the next frame */
};

/* Runs the program anew with these arguments, leaving it `resume`, the connections to be restored, and the
 * session manager if there is one. Any thread; all others end. Returns only if it fails. */
void resume_exec(char **argv, const struct resume *resume, const struct links *lost, const struct nsm *nsm);

/* At the start: what resume_exec has left; {0} if it was not at work. */
struct resume resume_take(struct links *lost);

#endif
