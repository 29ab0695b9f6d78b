/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One message as text, and its compressed copy where somebody made one: the same bytes serve every client,
 * because the server's side of a WebSocket writes the same header for all of them and leaves the text alone.
 * Any thread, one at a time. */
#ifndef PHICAST_BROADCASTER_STREAM_ENCODED_H
#define PHICAST_BROADCASTER_STREAM_ENCODED_H

#include "shared/status.h"

#include <stdbool.h>
#include <stddef.h>

enum { WIRE_HEADROOM = 32 }; /* bytes in front of the text, for whatever head a transport puts there */

/* Bytes with room in front of them. Start from {0}; free with wire_free. */
struct wire {
    unsigned char *block; /* WIRE_HEADROOM bytes, then the text */
    size_t length;        /* bytes of text */
    size_t capacity;      /* bytes of text there is room for */
};

/* Makes room for so many bytes; what was there is gone. STATUS_NO_MEMORY, and then the old contents stand. */
MUST_CHECK enum status wire_reserve(struct wire *wire, size_t length);

/* Where the text starts; NULL before there is any. */
unsigned char *wire_text(const struct wire *wire);

/* Start from {0}; free with encoded_free. */
struct encoded {
    struct wire plain;
    struct wire packed; /* made by who wants it; length 0: it saves nothing */
    bool tried;         /* packed holds what there is to be held of this plain */
};

/* A new text; the packed form waits until it is asked for. STATUS_NO_MEMORY, and then the old one stands. */
MUST_CHECK enum status encoded_set(struct encoded *encoded, const char *text, size_t length);

void encoded_free(struct encoded *encoded);

#endif
