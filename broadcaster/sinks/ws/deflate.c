/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/sinks/ws/deflate.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

enum {
    WINDOW_BITS = 15,
    MEMORY_LEVEL = 8,
    WORTH_FROM = 128, /* bytes: below, a client's work to inflate outweighs what is saved */
    TAIL = 4          /* 00 00 ff ff, which both sides leave out */
};

static z_stream *stream_of(struct deflater *deflater)
{
    z_stream *stream = deflater->stream;
    if (stream) {
        return deflateReset(stream) == Z_OK ? stream : NULL;
    }
    stream = calloc(1, sizeof *stream);
    if (stream && deflateInit2(stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -WINDOW_BITS, MEMORY_LEVEL,
                               Z_DEFAULT_STRATEGY) != Z_OK) {
        free(stream);
        return NULL;
    }
    deflater->stream = stream;
    return stream;
}

void deflater_free(struct deflater *deflater)
{
    if (deflater->stream) {
        deflateEnd(deflater->stream);
        free(deflater->stream);
    }
    *deflater = (struct deflater){0};
}

/* Leaves packed.length at 0 when it is not worth it: only a result shorter than the text has room. */
static void pack(struct deflater *deflater, struct encoded *encoded)
{
    const size_t length = encoded->plain.length;
    encoded->packed.length = 0;
    if (length < WORTH_FROM || length > UINT_MAX || wire_reserve(&encoded->packed, length)) {
        return;
    }
    z_stream *stream = stream_of(deflater);
    if (!stream) {
        return;
    }
    stream->next_in = wire_text(&encoded->plain);
    stream->avail_in = (uInt)length;
    stream->next_out = wire_text(&encoded->packed);
    stream->avail_out = (uInt)length;
    if (deflate(stream, Z_SYNC_FLUSH) == Z_OK && stream->avail_in == 0 && stream->avail_out > 0) {
        encoded->packed.length = stream->total_out - TAIL;
    }
}

const struct wire *deflate_encoded(struct deflater *deflater, struct encoded *encoded)
{
    if (!encoded->tried) {
        pack(deflater, encoded);
        encoded->tried = true;
    }
    return encoded->packed.length > 0 ? &encoded->packed : NULL;
}
