/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands before and behind the sound: tags, padding, damage. */
#include "jack-client/render/extent.h"
#include "jack-client/render/mpeg_frame.h"

#include <stddef.h>

uint64_t extent_id3_length(const struct bytes *bytes, uint64_t at)
{
    unsigned char head[10];
    if (!bytes_are(bytes, at, "ID3") || !bytes_get(bytes, at, head, sizeof head) || head[3] > 4) {
        return 0; /* "ID3 " is a chunk of AIFF */
    }
    uint64_t length = sizeof head;
    for (int i = 0; i < 4; i++) {
        length += (uint64_t)(head[6 + i] & 0x7f) << (7 * (3 - i));
    }
    return length + (head[5] & 0x10 ? 10 : 0); /* a footer */
}

/* What one tag at that position takes, 0 without one. */
static uint64_t tag_length(const struct bytes *bytes, uint64_t at)
{
    unsigned char head[16];
    if (bytes_are(bytes, at, "TAG") && bytes->size - at == 128) {
        return 128; /* ID3v1 */
    }
    if (bytes_are(bytes, at, "APETAGEX") && bytes_get(bytes, at, head, sizeof head)) {
        return 32 + bytes_little(head + 12, 4); /* its head; the size is that of the rest */
    }
    if (bytes_are(bytes, at, "LYRICSBEGIN")) {
        return bytes->size - at > 128 && bytes_are(bytes, bytes->size - 128, "TAG") ? bytes->size - 128 - at
                                                                                    : bytes->size - at;
    }
    return extent_id3_length(bytes, at);
}

static bool all_zeros(const struct bytes *bytes, uint64_t at)
{
    unsigned char piece[512];
    while (at < bytes->size) {
        const uint64_t left = bytes->size - at;
        const size_t count = left < sizeof piece ? (size_t)left : sizeof piece;
        if (!bytes_get(bytes, at, piece, count)) {
            return false;
        }
        for (size_t i = 0; i < count; i++) {
            if (piece[i] != 0) {
                return false;
            }
        }
        at += count;
    }
    return true;
}

void extent_stop(struct extent *extent, uint64_t at, const char *fault)
{
    extent->end = at;
    extent->fault = fault;
}

bool extent_begins(const struct bytes *bytes, uint64_t at)
{
    static const char *const magic[] = {"RIFF", "RIFX", "RF64", "BW64", "FORM",
                                        "riff", "caff", "fLaC", "OggS", ".snd"};
    for (size_t i = 0; i < sizeof magic / sizeof magic[0]; i++) {
        if (bytes_are(bytes, at, magic[i])) {
            return true;
        }
    }
    return tag_length(bytes, at) > 0 || mpeg_frame_begins(bytes, at);
}

void extent_tail(struct extent *extent, const struct bytes *bytes, uint64_t at)
{
    uint64_t length;
    uint64_t next = at;
    while (next < bytes->size && (length = tag_length(bytes, next)) > 0 && length <= bytes->size - next) {
        next += length;
    }
    if (next >= bytes->size || all_zeros(bytes, next)) {
        extent->end = at;
        return;
    }
    extent_stop(extent, at,
                extent_begins(bytes, next) ? "another sound begins there; give it as a file of its own"
                                           : "the sound is followed by bytes that are none");
}
