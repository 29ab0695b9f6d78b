/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Frames byte for byte, as RFC 6455 5.2 has them. */
#include "broadcaster/sinks/ws/frame.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

/* The head that a text of that length gets, as hex digits; the text must follow it. */
static void expect(size_t length, bool packed, const char *head)
{
    struct wire wire = {0};
    char hex[32] = "";
    CU_ASSERT_EQUAL_FATAL(wire_reserve(&wire, length), STATUS_OK);
    memset(wire_text(&wire), 'x', length);
    wire.length = length;
    for (int i = 0; i < 2; i++) { /* the second time it stands there already */
        const struct iovec frame = frame_text(&wire, packed);
        const unsigned char *bytes = frame.iov_base;
        for (size_t k = 0; k < frame.iov_len - length; k++) {
            snprintf(hex + 2 * k, 3, "%02x", bytes[k]);
        }
        CU_ASSERT_STRING_EQUAL(hex, head);
        CU_ASSERT_PTR_EQUAL(bytes + frame.iov_len, wire_text(&wire) + length);
    }
    free(wire.block);
}

static void texts(void)
{
    expect(0, false, "8100");
    expect(2, false, "8102");
    expect(125, false, "817d");
    expect(126, false, "817e007e");
    expect(1789, false, "817e06fd");
    expect(65535, false, "817effff");
    expect(65536, false, "817f0000000000010000");
    expect(1234567, false, "817f000000000012d687");
}

static void compressed_texts(void)
{
    expect(125, true, "c17d");
    expect(700, true, "c17e02bc");
    expect(65536, true, "c17f0000000000010000");
}

static void binaries(void)
{
    struct wire wire = {0};
    CU_ASSERT_EQUAL_FATAL(wire_reserve(&wire, 3), STATUS_OK);
    memcpy(wire_text(&wire), "\0\1\2", 3);
    wire.length = 3;
    const struct iovec frame = frame_binary(&wire);
    CU_ASSERT_EQUAL_FATAL(frame.iov_len, 5);
    CU_ASSERT_EQUAL(memcmp(frame.iov_base, "\x82\3\0\1\2", 5), 0);
    free(wire.block);
}

static void pings(void)
{
    unsigned char room[FRAME_PING];
    uint64_t number = 0;
    const struct iovec frame = frame_ping(room, 0x0102030405060708);
    CU_ASSERT_EQUAL(frame.iov_len, 10);
    CU_ASSERT_EQUAL(room[0], 0x89);
    CU_ASSERT_EQUAL(room[1], 8);
    memcpy(&number, room + 2, sizeof number);
    CU_ASSERT_EQUAL(number, 0x0102030405060708);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"texts", texts},  {"compressed texts", compressed_texts}, {"binaries", binaries}, {"pings", pings},
        CU_TEST_INFO_NULL,
    };
    return unit_run("frame", tests);
}
