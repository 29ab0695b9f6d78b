/* SPDX-License-Identifier: GPL-3.0-or-later */
/* permessage-deflate as everyone can share it: each message is compressed by itself, with no memory of the
 * ones before, so that one result serves every client, whenever it came and whatever it missed (RFC 7692: a
 * server need not use the context it might). */
#ifndef PHICAST_BROADCASTER_STREAM_DEFLATE_H
#define PHICAST_BROADCASTER_STREAM_DEFLATE_H

#include "broadcaster/stream/wire.h"
#include "shared/status.h"

#include <stdbool.h>

/* Start from {0}; free with deflater_free. */
struct deflater {
    void *stream; /* zlib's; made when it is first needed */
};

void deflater_free(struct deflater *deflater);

/* One message in both forms. Start from {0}; free with frame_free. */
struct frame {
    struct wire plain;
    struct wire packed;
    bool tried; /* packed holds what there is to be held of this plain */
};

/* A new text; the packed form waits until it is asked for. STATUS_NO_MEMORY, and then the old one stands. */
MUST_CHECK enum status frame_set(struct frame *frame, const char *text, size_t length);

/* The packed form; NULL where it saves nothing (short texts), or memory is short: then send it plain. */
const struct wire *frame_packed(struct frame *frame, struct deflater *deflater);

void frame_free(struct frame *frame);

#endif
