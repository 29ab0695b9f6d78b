/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/sinks/record/writer.h"

#include "broadcaster/sinks/record/file.h"
#include "shared/clock.h"
#include "shared/thread.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    HASTE = WRITER_KEEPS / 16, /* bytes at which the thread does not wait for its time */
    SPARE = 1 << 20,           /* bytes that are kept for the next lines */
    ENVELOPE = 96,             /* bytes around a message at most */
    GAP_LINE = 2 * ENVELOPE    /* and a line on what is missing */
};

struct lines {
    char *text;
    size_t length;
    size_t capacity;
};

struct writer {
    struct writer_plan plan;
    pthread_t thread;

    pthread_mutex_t mutex; /* of the rest of this part; never held while the disk is waited for */
    pthread_cond_t wake;
    struct lines filling;
    bool ending;
    uint64_t last_us; /* the last line's */
    uint64_t gap;     /* messages dropped since then */
    struct writer_state state;

    /* The thread's own. */
    struct lines taken;
    struct record_file file;
    struct message head;
    uint64_t opened_us;    /* CLOCK_MONOTONIC */
    uint64_t bytes_before; /* in earlier files */
};

/* Room for so many bytes more, and a NUL. */
static bool reserve(struct lines *lines, size_t more)
{
    const size_t needed = lines->length + more + 1;
    if (needed <= lines->capacity) {
        return true;
    }
    if (needed > WRITER_KEEPS) {
        return false;
    }
    const size_t twice = 2 * lines->capacity > 4096 ? 2 * lines->capacity : 4096;
    const size_t capacity = needed > twice ? needed : twice < WRITER_KEEPS ? twice : WRITER_KEEPS;
    char *grown = realloc(lines->text, capacity);
    if (grown) {
        lines->text = grown;
        lines->capacity = capacity;
    }
    return grown != NULL;
}

/* There is room for it. */
static void append(struct lines *lines, uint64_t t_us, const char *stream, const char *text, size_t length)
{
    char *at = lines->text + lines->length;
    int head = snprintf(at, lines->capacity - lines->length,
                        "{\"t\":%" PRIu64 ".%06" PRIu64 ",\"stream\":\"%s\",\"message\":", t_us / 1000000U,
                        t_us % 1000000U, stream);
    memcpy(at + head, text, length);
    at[(size_t)head + length] = '}';
    at[(size_t)head + length + 1] = '\n';
    lines->length += (size_t)head + length + 2;
}

/* Says what is missing before the next message. */
static bool close_gap(struct writer *writer, size_t length)
{
    char text[ENVELOPE];
    if (writer->gap == 0) {
        return reserve(&writer->filling, length + ENVELOPE);
    }
    if (!reserve(&writer->filling, length + GAP_LINE + ENVELOPE)) {
        return false;
    }
    const int count =
        snprintf(text, sizeof text, "{\"type\":\"dropped\",\"messages\":%" PRIu64 "}", writer->gap);
    append(&writer->filling, writer->last_us, "recording", text, (size_t)count);
    writer->gap = 0;
    return true;
}

void writer_put(struct writer *writer, uint64_t t_us, const char *stream, const char *text, size_t length)
{
    pthread_mutex_lock(&writer->mutex);
    if (!writer->ending && !writer->state.ended) {
        if (close_gap(writer, length)) {
            writer->last_us = t_us > writer->last_us ? t_us : writer->last_us;
            append(&writer->filling, writer->last_us, stream, text, length);
        } else {
            writer->gap++;
            writer->state.dropped++;
        }
        if (writer->filling.length >= HASTE) {
            pthread_cond_signal(&writer->wake);
        }
    }
    pthread_mutex_unlock(&writer->mutex);
}

void writer_end(struct writer *writer)
{
    pthread_mutex_lock(&writer->mutex);
    (void)close_gap(writer, 0);
    writer->ending = true;
    pthread_cond_signal(&writer->wake);
    pthread_mutex_unlock(&writer->mutex);
}

void writer_look(struct writer *writer, struct writer_state *known)
{
    pthread_mutex_lock(&writer->mutex);
    known->bytes = writer->state.bytes;
    known->dropped = writer->state.dropped;
    if (known->files != writer->state.files || known->ended != writer->state.ended) {
        *known = writer->state;
    }
    pthread_mutex_unlock(&writer->mutex);
}

/* Ends it for good; `what` failed, and errno says why. */
static void fail(struct writer *writer, const char *what)
{
    const int err = errno;
    pthread_mutex_lock(&writer->mutex);
    snprintf(writer->state.error, sizeof writer->state.error, "%.180s: %s", what, strerror(err));
    pthread_mutex_unlock(&writer->mutex);
}

static void publish_bytes(struct writer *writer)
{
    pthread_mutex_lock(&writer->mutex);
    writer->state.bytes = writer->bytes_before + writer->file.bytes;
    pthread_mutex_unlock(&writer->mutex);
}

static enum status write_head(struct writer *writer, const char *path)
{
    struct recording_report about = writer->plan.about;
    about.started = (double)clock_unix_us() / 1e6;
    if (message_recording(&writer->head, &about)) {
        errno = ENOMEM;
        fail(writer, path);
        return STATUS_NO_MEMORY;
    }
    writer->head.text[writer->head.length] = '\n'; /* in the NUL's place */
    const enum status status = record_file_write(&writer->file, writer->head.text, writer->head.length + 1);
    if (status) {
        fail(writer, path);
    }
    return status;
}

static enum status open_file(struct writer *writer)
{
    char path[PATH_MAX];
    const int64_t unix_s = (int64_t)(clock_unix_us() / 1000000U);
    enum status status = STATUS_BUSY;
    for (uint32_t number = 1; status == STATUS_BUSY && number <= RECORD_NUMBER_MAX; number++) {
        errno = ENAMETOOLONG;
        status = record_names_print(writer->plan.names, unix_s, number, path)
                     ? record_file_open(&writer->file, path, writer->plan.names->packed)
                     : STATUS_IO;
    }
    if (status) {
        fail(writer, path);
        return status;
    }
    writer->opened_us = clock_now_us();
    pthread_mutex_lock(&writer->mutex);
    memcpy(writer->state.path, path, sizeof path);
    writer->state.files++;
    pthread_mutex_unlock(&writer->mutex);
    return write_head(writer, path);
}

static enum status close_file(struct writer *writer)
{
    const enum status status = record_file_close(&writer->file);
    if (status) {
        fail(writer, writer->state.path);
    }
    publish_bytes(writer);
    writer->bytes_before += writer->file.bytes;
    writer->file.bytes = 0;
    return status;
}

static bool is_to_rotate(const struct writer *writer)
{
    const struct rotation *rotation = &writer->plan.rotation;
    return (rotation->bytes > 0 && writer->file.bytes >= rotation->bytes) ||
           (rotation->us > 0 && clock_now_us() - writer->opened_us >= rotation->us);
}

/* Waits for its time, and takes the lines that have come. False: there will be no more. */
static bool take(struct writer *writer)
{
    const uint64_t until_us = clock_now_us() + WRITER_FLUSH_US;
    const struct timespec until = {.tv_sec = (time_t)(until_us / 1000000U),
                                   .tv_nsec = (long)(until_us % 1000000U) * 1000};
    int waited = 0;
    pthread_mutex_lock(&writer->mutex);
    while (!writer->ending && writer->filling.length < HASTE && waited != ETIMEDOUT) {
        waited = pthread_cond_timedwait(&writer->wake, &writer->mutex, &until);
    }
    const struct lines empty = writer->taken;
    writer->taken = writer->filling;
    writer->filling = empty;
    const bool more = !writer->ending;
    pthread_mutex_unlock(&writer->mutex);
    return more;
}

static enum status write_taken(struct writer *writer)
{
    struct lines *taken = &writer->taken;
    enum status status = STATUS_OK;
    if (taken->length > 0) {
        status = record_file_write(&writer->file, taken->text, taken->length);
        if (status) {
            fail(writer, writer->state.path);
        }
        publish_bytes(writer);
    }
    taken->length = 0;
    if (taken->capacity > SPARE) { /* it was a bad time */
        free(taken->text);
        *taken = (struct lines){0};
    }
    return status;
}

static void *run(void *arg)
{
    struct writer *writer = arg;
    enum status status = open_file(writer);
    bool more = true;
    while (status == STATUS_OK && more) {
        more = take(writer);
        status = write_taken(writer);
        if (status == STATUS_OK && more && is_to_rotate(writer)) {
            status = close_file(writer);
            status = status ? status : open_file(writer);
        }
    }
    if (status == STATUS_OK) {
        (void)close_file(writer); /* it has told of a failure */
    } else {
        record_file_drop(&writer->file);
    }
    pthread_mutex_lock(&writer->mutex);
    writer->state.ended = true;
    pthread_mutex_unlock(&writer->mutex);
    return NULL;
}

struct writer *writer_start(const struct writer_plan *plan)
{
    struct writer *writer = calloc(1, sizeof *writer);
    if (!writer) {
        return NULL;
    }
    writer->plan = *plan;
    writer->file.fd = -1;
    pthread_mutex_init(&writer->mutex, NULL);
    thread_cond_init(&writer->wake);
    if (!thread_start(&writer->thread, run, writer)) {
        free(writer);
        return NULL;
    }
    return writer;
}

void writer_free(struct writer *writer)
{
    pthread_join(writer->thread, NULL);
    pthread_mutex_destroy(&writer->mutex);
    pthread_cond_destroy(&writer->wake);
    free(writer->filling.text);
    free(writer->taken.text);
    message_free(&writer->head);
    free(writer);
}
