/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far a long piece of work has come, for a person who waits for it. */
#ifndef PHICAST_SHARED_PROGRESS_H
#define PHICAST_SHARED_PROGRESS_H

#include <stdint.h>
#include <stdio.h>

struct progress {
    uint64_t due_us; /* when to say more; UINT64_MAX: never */
    int width;       /* characters that stand on the screen */
};

/* Something will be said on standard error after two seconds, if that is a terminal and `out`, where the
 * results go, is not. */
void progress_begin(struct progress *progress, FILE *out);

/* total_s: 0 if nobody knows. */
void progress_tell(struct progress *progress, double done_s, double total_s);

/* Wipes it away. */
void progress_end(struct progress *progress);

#endif
