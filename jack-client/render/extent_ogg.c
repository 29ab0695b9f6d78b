/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ogg pages: RFC 3533. */
#include "jack-client/render/extent.h"

#include <string.h>

enum { HEAD = 27, FIRST = 2, LAST = 4, STREAMS_MAX = 16 };

struct stream {
    uint32_t serial;
    uint32_t next; /* the number that its next page has */
    bool ended;
};

struct walk {
    struct stream stream[STREAMS_MAX];
    size_t count;
    bool begun; /* past the pages that open the streams */
};

static uint32_t crc_step(uint32_t crc, unsigned char byte)
{
    crc ^= (uint32_t)byte << 24;
    for (int bit = 0; bit < 8; bit++) {
        crc = crc & 0x80000000U ? crc << 1 ^ 0x04c11db7U : crc << 1;
    }
    return crc;
}

/* The checksum of a page, whose own place counts as zero. */
static bool crc_good(struct bytes *bytes, uint64_t at, uint64_t length, uint32_t expected)
{
    static uint32_t table[256];
    uint32_t crc = 0;
    uint64_t done = 0;
    if (table[1] == 0) {
        for (uint32_t i = 0; i < 256; i++) {
            table[i] = crc_step(0, (unsigned char)i);
        }
    }
    while (done < length) {
        size_t count;
        const unsigned char *view = bytes_view(bytes, at + done, &count);
        if (!view) {
            return false;
        }
        for (size_t i = 0; i < count && done < length; i++, done++) {
            const unsigned char byte = done >= 22 && done < 26 ? 0 : view[i];
            crc = crc << 8 ^ table[(crc >> 24 ^ byte) & 0xff];
        }
    }
    return crc == expected;
}

/* The length of the page, 0 if there is not a whole one. */
static uint64_t page_length(const struct bytes *bytes, uint64_t at, unsigned char head[HEAD])
{
    unsigned char sizes[255];
    if (!bytes_get(bytes, at, head, HEAD) || memcmp(head, "OggS", 5) != 0 || /* version 0 */
        !bytes_get(bytes, at + HEAD, sizes, head[26])) {
        return 0;
    }
    uint64_t length = (uint64_t)HEAD + head[26];
    for (int i = 0; i < head[26]; i++) {
        length += sizes[i];
    }
    return length <= bytes->size - at ? length : 0;
}

static struct stream *stream_of(struct walk *walk, uint32_t serial)
{
    for (size_t i = 0; i < walk->count; i++) {
        if (walk->stream[i].serial == serial) {
            return &walk->stream[i];
        }
    }
    return NULL;
}

/* Takes the page in; what is wrong with it, NULL for nothing. */
static const char *take_page(struct walk *walk, const unsigned char head[HEAD])
{
    const uint32_t serial = (uint32_t)bytes_little(head + 14, 4);
    const uint32_t number = (uint32_t)bytes_little(head + 18, 4);
    struct stream *stream = stream_of(walk, serial);
    if (head[5] & FIRST) {
        if (walk->begun || stream) {
            return "another Ogg stream begins there; give it as a file of its own";
        }
        if (walk->count == STREAMS_MAX) {
            return "it holds more streams than can be followed; give one with a single stream";
        }
        stream = &walk->stream[walk->count++];
        *stream = (struct stream){.serial = serial, .next = number};
    } else {
        walk->begun = true;
    }
    if (!stream || stream->ended || number != stream->next) {
        return "a page is missing there";
    }
    stream->next++;
    stream->ended = head[5] & LAST;
    return NULL;
}

static bool all_ended(const struct walk *walk)
{
    for (size_t i = 0; i < walk->count; i++) {
        if (!walk->stream[i].ended) {
            return false;
        }
    }
    return true;
}

/* There is no whole page at that position. */
static void end_there(struct extent *extent, const struct bytes *bytes, const struct walk *walk, uint64_t at)
{
    if (all_ended(walk)) {
        extent_tail(extent, bytes, at);
    } else if (at == bytes->size || bytes_are(bytes, at, "OggS")) {
        extent_stop(extent, at, "it is cut short there");
    } else {
        extent_stop(extent, at, "a page is damaged there");
    }
}

void extent_ogg(struct extent *extent, struct bytes *bytes, uint64_t at)
{
    struct walk walk = {.count = 0};
    unsigned char head[HEAD];
    uint64_t length;
    while ((length = page_length(bytes, at, head)) > 0) {
        const char *fault = crc_good(bytes, at, length, (uint32_t)bytes_little(head + 22, 4))
                                ? take_page(&walk, head)
                                : "a page is damaged there";
        if (fault) {
            extent_stop(extent, at, fault);
            return;
        }
        at += length;
    }
    end_there(extent, bytes, &walk, at);
}
