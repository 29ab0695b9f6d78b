/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FLAC frames: RFC 9639. A frame ends where the checksum of all its bytes comes to zero and the next one's
 * head begins, which is found without decoding. */
#include "jack-client/render/extent.h"

enum { HEAD_MAX = 16, STREAM_INFO = 34 };

struct flac {
    uint64_t total;      /* samples; 0: not known */
    uint64_t block;      /* samples of a frame, where all have the same */
    uint64_t longest;    /* bytes that a frame of 65536 samples could take */
    uint16_t table[256]; /* CRC-16 */
};

struct frame {
    uint64_t at;     /* its first byte */
    uint64_t number; /* of its first sample, or its own */
    uint64_t block;  /* samples */
    size_t head;     /* bytes */
    bool variable;
};

static void crc_prepare(uint16_t table[256])
{
    for (unsigned i = 0; i < 256; i++) {
        unsigned crc = i << 8;
        for (int bit = 0; bit < 8; bit++) {
            crc = crc & 0x8000 ? crc << 1 ^ 0x8005 : crc << 1;
        }
        table[i] = (uint16_t)crc;
    }
}

static unsigned crc8(const unsigned char *bytes, size_t count)
{
    unsigned crc = 0;
    for (size_t i = 0; i < count; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc & 0x80 ? crc << 1 ^ 0x07 : crc << 1) & 0xff;
        }
    }
    return crc;
}

/* The number as UTF-8 would write it, in up to seven bytes; returns how many, 0 if it is none. */
static size_t number_read(const unsigned char *from, uint64_t *number)
{
    size_t count = 0;
    while (count < 8 && from[0] & 0x80 >> count) {
        count++;
    }
    if (count == 0) {
        *number = from[0];
        return 1;
    }
    if (count == 1 || count == 8) {
        return 0;
    }
    *number = from[0] & 0x7f >> count;
    for (size_t i = 1; i < count; i++) {
        if ((from[i] & 0xc0) != 0x80) {
            return 0;
        }
        *number = *number << 6 | (from[i] & 0x3f);
    }
    return count;
}

static uint64_t block_of(unsigned code, const unsigned char *extra)
{
    switch (code) {
    case 1: return 192;
    case 6: return (uint64_t)extra[0] + 1;
    case 7: return bytes_big(extra, 2) + 1;
    default: return code < 6 ? 576ULL << (code - 2) : 256ULL << (code - 8);
    }
}

/* Reads the head of a frame; false if there is none. */
static bool head_read(const struct bytes *bytes, uint64_t at, struct frame *frame)
{
    unsigned char head[HEAD_MAX] = {0};
    const uint64_t left = bytes->size - at;
    if (left < 6 || !bytes_get(bytes, at, head, left < HEAD_MAX ? (size_t)left : HEAD_MAX)) {
        return false;
    }
    const unsigned block = head[2] >> 4;
    const unsigned rate = head[2] & 15;
    if (head[0] != 0xff || (head[1] & 0xfe) != 0xf8 || block == 0 || rate == 15 || head[3] >> 4 > 10 ||
        (head[3] & 0x0e) == 6 || head[3] & 1) {
        return false;
    }
    size_t length = number_read(head + 4, &frame->number);
    if (length == 0) {
        return false;
    }
    length += 4;
    frame->block = block_of(block, head + length);
    length += (block == 6 ? 1U : 0U) + (block == 7 ? 2U : 0U);
    length += (rate == 12 ? 1U : 0U) + (rate == 13 || rate == 14 ? 2U : 0U);
    frame->at = at;
    frame->head = length + 1;
    frame->variable = head[1] & 1;
    return frame->head <= left && crc8(head, length) == head[length];
}

/* Reads the blocks of metadata; where the first frame begins, 0 if they make no sense. */
static uint64_t metadata_read(const struct bytes *bytes, uint64_t at, struct flac *flac)
{
    unsigned char head[4];
    unsigned char info[STREAM_INFO];
    bool known = false;
    at += 4;
    do {
        if (!bytes_get(bytes, at, head, sizeof head)) {
            return 0;
        }
        if ((head[0] & 0x7f) == 0 && bytes_get(bytes, at + 4, info, sizeof info)) {
            const uint64_t channels = (info[12] >> 1 & 7) + 1U;
            const uint64_t bits = ((info[12] & 1U) << 4 | info[13] >> 4) + 1U;
            flac->block = bytes_big(info + 2, 2);
            flac->total = bytes_big(info + 13, 5) & 0xfffffffffULL;
            /* As they are, with a bit more for the difference of two channels, and what stands around them.
             */
            flac->longest = HEAD_MAX + 2 + channels * (65536 * (bits + 1) / 8 + 16);
            known = true;
        }
        at += 4 + bytes_big(head + 1, 3);
    } while (!(head[0] & 0x80));
    return known && at < bytes->size ? at : 0;
}

static uint64_t first_sample(const struct flac *flac, const struct frame *frame)
{
    return frame->variable ? frame->number : frame->number * flac->block;
}

static bool follows(const struct frame *next, const struct frame *frame)
{
    return next->variable == frame->variable &&
           next->number == frame->number + (frame->variable ? frame->block : 1);
}

enum outcome { NEXT_FRAME, SOUND_ENDS, NO_END };

/* Goes through a frame: to the next one, to where the sound ends (*end), or as far as it could reach. */
static enum outcome frame_pass(const struct flac *flac, struct bytes *bytes, struct frame *frame,
                               uint64_t *end)
{
    unsigned crc = 0;
    uint64_t at = frame->at;
    size_t count;
    const unsigned char *view;
    while (at - frame->at <= flac->longest && (view = bytes_view(bytes, at, &count)) != NULL) {
        for (size_t i = 0; i < count; i++, at++) {
            struct frame next;
            if (crc == 0 && at > frame->at + frame->head) {
                if (view[i] == 0xff && head_read(bytes, at, &next) && follows(&next, frame)) {
                    *frame = next;
                    return NEXT_FRAME;
                }
                if (extent_begins(bytes, at)) {
                    *end = at;
                    return SOUND_ENDS;
                }
            }
            crc = (crc << 8 & 0xff00) ^ flac->table[crc >> 8 ^ view[i]];
        }
    }
    *end = at;
    return crc == 0 && at >= bytes->size ? SOUND_ENDS : NO_END;
}

/* A frame without an end. If it is the last of those promised, what comes behind it may be what is wrong;
 * then the decoder will tell. Otherwise the file is good up to it. */
static void no_end(struct extent *extent, const struct flac *flac, const struct bytes *bytes,
                   const struct frame *frame)
{
    if (flac->total > 0 && first_sample(flac, frame) + frame->block >= flac->total) {
        extent_stop(extent, bytes->size, "the last block is damaged, or followed by bytes that are no sound");
    } else {
        extent_stop(extent, frame->at, "a block is damaged or cut short there");
    }
}

void extent_flac(struct extent *extent, struct bytes *bytes, uint64_t at)
{
    struct flac flac = {.total = 0};
    struct frame frame;
    enum outcome outcome;
    uint64_t end = 0;
    const uint64_t first = metadata_read(bytes, at, &flac);
    if (first == 0) {
        return; /* libsndfile says what it cannot read */
    }
    if (!head_read(bytes, first, &frame)) {
        extent_stop(extent, first, "the first block is damaged");
        return;
    }
    crc_prepare(flac.table);
    while ((outcome = frame_pass(&flac, bytes, &frame, &end)) == NEXT_FRAME) {
    }
    if (outcome == SOUND_ENDS) {
        extent_tail(extent, bytes, end);
    } else {
        no_end(extent, &flac, bytes, &frame);
    }
}
