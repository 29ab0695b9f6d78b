/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/source/lines.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { TEXT_SIZE = RECORDING_LINE_MAX + LINES_CHUNK, GZIP_WINDOW = 15 + 16 };

enum status lines_open(struct lines *lines, int fd, int wake_fd)
{
    struct stat about;
    *lines = (struct lines){.fd = fd, .wake_fd = wake_fd};
    lines->is_file = fstat(fd, &about) == 0 && S_ISREG(about.st_mode);
    lines->raw = malloc(LINES_CHUNK);
    lines->text = malloc(TEXT_SIZE);
    if (!lines->raw || !lines->text) {
        lines_close(lines);
        return STATUS_NO_MEMORY;
    }
    return STATUS_OK;
}

void lines_close(struct lines *lines)
{
    if (lines->gzip) {
        inflateEnd(lines->gzip);
        free(lines->gzip);
    }
    free(lines->raw);
    free(lines->text);
    *lines = (struct lines){.fd = -1};
}

void lines_rewind(struct lines *lines)
{
    if (lines->gzip) {
        inflateReset(lines->gzip);
    }
    lines->at = lines->number = 0;
    lines->raw_at = lines->raw_end = 0;
    lines->text_at = lines->text_end = lines->searched = 0;
    lines->has_more = lines->ended = lines->damaged = lines->overlong = false;
}

/* --- bytes --- */

/* A pipe is waited for, and so is whoever wants to wake us. False: woken. */
static bool wait_for_pipe(const struct lines *lines)
{
    struct pollfd fds[2] = {{.fd = lines->fd, .events = POLLIN}, {.fd = lines->wake_fd, .events = POLLIN}};
    while (poll(fds, 2, -1) < 0 && errno == EINTR) {
    }
    return !(fds[1].revents & POLLIN);
}

static enum status read_raw(struct lines *lines)
{
    ssize_t got;
    do {
        if (!lines->is_file && !wait_for_pipe(lines)) {
            return STATUS_BUSY;
        }
        got = lines->is_file ? pread(lines->fd, lines->raw + lines->raw_end, LINES_CHUNK - lines->raw_end,
                                     (off_t)lines->at)
                             : read(lines->fd, lines->raw + lines->raw_end, LINES_CHUNK - lines->raw_end);
    } while (got < 0 && (errno == EINTR || errno == EAGAIN));
    if (got < 0) {
        return STATUS_IO;
    }
    lines->at += (uint64_t)got;
    lines->raw_end += (size_t)got;
    return got > 0 ? STATUS_OK : STATUS_EMPTY;
}

/* The first two bytes say whether the file is compressed. */
static enum status begin(struct lines *lines)
{
    enum status status = STATUS_OK;
    while (lines->raw_end < 2 && status == STATUS_OK) {
        status = read_raw(lines);
    }
    if (status && status != STATUS_EMPTY) {
        return status;
    }
    lines->begun = true;
    if (lines->raw_end < 2 || memcmp(lines->raw, "\x1f\x8b", 2) != 0) {
        return STATUS_OK;
    }
    lines->gzip = calloc(1, sizeof *lines->gzip);
    if (!lines->gzip || inflateInit2(lines->gzip, GZIP_WINDOW) != Z_OK) {
        free(lines->gzip);
        lines->gzip = NULL;
        return STATUS_NO_MEMORY;
    }
    return STATUS_OK;
}

static enum status inflate_some(struct lines *lines)
{
    z_stream *gzip = lines->gzip;
    gzip->next_in = (Bytef *)lines->raw + lines->raw_at;
    gzip->avail_in = (uInt)(lines->raw_end - lines->raw_at);
    gzip->next_out = (Bytef *)lines->text + lines->text_end;
    gzip->avail_out = (uInt)(TEXT_SIZE - lines->text_end);
    const int result = inflate(gzip, Z_NO_FLUSH);
    lines->raw_at = lines->raw_end - gzip->avail_in;
    lines->text_end = TEXT_SIZE - gzip->avail_out;
    lines->has_more = gzip->avail_out == 0;
    if (result == Z_STREAM_END) {
        inflateReset(gzip);
    }
    return result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR ? STATUS_OK
           : result == Z_MEM_ERROR                                           ? STATUS_NO_MEMORY
                                                                             : STATUS_CORRUPT;
}

/* More text. STATUS_EMPTY: the file's end, also where it was cut short. */
static enum status read_text(struct lines *lines)
{
    enum status status = lines->begun ? STATUS_OK : begin(lines);
    if (status == STATUS_OK && lines->raw_at == lines->raw_end && !lines->has_more) {
        lines->raw_at = lines->raw_end = 0;
        status = read_raw(lines);
    }
    if (status) {
        return status;
    }
    if (lines->gzip) {
        return inflate_some(lines);
    }
    const size_t room = TEXT_SIZE - lines->text_end;
    const size_t have = lines->raw_end - lines->raw_at;
    const size_t taken = have < room ? have : room;
    memcpy(lines->text + lines->text_end, lines->raw + lines->raw_at, taken);
    lines->raw_at += taken;
    lines->text_end += taken;
    return STATUS_OK;
}

/* --- lines --- */

static void make_room(struct lines *lines)
{
    memmove(lines->text, lines->text + lines->text_at, lines->text_end - lines->text_at);
    lines->text_end -= lines->text_at;
    lines->text_at = 0;
}

/* What there is of an endless line goes. */
static enum status drop_overlong(struct lines *lines)
{
    const bool is_news = !lines->overlong;
    lines->number += is_news ? 1 : 0;
    lines->overlong = true;
    lines->text_at = lines->text_end = lines->searched = 0;
    return is_news ? STATUS_OVERRUN : STATUS_BUSY;
}

/* True: the line up to there is given; false: it was the rest of an overlong one. */
static bool take_line(struct lines *lines, size_t end, bool is_whole, struct line *line)
{
    const bool wanted = !lines->overlong;
    *line = (struct line){lines->text + lines->text_at, end - lines->text_at, is_whole};
    lines->text_at = is_whole ? end + 1 : end;
    lines->searched = 0;
    lines->number += wanted ? 1 : 0;
    lines->overlong = false;
    return wanted;
}

/* What stands between the last whole line and the damage is none. */
static enum status end_damaged(struct lines *lines)
{
    lines->damaged = false;
    lines->text_at = lines->text_end = lines->searched = 0;
    return STATUS_CORRUPT;
}

enum status lines_next(struct lines *lines, struct line *line)
{
    for (;;) {
        const size_t from = lines->text_at + lines->searched;
        const char *end = memchr(lines->text + from, '\n', lines->text_end - from);
        if (end) {
            if (take_line(lines, (size_t)(end - lines->text), true, line)) {
                return STATUS_OK;
            }
            continue;
        }
        lines->searched = lines->text_end - lines->text_at;
        if (lines->searched > RECORDING_LINE_MAX) {
            return drop_overlong(lines);
        }
        if (lines->damaged) {
            return end_damaged(lines);
        }
        make_room(lines);
        const enum status status = lines->ended ? STATUS_EMPTY : read_text(lines);
        lines->ended = lines->ended || status == STATUS_EMPTY || status == STATUS_CORRUPT;
        if (status == STATUS_CORRUPT) { /* what came before it is still given */
            lines->damaged = true;
            continue;
        }
        if (status == STATUS_EMPTY && lines->searched > 0 && take_line(lines, lines->text_end, false, line)) {
            return STATUS_OK;
        }
        if (status) {
            return status;
        }
    }
}
