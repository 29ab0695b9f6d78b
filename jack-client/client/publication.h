/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The telemetry segment as its writer has it: made at the start, looked after while it runs, and made anew
 * when somebody removed it or cut it short. Control thread. */
#ifndef PHICAST_JACK_CLIENT_CLIENT_PUBLICATION_H
#define PHICAST_JACK_CLIENT_CLIENT_PUBLICATION_H

#include "jack-client/rt/process.h"
#include "shared/segment.h"
#include "shared/status.h"

#include <stdbool.h>
#include <stdint.h>

enum { PUBLICATION_LOOK_MS = 1000 };

struct publication {
    struct segment segment;
    struct segment retired; /* the one before, until the RT thread has let go of it */
    uint64_t retired_at;    /* rt.reports.callbacks when it was replaced */
    uint64_t looked_ms;     /* when the file was looked at */
    uint64_t renewals;      /* how often it had to be made anew */
    uint64_t failures;      /* and how often that could not be done */
};

/* Takes the name; what fails has been logged. group: NULL for none. */
MUST_CHECK enum status publication_open(struct publication *publication, const char *name, const char *group);

/* Often: once a second, or at once when the file was seen to be cut short, it is looked after, and rt is
 * given another one to write to. running: process callbacks may be coming. now_ms: a monotonic clock. */
void publication_tend(struct publication *publication, struct rt *rt, bool running, uint64_t now_ms);

/* Any thread, on the way out: takes the name away. Callbacks may be running, so the memory stays. */
void publication_withdraw(const struct publication *publication);

/* No callback may be running. */
void publication_close(struct publication *publication);

#endif
