/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Wakes the event loop at absolute times, and on SIGINT, SIGTERM and SIGHUP, through file descriptors that it
 * watches. libev's own timers wait in whole milliseconds, a timerfd sleeps to the microsecond; and its signal
 * watchers need handlers, where a signalfd lets signals wait from before there is a loop. */
#ifndef PHICAST_BROADCASTER_SERVER_TICKER_H
#define PHICAST_BROADCASTER_SERVER_TICKER_H

#include "shared/status.h"

#include <stdint.h>

/* Control thread. A timer of CLOCK_MONOTONIC, not armed; -1 on failure, with errno. */
int ticker_open_timer(void);

/* Arms it for at_us, replacing any earlier arming; a time gone by means at once. This also takes back the
 * readiness of the last expiry, so that nobody needs to read it. */
void ticker_arm(int timer, uint64_t at_us);

/* Blocks the three, in this thread and those that it makes from now on: no handler runs anywhere, and
 * whatever comes waits for ticker_open_signals. */
void ticker_block_signals(void);

/* A descriptor that becomes readable when one arrives, or has. -1 on failure, with errno. */
int ticker_open_signals(void);

/* The number of a signal that has arrived, or 0. */
int ticker_take_signal(int signals);

#endif
