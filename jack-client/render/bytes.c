/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/render/bytes.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

void bytes_init(struct bytes *bytes, int fd, uint64_t size)
{
    bytes->fd = fd;
    bytes->size = size;
    bytes->from = 0;
    bytes->held = 0;
}

/* How many there were to be had. */
static size_t load(const struct bytes *bytes, uint64_t at, void *out, size_t count)
{
    size_t got = 0;
    while (got < count) {
        const ssize_t n = pread(bytes->fd, (char *)out + got, count - got, (off_t)(at + got));
        if (n > 0) {
            got += (size_t)n;
        } else if (n == 0 || errno != EINTR) {
            break;
        }
    }
    return got;
}

bool bytes_get(const struct bytes *bytes, uint64_t at, void *out, size_t count)
{
    if (at > bytes->size || count > bytes->size - at) {
        return false;
    }
    if (at >= bytes->from && at - bytes->from <= bytes->held && count <= bytes->held - (at - bytes->from)) {
        memcpy(out, bytes->ahead + (at - bytes->from), count);
        return true;
    }
    return load(bytes, at, out, count) == count;
}

const unsigned char *bytes_view(struct bytes *bytes, uint64_t at, size_t *count)
{
    if (at >= bytes->size) {
        return NULL;
    }
    if (at < bytes->from || at - bytes->from >= bytes->held) {
        const uint64_t left = bytes->size - at;
        bytes->from = at;
        bytes->held = load(bytes, at, bytes->ahead, left < BYTES_AHEAD ? (size_t)left : BYTES_AHEAD);
    }
    *count = bytes->held - (size_t)(at - bytes->from);
    return *count > 0 ? bytes->ahead + (at - bytes->from) : NULL;
}

bool bytes_are(const struct bytes *bytes, uint64_t at, const char *text)
{
    char found[16];
    const size_t count = strlen(text);
    return count <= sizeof found && bytes_get(bytes, at, found, count) && memcmp(found, text, count) == 0;
}

uint64_t bytes_big(const unsigned char *from, size_t count)
{
    uint64_t value = 0;
    for (size_t i = 0; i < count; i++) {
        value = value << 8 | from[i];
    }
    return value;
}

uint64_t bytes_little(const unsigned char *from, size_t count)
{
    uint64_t value = 0;
    for (size_t i = count; i > 0; i--) {
        value = value << 8 | from[i - 1];
    }
    return value;
}
