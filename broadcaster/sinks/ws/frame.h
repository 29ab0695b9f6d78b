/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Frames of RFC 6455 as a server sends them: whole messages, not masked. Pure. */
#ifndef PHICAST_BROADCASTER_SINKS_WS_FRAME_H
#define PHICAST_BROADCASTER_SINKS_WS_FRAME_H

#include "broadcaster/stream/encoded.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

/* A binary message; its head is written in front of it. */
struct iovec frame_binary(const struct wire *wire);

/* A text message; its head is written in front of the text. packed: the text is compressed (RFC 7692). */
struct iovec frame_text(const struct wire *wire, bool packed);

enum { FRAME_PING = 10 };

/* A ping with that number in it. */
struct iovec frame_ping(unsigned char room[FRAME_PING], uint64_t number);

#endif
