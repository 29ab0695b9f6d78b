/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What wakes the control thread: signals, JACK's callbacks, and the clock. */
#ifndef PHICAST_JACK_CLIENT_CONTROL_WAKE_H
#define PHICAST_JACK_CLIENT_CONTROL_WAKE_H

#include "shared/status.h"

#include <stdbool.h>

struct wake {
    int event; /* eventfd: somebody has set a flag */
    int end;   /* readable once it is time to end: a signalfd (SIGINT, SIGTERM, SIGHUP), or an eventfd */
};

/* The main thread of a program, before any other is started: the signals are blocked in all threads from here
 * on. STATUS_IO. */
MUST_CHECK enum status wake_open_for_signals(struct wake *wake);

/* A guest in somebody else's process: ends when wake_end is called. STATUS_IO. */
MUST_CHECK enum status wake_open_for_guest(struct wake *wake);
void wake_end(const struct wake *wake);

void wake_close(struct wake *wake);

/* Any thread but the RT thread (one system call). */
void wake_up(const struct wake *wake);

/* The control thread: waits until woken or until the time is over; true once it is time to end. */
bool wake_wait(const struct wake *wake, int timeout_ms);

#endif
