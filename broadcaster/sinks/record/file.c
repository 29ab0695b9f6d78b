/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/sinks/record/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

enum { GZIP_BITS = 15 + 16, MEMORY_LEVEL = 8, PIECE = 65536 };

static enum status open_stream(struct record_file *file)
{
    z_stream *stream = calloc(1, sizeof *stream);
    if (stream && deflateInit2(stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_BITS, MEMORY_LEVEL,
                               Z_DEFAULT_STRATEGY) != Z_OK) {
        free(stream);
        stream = NULL;
    }
    file->stream = stream;
    errno = ENOMEM; /* if it is that */
    return stream ? STATUS_OK : STATUS_IO;
}

static void free_stream(struct record_file *file)
{
    if (file->stream) {
        deflateEnd(file->stream);
        free(file->stream);
        file->stream = NULL;
    }
}

enum status record_file_open(struct record_file *file, const char *path, bool packed)
{
    *file = (struct record_file){.fd = -1};
    if (packed && open_stream(file)) {
        return STATUS_IO;
    }
    file->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file->fd < 0) {
        const int err = errno;
        free_stream(file);
        errno = err;
        return err == EEXIST ? STATUS_BUSY : STATUS_IO;
    }
    return STATUS_OK;
}

static enum status write_all(struct record_file *file, const unsigned char *data, size_t length)
{
    while (length > 0) {
        const ssize_t taken = write(file->fd, data, length);
        if (taken < 0 && errno != EINTR) {
            return STATUS_IO;
        }
        data += taken > 0 ? taken : 0;
        length -= taken > 0 ? (size_t)taken : 0;
        file->bytes += taken > 0 ? (uint64_t)taken : 0;
    }
    return STATUS_OK;
}

/* flush: zlib's. It has taken all once it leaves room in a piece. */
static enum status pack(struct record_file *file, const void *data, size_t length, int flush)
{
    unsigned char piece[PIECE];
    z_stream *stream = file->stream;
    enum status status = STATUS_OK;
    stream->next_in = (z_const Bytef *)data;
    stream->avail_in = (uInt)length;
    do {
        stream->next_out = piece;
        stream->avail_out = sizeof piece;
        (void)deflate(stream, flush); /* it only fails where nothing is to be done, or the stream is broken */
        status = write_all(file, piece, sizeof piece - stream->avail_out);
    } while (status == STATUS_OK && stream->avail_out == 0);
    return status;
}

enum status record_file_write(struct record_file *file, const void *data, size_t length)
{
    if (length > UINT_MAX) {
        errno = EFBIG;
        return STATUS_IO;
    }
    const enum status status =
        file->stream ? pack(file, data, length, Z_SYNC_FLUSH) : write_all(file, data, length);
    file->whole = status ? file->whole : file->bytes;
    return status;
}

enum status record_file_close(struct record_file *file)
{
    if (file->stream && pack(file, "", 0, Z_FINISH)) {
        const int err = errno;
        record_file_drop(file);
        errno = err;
        return STATUS_IO;
    }
    free_stream(file);
    const int fd = file->fd;
    file->fd = -1;
    return close(fd) == 0 ? STATUS_OK : STATUS_IO;
}

void record_file_drop(struct record_file *file)
{
    free_stream(file);
    if (file->fd >= 0) {
        (void)!ftruncate(file->fd, (off_t)file->whole);
        close(file->fd);
    }
    file->fd = -1;
}
