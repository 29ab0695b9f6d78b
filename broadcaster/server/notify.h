/* SPDX-License-Identifier: GPL-3.0-or-later */
/* systemd's readiness protocol (sd_notify), without its library. Does nothing where nobody listens. */
#ifndef PHICAST_BROADCASTER_SERVER_NOTIFY_H
#define PHICAST_BROADCASTER_SERVER_NOTIFY_H

#include <stdint.h>

/* Sends "READY=1", "STOPPING=1", "WATCHDOG=1" ... to $NOTIFY_SOCKET. Never blocks. */
void notify_send(const char *state);

/* How often WATCHDOG=1 is to be sent: half of $WATCHDOG_USEC, in us; 0: not at all. */
uint64_t notify_watchdog_us(void);

#endif
