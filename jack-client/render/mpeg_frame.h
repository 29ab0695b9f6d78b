/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The head of a frame of MPEG audio. Pure. */
#ifndef PHICAST_JACK_CLIENT_RENDER_MPEG_FRAME_H
#define PHICAST_JACK_CLIENT_RENDER_MPEG_FRAME_H

#include "jack-client/render/bytes.h"

#include <stdbool.h>
#include <stdint.h>

struct mpeg_frame {
    uint64_t length;    /* bytes */
    uint32_t kind;      /* what all frames of a stream share: version, layer, rate */
    uint64_t info_from; /* where a frame that tells of the stream says so */
};

/* False if there is none at that position. */
bool mpeg_frame_read(const struct bytes *bytes, uint64_t at, struct mpeg_frame *frame);

/* Whether a frame of MPEG audio begins at that position, with another of its kind or the file's end behind
 * it. */
bool mpeg_frame_begins(const struct bytes *bytes, uint64_t at);

#endif
