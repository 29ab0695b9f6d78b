/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/export/mcap.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum opcode {
    OP_HEADER = 1,
    OP_FOOTER,
    OP_SCHEMA,
    OP_CHANNEL,
    OP_MESSAGE,
    OP_CHUNK,
    OP_MESSAGE_INDEX,
    OP_CHUNK_INDEX,
    OP_STATISTICS = 11,
    OP_DATA_END = 15
};

enum { CHUNK_BYTES = 1 << 20, FIRST_CAPACITY = 4096, RECORD_HEAD = 9 };

static const unsigned char magic[] = {0x89, 'M', 'C', 'A', 'P', '0', '\r', '\n'};

/* Bytes that grow. `failed`: some are missing, for want of memory. */
struct bytes {
    unsigned char *at;
    size_t length;
    size_t capacity;
    bool failed;
};

struct topic {
    struct bytes described; /* its schema's record and its own */
    struct bytes index;     /* of this chunk: when, and where in the chunk */
    uint64_t count;
};

struct span {
    uint64_t first_ns;
    uint64_t last_ns;
    uint64_t count;
};

struct mcap {
    FILE *out;
    uint64_t written;
    struct bytes chunk;
    struct span chunk_span;
    struct bytes chunk_indexes;
    uint32_t chunk_count;
    struct span span;
    uint16_t topic_count;
    struct topic topic[MCAP_TOPICS_MAX];
};

/* --- bytes --- */

static bool make_room(struct bytes *bytes, size_t more)
{
    size_t capacity = bytes->capacity ? bytes->capacity : FIRST_CAPACITY;
    while (capacity - bytes->length < more) {
        capacity *= 2;
    }
    if (capacity != bytes->capacity) {
        unsigned char *at = realloc(bytes->at, capacity);
        if (!at) {
            bytes->failed = true;
            return false;
        }
        bytes->at = at;
        bytes->capacity = capacity;
    }
    return true;
}

static void put(struct bytes *bytes, const void *from, size_t length)
{
    if (length > 0 && make_room(bytes, length)) {
        memcpy(bytes->at + bytes->length, from, length);
        bytes->length += length;
    }
}

/* Little-endian, as all numbers there. */
static void put_number(struct bytes *bytes, uint64_t value, size_t length)
{
    unsigned char text[sizeof value];
    for (size_t i = 0; i < length; i++) {
        text[i] = (unsigned char)(value >> (8 * i));
    }
    put(bytes, text, length);
}

static void put_16(struct bytes *bytes, uint64_t value)
{
    put_number(bytes, value, 2);
}

static void put_32(struct bytes *bytes, uint64_t value)
{
    put_number(bytes, value, 4);
}

static void put_64(struct bytes *bytes, uint64_t value)
{
    put_number(bytes, value, 8);
}

static void put_text(struct bytes *bytes, const char *text)
{
    const size_t length = strlen(text);
    put_32(bytes, length);
    put(bytes, text, length);
}

/* A record's head; how long it is must be known. */
static void put_head(struct bytes *bytes, enum opcode opcode, uint64_t length)
{
    put_number(bytes, opcode, 1);
    put_64(bytes, length);
}

/* Begins a record whose length end_record fills in. */
static size_t begin_record(struct bytes *bytes, enum opcode opcode)
{
    put_head(bytes, opcode, 0);
    return bytes->length;
}

static void end_record(struct bytes *bytes, size_t began)
{
    if (!bytes->failed) {
        struct bytes head = {.at = bytes->at + began - sizeof(uint64_t), .capacity = sizeof(uint64_t)};
        put_64(&head, bytes->length - began);
    }
}

/* --- the file --- */

static enum status write_all(struct mcap *mcap, const void *from, size_t length)
{
    if (length > 0 && fwrite(from, 1, length, mcap->out) != length) {
        return STATUS_IO;
    }
    mcap->written += length;
    return STATUS_OK;
}

/* Writes them, and frees them. */
static enum status write_bytes(struct mcap *mcap, struct bytes *bytes)
{
    const enum status status = bytes->failed ? STATUS_NO_MEMORY : write_all(mcap, bytes->at, bytes->length);
    const int err = errno;
    free(bytes->at);
    *bytes = (struct bytes){0};
    errno = err;
    return status;
}

static void widen(struct span *span, uint64_t at_ns)
{
    span->first_ns = span->count == 0 || at_ns < span->first_ns ? at_ns : span->first_ns;
    span->last_ns = at_ns > span->last_ns ? at_ns : span->last_ns;
    span->count++;
}

enum status mcap_open(struct mcap **mcap, FILE *out)
{
    *mcap = calloc(1, sizeof **mcap);
    if (!*mcap) {
        return STATUS_NO_MEMORY;
    }
    (*mcap)->out = out;
    return STATUS_OK;
}

/* With the first message: until then, nothing need be written. */
static enum status begin_file(struct mcap *mcap)
{
    struct bytes head = {0};
    put(&head, magic, sizeof magic);
    const size_t began = begin_record(&head, OP_HEADER);
    put_text(&head, ""); /* the profile: none */
    put_text(&head, "phicast");
    end_record(&head, began);
    return write_bytes(mcap, &head);
}

enum status mcap_add_topic(struct mcap *mcap, uint16_t *number, const char *name, const char *schema_name,
                           const char *schema)
{
    if (mcap->topic_count == MCAP_TOPICS_MAX) {
        return STATUS_OVERRUN;
    }
    struct bytes *described = &mcap->topic[mcap->topic_count].described;
    *number = ++mcap->topic_count; /* 0 would say: without a schema */
    size_t began = begin_record(described, OP_SCHEMA);
    put_16(described, *number);
    put_text(described, schema_name);
    put_text(described, "jsonschema");
    put_text(described, schema);
    end_record(described, began);
    began = begin_record(described, OP_CHANNEL);
    put_16(described, *number);
    put_16(described, *number);
    put_text(described, name);
    put_text(described, "json");
    put_32(described, 0); /* no metadata */
    end_record(described, began);
    put(&mcap->chunk, described->at, described->length);
    return described->failed || mcap->chunk.failed ? STATUS_NO_MEMORY : STATUS_OK;
}

/* One topic's record of where its messages stand in the chunk that has just been written. */
static void put_message_index(struct bytes *after, struct bytes *offsets, uint64_t base, uint16_t number,
                              struct topic *topic)
{
    put_16(offsets, number);
    put_64(offsets, base + after->length);
    put_head(after, OP_MESSAGE_INDEX, 2 + 4 + topic->index.length);
    put_16(after, number);
    put_32(after, topic->index.length);
    put(after, topic->index.at, topic->index.length);
    after->failed = after->failed || topic->index.failed;
    topic->index.length = 0;
}

static void put_chunk_index(struct mcap *mcap, uint64_t began, uint64_t length, uint64_t indexes,
                            const struct bytes *offsets)
{
    struct bytes *to = &mcap->chunk_indexes;
    const size_t record = begin_record(to, OP_CHUNK_INDEX);
    put_64(to, mcap->chunk_span.first_ns);
    put_64(to, mcap->chunk_span.last_ns);
    put_64(to, began);
    put_64(to, length);
    put_32(to, offsets->length);
    put(to, offsets->at, offsets->length);
    put_64(to, indexes);
    put_32(to, 0); /* not compressed */
    put_64(to, mcap->chunk.length);
    put_64(to, mcap->chunk.length);
    end_record(to, record);
    to->failed = to->failed || offsets->failed;
}

static enum status end_chunk(struct mcap *mcap)
{
    struct bytes head = {0};
    struct bytes after = {0};
    struct bytes offsets = {0};
    const uint64_t began = mcap->written;
    const uint64_t inside = 8 + 8 + 8 + 4 + 4 + 8 + mcap->chunk.length;
    if (mcap->chunk_span.count == 0) {
        return STATUS_OK;
    }
    put_head(&head, OP_CHUNK, inside);
    put_64(&head, mcap->chunk_span.first_ns);
    put_64(&head, mcap->chunk_span.last_ns);
    put_64(&head, mcap->chunk.length);
    put_32(&head, 0); /* no checksum */
    put_32(&head, 0); /* not compressed */
    put_64(&head, mcap->chunk.length);
    enum status status = write_bytes(mcap, &head);
    if (status == STATUS_OK) {
        status = mcap->chunk.failed ? STATUS_NO_MEMORY : write_all(mcap, mcap->chunk.at, mcap->chunk.length);
    }
    for (uint16_t i = 0; i < mcap->topic_count; i++) {
        if (mcap->topic[i].index.length > 0) {
            put_message_index(&after, &offsets, began + RECORD_HEAD + inside, i + 1, &mcap->topic[i]);
        }
    }
    put_chunk_index(mcap, began, RECORD_HEAD + inside, after.length, &offsets);
    free(offsets.at);
    if (status == STATUS_OK) {
        status = write_bytes(mcap, &after);
    }
    free(after.at);
    mcap->chunk.length = 0;
    mcap->chunk_span = (struct span){0};
    mcap->chunk_count++;
    return status;
}

enum status mcap_add(struct mcap *mcap, uint16_t number, uint64_t at_ns, const char *json, size_t length)
{
    struct topic *topic = &mcap->topic[number - 1];
    if (mcap->written == 0) {
        const enum status status = begin_file(mcap);
        if (status) {
            return status;
        }
    }
    put_64(&topic->index, at_ns);
    put_64(&topic->index, mcap->chunk.length);
    put_head(&mcap->chunk, OP_MESSAGE, 2 + 4 + 8 + 8 + length);
    put_16(&mcap->chunk, number);
    put_32(&mcap->chunk, ++topic->count);
    put_64(&mcap->chunk, at_ns); /* logged */
    put_64(&mcap->chunk, at_ns); /* published */
    put(&mcap->chunk, json, length);
    widen(&mcap->chunk_span, at_ns);
    widen(&mcap->span, at_ns);
    if (mcap->chunk.failed || topic->index.failed) {
        return STATUS_NO_MEMORY;
    }
    return mcap->chunk.length < CHUNK_BYTES ? STATUS_OK : end_chunk(mcap);
}

static void put_statistics(struct bytes *to, const struct mcap *mcap)
{
    const size_t record = begin_record(to, OP_STATISTICS);
    put_64(to, mcap->span.count);
    put_16(to, mcap->topic_count); /* schemas */
    put_32(to, mcap->topic_count);
    put_32(to, 0); /* attachments */
    put_32(to, 0); /* metadata */
    put_32(to, mcap->chunk_count);
    put_64(to, mcap->span.first_ns);
    put_64(to, mcap->span.last_ns);
    put_32(to, mcap->topic_count * UINT64_C(10)); /* number and count */
    for (uint16_t i = 0; i < mcap->topic_count; i++) {
        put_16(to, i + 1U);
        put_64(to, mcap->topic[i].count);
    }
    end_record(to, record);
}

enum status mcap_end(struct mcap *mcap)
{
    struct bytes end = {0};
    enum status status = mcap->written == 0 ? begin_file(mcap) : STATUS_OK;
    if (status == STATUS_OK) {
        status = end_chunk(mcap);
    }
    if (status) {
        return status;
    }
    put_head(&end, OP_DATA_END, 4);
    put_32(&end, 0); /* no checksum */
    const uint64_t summary = mcap->written + end.length;
    for (uint16_t i = 0; i < mcap->topic_count; i++) {
        put(&end, mcap->topic[i].described.at, mcap->topic[i].described.length);
    }
    put(&end, mcap->chunk_indexes.at, mcap->chunk_indexes.length);
    end.failed = end.failed || mcap->chunk_indexes.failed;
    put_statistics(&end, mcap);
    put_head(&end, OP_FOOTER, 8 + 8 + 4);
    put_64(&end, summary);
    put_64(&end, 0); /* no offsets of the summary's parts */
    put_32(&end, 0);
    put(&end, magic, sizeof magic);
    status = write_bytes(mcap, &end);
    return status == STATUS_OK && fflush(mcap->out) ? STATUS_IO : status;
}

void mcap_close(struct mcap *mcap)
{
    if (mcap) {
        for (uint16_t i = 0; i < mcap->topic_count; i++) {
            free(mcap->topic[i].described.at);
            free(mcap->topic[i].index.at);
        }
        free(mcap->chunk.at);
        free(mcap->chunk_indexes.at);
        free(mcap);
    }
}
