/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bytes of one message as libwebsockets wants them: with room in front for its frame header. One copy
 * serves every client, because the server's side of a WebSocket writes the same header for all of them and
 * leaves the text alone. */
#ifndef PHICAST_BROADCASTER_STREAM_WIRE_H
#define PHICAST_BROADCASTER_STREAM_WIRE_H

#include "shared/status.h"

#include <stddef.h>

/* Start from {0}; free with wire_free. */
struct wire {
    unsigned char *block; /* LWS_PRE bytes of headroom, then the text */
    size_t length;        /* bytes of text */
    size_t capacity;      /* bytes of text there is room for */
};

/* Makes room for so many bytes; what was there is gone. STATUS_NO_MEMORY, and then the old contents stand. */
MUST_CHECK enum status wire_reserve(struct wire *wire, size_t length);

/* Copies the text. STATUS_NO_MEMORY, and then the old contents stand. */
MUST_CHECK enum status wire_set(struct wire *wire, const char *text, size_t length);

/* Where the text starts; NULL before the first wire_set. */
unsigned char *wire_text(const struct wire *wire);

void wire_free(struct wire *wire);

#endif
