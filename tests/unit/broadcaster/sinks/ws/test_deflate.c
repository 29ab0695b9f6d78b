/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/sinks/ws/deflate.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>
#include <zlib.h>

static struct deflater deflater;
static struct encoded encoded;

/* As a client does it: the tail put back, and no memory of earlier messages. */
static void inflates_to(const struct wire *packed, const char *text)
{
    static unsigned char in[65536];
    static char out[65536];
    static const unsigned char tail[] = {0, 0, 0xff, 0xff};
    z_stream stream = {0};
    CU_ASSERT_PTR_NOT_NULL_FATAL(packed);
    memcpy(in, wire_text(packed), packed->length);
    memcpy(in + packed->length, tail, sizeof tail);
    CU_ASSERT_EQUAL_FATAL(inflateInit2(&stream, -15), Z_OK);
    stream.next_in = in;
    stream.avail_in = (uInt)(packed->length + sizeof tail);
    stream.next_out = (unsigned char *)out;
    stream.avail_out = sizeof out;
    CU_ASSERT_EQUAL(inflate(&stream, Z_SYNC_FLUSH), Z_OK);
    CU_ASSERT_EQUAL(stream.total_out, strlen(text));
    CU_ASSERT_EQUAL(memcmp(out, text, strlen(text)), 0);
    inflateEnd(&stream);
}

static void short_texts_stay_plain(void)
{
    CU_ASSERT_EQUAL(encoded_set(&encoded, "{}", 2), STATUS_OK);
    CU_ASSERT_PTR_NULL(deflate_encoded(&deflater, &encoded));
    CU_ASSERT_PTR_NULL(deflate_encoded(&deflater, &encoded));
    CU_ASSERT_EQUAL(encoded.plain.length, 2);
}

static void what_does_not_shrink_stays_plain(void)
{
    char noise[500];
    unsigned state = 1;
    for (size_t i = 0; i < sizeof noise; i++) {
        state = state * 1103515245U + 12345U;
        noise[i] = (char)(state >> 16);
    }
    CU_ASSERT_EQUAL(encoded_set(&encoded, noise, sizeof noise), STATUS_OK);
    CU_ASSERT_PTR_NULL(deflate_encoded(&deflater, &encoded));
}

static void each_by_itself(void)
{
    char text[4096];
    for (int n = 0; n < 20; n++) {
        int length = 0;
        for (int i = 0; i < 10 + n * 5; i++) {
            length +=
                snprintf(text + length, sizeof text - (size_t)length, "{\"channel\":%d,\"x\":%d}", i, i * n);
        }
        CU_ASSERT_EQUAL(encoded_set(&encoded, text, (size_t)length), STATUS_OK);
        const struct wire *packed = deflate_encoded(&deflater, &encoded);
        inflates_to(packed, text);
        CU_ASSERT_PTR_EQUAL(deflate_encoded(&deflater, &encoded), packed); /* done once */
        CU_ASSERT_TRUE(packed->length < (size_t)length);
    }
    encoded_free(&encoded);
    deflater_free(&deflater);
    deflater_free(&deflater);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"short texts stay plain", short_texts_stay_plain},
        {"what does not shrink stays plain", what_does_not_shrink_stays_plain},
        {"each by itself", each_by_itself},
        CU_TEST_INFO_NULL,
    };
    return unit_run("deflate", tests);
}
