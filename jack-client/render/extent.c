/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/render/extent.h"

#include "jack-client/render/mpeg_frame.h"

void extent_find(struct extent *extent, struct bytes *bytes)
{
    *extent = (struct extent){.end = bytes->size};
    const uint64_t at = extent_id3_length(bytes, 0);
    if (bytes_are(bytes, at, "fLaC")) {
        extent_flac(extent, bytes, at);
    } else if (bytes_are(bytes, at, "OggS")) {
        extent_ogg(extent, bytes, at);
    } else if (mpeg_frame_begins(bytes, at)) {
        extent_mpeg(extent, bytes, at);
    } else {
        extent_chunks(extent, bytes, at);
    }
}
