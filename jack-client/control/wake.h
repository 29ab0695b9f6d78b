/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What wakes the control thread: signals, JACK's callbacks, and the clock. */
#ifndef PHICAST_JACK_CLIENT_CONTROL_WAKE_H
#define PHICAST_JACK_CLIENT_CONTROL_WAKE_H

#include "shared/status.h"

#include <stdbool.h>

struct wake {
    int event;  /* eventfd: somebody has set a flag */
    int signal; /* signalfd: SIGINT, SIGTERM, SIGHUP */
};

/* The main thread, before any other is started: the signals are blocked in all threads from here on.
 * STATUS_IO. */
MUST_CHECK enum status wake_open(struct wake *wake);
void wake_close(struct wake *wake);

/* Any thread but the RT thread (one system call). */
void wake_up(const struct wake *wake);

/* The control thread: waits until woken or until the time is over; true once a signal has asked to end. */
bool wake_wait(const struct wake *wake, int timeout_ms);

#endif
