/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of chunks, each a name and a size: WAV (RIFF, RIFX, RF64, BW64), AIFF, W64, CAF; and AU, which is a
 * single one. */
#include "jack-client/render/extent.h"

#include <string.h>

/* How a format lays out its chunks. */
struct layout {
    const char *magic;
    const char *form[2];  /* what stands in the first chunk; NULL: anything */
    uint64_t form_at;     /* where */
    uint64_t first;       /* where the first chunk begins */
    uint32_t name;        /* bytes of a name */
    uint32_t size;        /* bytes of a size */
    bool big;             /* sizes stand with the most significant byte first */
    bool counts_head;     /* a size counts name and size too */
    uint32_t padding;     /* chunks are padded to a multiple of it */
    const char *data;     /* the name of the chunk that holds the sound */
    uint32_t before_data; /* bytes in that chunk before the sound */
};

static const char never_closed[] = "its header gives the sound no length, as a recorder leaves it that was "
                                   "cut off; all that follows is measured";

static const struct layout layouts[] = {
    {"RIFF", {"WAVE"}, 8, 12, 4, 4, false, false, 2, "data", 0},
    {"RIFX", {"WAVE"}, 8, 12, 4, 4, true, false, 2, "data", 0},
    {"RF64", {"WAVE"}, 8, 12, 4, 4, false, false, 2, "data", 0},
    {"BW64", {"WAVE"}, 8, 12, 4, 4, false, false, 2, "data", 0},
    {"FORM", {"AIFF", "AIFC"}, 8, 12, 4, 4, true, false, 2, "SSND", 8},
    {"riff", {"wave"}, 24, 40, 16, 8, false, true, 8, "data", 0},
    {"caff", {NULL}, 0, 8, 4, 8, true, false, 1, "data", 4},
};

struct chunk {
    uint64_t at;
    uint64_t size_at;
    uint64_t from; /* its contents */
    uint64_t size; /* of them, as it says */
    unsigned char name[16];
};

/* What the chunks before the sound tell. */
struct shape {
    uint64_t long_size; /* of the data, in a ds64 chunk */
    uint64_t long_size_at;
    uint32_t frame; /* bytes of a sample of all channels; 0: not known, or packed */
};

static bool chunk_read(const struct layout *layout, const struct bytes *bytes, uint64_t at,
                       struct chunk *chunk)
{
    unsigned char size[8];
    if (!bytes_get(bytes, at, chunk->name, layout->name) ||
        !bytes_get(bytes, at + layout->name, size, layout->size)) {
        return false;
    }
    const uint64_t head = layout->name + layout->size;
    chunk->at = at;
    chunk->size_at = at + layout->name;
    chunk->from = at + head;
    chunk->size = layout->big ? bytes_big(size, layout->size) : bytes_little(size, layout->size);
    if (layout->counts_head) {
        chunk->size = chunk->size > head ? chunk->size - head : 0;
    }
    return true;
}

static bool chunk_is(const struct chunk *chunk, const char *name)
{
    return memcmp(chunk->name, name, 4) == 0;
}

static bool has_name(const struct chunk *chunk)
{
    for (int i = 0; i < 4; i++) {
        if (chunk->name[i] < ' ' || chunk->name[i] > '~') {
            return false;
        }
    }
    return true;
}

static bool reaches_beyond(const struct bytes *bytes, const struct chunk *chunk)
{
    return chunk->size > bytes->size - chunk->from;
}

static uint64_t after(const struct layout *layout, const struct chunk *chunk)
{
    const uint64_t end = chunk->from + chunk->size;
    return (end + layout->padding - 1) / layout->padding * layout->padding;
}

/* Where the next chunk begins; some writers forget to pad. */
static uint64_t behind(const struct layout *layout, const struct bytes *bytes, const struct chunk *chunk)
{
    const uint64_t padded = after(layout, chunk);
    const uint64_t plain = chunk->from + chunk->size;
    struct chunk next;
    if (padded != plain && chunk_read(layout, bytes, plain, &next) && has_name(&next) &&
        !reaches_beyond(bytes, &next) && !(chunk_read(layout, bytes, padded, &next) && has_name(&next))) {
        return plain;
    }
    return padded;
}

/* Whether chunks, and nothing else, follow from there to the end. */
static bool chunks_follow(const struct layout *layout, const struct bytes *bytes, uint64_t at)
{
    struct chunk chunk;
    while (at < bytes->size) {
        if (!chunk_read(layout, bytes, at, &chunk) || !has_name(&chunk) || reaches_beyond(bytes, &chunk)) {
            return false;
        }
        at = after(layout, &chunk);
    }
    return true;
}

/* Sizes that stand for "not known": written by those who cannot go back to fill in the true one, some less
 * their header. */
static bool is_placeholder(const struct layout *layout, uint64_t size)
{
    if (layout->size == 8) {
        return size >= UINT64_MAX - 65535;
    }
    return size >= 0xffff0000U || (size >= 0x7fff0000U && size <= 0x80000000U);
}

/* Has the sound reach to the end of the file, though its size says otherwise. */
static void open_end(struct extent *extent, const struct layout *layout, const struct bytes *bytes,
                     const struct chunk *data, const struct shape *shape)
{
    uint64_t size = bytes->size - data->from;
    extent->patch_at = data->size_at;
    extent->patch_count = layout->size;
    if (shape->long_size_at > 0) {
        extent->patch_at = shape->long_size_at;
        extent->patch_count = 8;
    } else if (layout->counts_head) {
        size += layout->name + layout->size;
    }
    if (extent->patch_count == 4 && size > UINT32_MAX) {
        size = UINT32_MAX; /* libsndfile takes it to mean the end of the file */
    }
    for (uint32_t i = 0; i < extent->patch_count; i++, size >>= 8) {
        extent->patch[layout->big ? extent->patch_count - 1 - i : i] = (unsigned char)size;
    }
}

/* The chunk of the sound: whether to go on behind it. */
static bool data_check(struct extent *extent, const struct layout *layout, const struct bytes *bytes,
                       struct chunk *data, const struct shape *shape)
{
    const bool is_long = shape->long_size_at > 0 && data->size == 0xffffffffU;
    if (is_long) {
        data->size = shape->long_size;
    }
    if (data->from + layout->before_data >= bytes->size) {
        return false; /* no sound, as libsndfile will see */
    }
    if (!is_long && is_placeholder(layout, data->size) && reaches_beyond(bytes, data)) {
        open_end(extent, layout, bytes, data, shape);
        return false;
    }
    if (data->size <= layout->before_data && !chunks_follow(layout, bytes, after(layout, data))) {
        open_end(extent, layout, bytes, data, shape);
        extent->note = never_closed;
        return false;
    }
    if (reaches_beyond(bytes, data)) {
        extent_stop(extent, bytes->size, "it is cut short: the header promises more sound than the file has");
        open_end(extent, layout, bytes, data, shape); /* libsndfile reads no such CAF at all */
        return false;
    }
    if (shape->frame > 0 && (data->size - layout->before_data) % shape->frame != 0) {
        extent_stop(extent, bytes->size, "the sound ends in the middle of a sample");
        return false;
    }
    return true;
}

static void shape_read(struct shape *shape, const struct layout *layout, const struct bytes *bytes,
                       const struct chunk *chunk)
{
    unsigned char text[24];
    if (chunk_is(chunk, "ds64") && bytes_get(bytes, chunk->from, text, 16)) {
        shape->long_size_at = chunk->from + 8;
        shape->long_size = bytes_little(text + 8, 8);
    } else if (chunk_is(chunk, "fmt ") && bytes_get(bytes, chunk->from, text, 16)) {
        const uint64_t tag = layout->big ? bytes_big(text, 2) : bytes_little(text, 2);
        const bool plain = tag == 1 || tag == 3 || tag == 6 || tag == 7 || tag == 0xfffe;
        shape->frame =
            !plain ? 0 : (uint32_t)(layout->big ? bytes_big(text + 12, 2) : bytes_little(text + 12, 2));
    }
}

/* Behind the sound all that counts is that the file goes on as it should. */
static void rest_check(struct extent *extent, const struct layout *layout, const struct bytes *bytes,
                       uint64_t at)
{
    struct chunk chunk;
    while (at < bytes->size && !extent_begins(bytes, at) && chunk_read(layout, bytes, at, &chunk) &&
           has_name(&chunk)) {
        if (reaches_beyond(bytes, &chunk)) {
            extent_stop(extent, bytes->size, "it is cut short in what stands behind the sound");
            return;
        }
        at = after(layout, &chunk);
    }
    if (at < bytes->size) {
        extent_tail(extent, bytes, at);
    }
}

static const struct layout *layout_find(const struct bytes *bytes, uint64_t at)
{
    for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++) {
        const struct layout *layout = &layouts[i];
        if (!bytes_are(bytes, at, layout->magic)) {
            continue;
        }
        for (int k = 0; k < 2; k++) {
            const char *form = layout->form[k];
            if (form ? bytes_are(bytes, at + layout->form_at, form) : layout->form_at == 0) {
                return layout;
            }
        }
    }
    return NULL;
}

static void au_check(struct extent *extent, const struct bytes *bytes, uint64_t at)
{
    unsigned char head[12];
    if (!bytes_get(bytes, at, head, sizeof head)) {
        return;
    }
    const uint64_t from = at + bytes_big(head + 4, 4);
    const uint64_t size = bytes_big(head + 8, 4);
    if (size == 0xffffffffU || from >= bytes->size) {
        return;
    }
    if (size == 0) {
        extent->note = never_closed;
        extent->patch_at = at + 8;
        extent->patch_count = 4;
        memset(extent->patch, 0xff, 4);
    } else if (size > bytes->size - from) {
        extent_stop(extent, bytes->size, "it is cut short: the header promises more sound than the file has");
    } else if (from + size < bytes->size) {
        extent_tail(extent, bytes, from + size);
    }
}

void extent_chunks(struct extent *extent, const struct bytes *bytes, uint64_t at)
{
    const struct layout *layout = layout_find(bytes, at);
    struct shape shape = {0};
    struct chunk chunk;
    if (!layout) {
        if (bytes_are(bytes, at, ".snd")) {
            au_check(extent, bytes, at);
        }
        return;
    }
    at += layout->first;
    while (chunk_read(layout, bytes, at, &chunk)) {
        if (chunk_is(&chunk, layout->data)) {
            if (data_check(extent, layout, bytes, &chunk, &shape)) {
                rest_check(extent, layout, bytes, behind(layout, bytes, &chunk));
            }
            return;
        }
        shape_read(&shape, layout, bytes, &chunk);
        if (reaches_beyond(bytes, &chunk)) {
            return;
        }
        at = after(layout, &chunk);
    }
}
