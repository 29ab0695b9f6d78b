/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether libwebsockets can have anything of its own to send to a client. It does not tell of the pongs that
 * it owes and of the close frames that it has decided on; to look into its connection for that takes as long
 * as a twentieth of sending a message. But it owes nothing to those who have sent nothing so far but pongs,
 * as nearly all: TCP counts their bytes, and the loop says when there are more. */
#ifndef PHICAST_BROADCASTER_SINKS_WS_QUIET_H
#define PHICAST_BROADCASTER_SINKS_WS_QUIET_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zeros: it may have something to send. */
struct quiet {
    bool holds; /* it has nothing to send */
    ev_io io;
    uint64_t received; /* bytes, all of them read; but for pongs, those of the upgrade */
};

/* Once the upgrade's bytes have been read. The event loop's thread. */
void quiet_start(struct quiet *quiet, struct ev_loop *loop, int fd);

/* A pong of that many bytes of payload has been read. */
void quiet_ponged(struct quiet *quiet, size_t length);

/* Before the socket is closed. */
void quiet_stop(struct quiet *quiet, struct ev_loop *loop);

#endif
