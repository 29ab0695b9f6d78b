/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/render/mpeg_frame.h"

bool mpeg_frame_read(const struct bytes *bytes, uint64_t at, struct mpeg_frame *frame)
{
    /* kbit/s by layer, of version 1 and of the others */
    static const uint16_t rates[2][3][15] = {
        {{0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448},
         {0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384},
         {0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320}},
        {{0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256},
         {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160},
         {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160}},
    };
    static const uint32_t hertz[3] = {44100, 48000, 32000};
    unsigned char head[4];
    if (!bytes_get(bytes, at, head, sizeof head) || head[0] != 0xff || (head[1] & 0xe0) != 0xe0) {
        return false;
    }
    const unsigned version = head[1] >> 3 & 3; /* 3: 1, 2: 2, 0: 2.5 */
    const unsigned layer = 4 - (head[1] >> 1 & 3);
    const unsigned rate = head[2] >> 4;
    const unsigned frequency = head[2] >> 2 & 3;
    if (version == 1 || layer == 4 || rate == 0 || rate == 15 || frequency == 3) {
        return false; /* rate 0 is a length of the file's own, which nobody uses */
    }
    const bool old = version == 3;
    const uint32_t hz = hertz[frequency] >> (old ? 0 : version == 2 ? 1 : 2);
    const uint32_t bits = rates[old ? 0 : 1][layer - 1][rate] * 1000U;
    const uint32_t padding = head[2] >> 1 & 1;
    frame->length = layer == 1 ? (12ULL * bits / hz + padding) * 4
                               : (layer == 3 && !old ? 72ULL : 144ULL) * bits / hz + padding;
    frame->kind = (uint32_t)(head[1] & 0xfe) << 8 | (head[2] & 0x0c);
    const bool mono = head[3] >> 6 == 3;
    frame->info_from = 4 + (old ? (mono ? 17U : 32U) : (mono ? 9U : 17U));
    return true;
}

bool mpeg_frame_begins(const struct bytes *bytes, uint64_t at)
{
    struct mpeg_frame frame;
    struct mpeg_frame next;
    if (!mpeg_frame_read(bytes, at, &frame) || frame.length > bytes->size - at) {
        return false;
    }
    at += frame.length;
    return at == bytes->size || (mpeg_frame_read(bytes, at, &next) && next.kind == frame.kind);
}
