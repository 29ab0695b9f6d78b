/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ends the process when the event loop does not turn any more, whatever library it hangs in: a program that
 * is gone is started anew, one that hangs is not. It looks four times a second, from a signal's handler, and
 * asks nothing that could hang itself.
 *
 * Counted are looks, not time: a process that was stopped, or whose machine slept, was not looked at
 * meanwhile. */
#ifndef PHICAST_BROADCASTER_SERVER_WATCHDOG_H
#define PHICAST_BROADCASTER_SERVER_WATCHDOG_H

enum {
    WATCHDOG_LOOK_US = 250000,
    WATCHDOG_LOOKS = 20,      /* in a row that see no turn: the end */
    WATCHDOG_LOOKS_ASKED = 8, /* with a SIGTERM or SIGINT that waits in vain */
    WATCHDOG_TURN_US = 500000 /* the loop turns at least that often */
};

/* Main thread, when start-up is over. Uses SIGALRM. */
void watchdog_start(void);

/* When all is closed. An alarm that is set would end the program that this one starts. */
void watchdog_stop(void);

/* The loop turns, or is at work that has an end. */
void watchdog_turn(void);

#endif
