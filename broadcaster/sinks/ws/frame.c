/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/sinks/ws/frame.h"

#include <assert.h>
#include <string.h>

enum {
    FIN = 0x80,
    RSV1 = 0x40,
    TEXT = 1,
    BINARY = 2,
    PING = 9,
    IN_2_BYTES = 126,
    IN_8_BYTES = 127,
    HEAD_MOST = 10
};

static_assert((int)HEAD_MOST <= (int)WIRE_HEADROOM, "a frame's head stands in front of its text");

static struct iovec frame(const struct wire *wire, unsigned first)
{
    unsigned char *text = wire_text(wire);
    const size_t length = wire->length;
    const size_t digits = length < IN_2_BYTES ? 0 : length <= UINT16_MAX ? 2 : 8;
    unsigned char *head = text - 2 - digits;
    head[0] = (unsigned char)first;
    head[1] = digits == 0 ? (unsigned char)length : digits == 2 ? IN_2_BYTES : IN_8_BYTES;
    for (size_t i = 0; i < digits; i++) {
        head[2 + i] = (unsigned char)(length >> 8 * (digits - 1 - i));
    }
    return (struct iovec){head, (size_t)(text - head) + length};
}

struct iovec frame_binary(const struct wire *wire)
{
    return frame(wire, FIN | BINARY);
}

struct iovec frame_text(const struct wire *wire, bool packed)
{
    return frame(wire, packed ? FIN | RSV1 | TEXT : FIN | TEXT);
}

struct iovec frame_ping(unsigned char room[FRAME_PING], uint64_t number)
{
    room[0] = FIN | PING;
    room[1] = sizeof number;
    memcpy(room + 2, &number, sizeof number);
    return (struct iovec){room, FRAME_PING};
}
