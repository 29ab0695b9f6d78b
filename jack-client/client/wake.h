/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What wakes the control thread: JACK's callbacks, the request that it end, and the clock. */
#ifndef PHICAST_JACK_CLIENT_CLIENT_WAKE_H
#define PHICAST_JACK_CLIENT_CLIENT_WAKE_H

#include "shared/status.h"

#include <stdbool.h>

struct wake {
    int event; /* eventfd: somebody has set a flag */
    int end;   /* eventfd: it is time to end */
};

/* STATUS_IO. */
MUST_CHECK enum status wake_open(struct wake *wake);
void wake_close(struct wake *wake);

/* Any thread but the RT thread (one system call). */
void wake_up(const struct wake *wake);
void wake_end(const struct wake *wake);

/* The control thread: waits until woken or until the time is over; true once it is time to end. */
bool wake_wait(const struct wake *wake, int timeout_ms);

#endif
