/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MPEG audio (MP3 and its elders): a chain of frames, each telling its own length. */
#include "jack-client/render/extent.h"
#include "jack-client/render/mpeg_frame.h"

/* A frame without sound that stands first and tells of the rest. */
static bool is_info(const struct bytes *bytes, uint64_t at, const struct mpeg_frame *frame)
{
    at += frame->info_from;
    return bytes_are(bytes, at, "Xing") || bytes_are(bytes, at, "Info");
}

void extent_mpeg(struct extent *extent, const struct bytes *bytes, uint64_t at)
{
    struct mpeg_frame first = {.length = 0};
    struct mpeg_frame frame;
    while (mpeg_frame_read(bytes, at, &frame)) {
        if (first.length == 0) {
            first = frame;
            extent->guessed = !is_info(bytes, at, &frame);
        } else if (frame.kind != first.kind || is_info(bytes, at, &frame)) {
            extent_stop(extent, at, "another sound begins there; give it as a file of its own");
            return;
        }
        if (frame.length > bytes->size - at) {
            extent_stop(extent, at, "it is cut short there");
            return;
        }
        at += frame.length;
    }
    extent_tail(extent, bytes, at);
}
