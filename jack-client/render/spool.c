/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/render/spool.h"

#include "shared/clock.h"
#include "shared/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE = 65536, PATIENCE_MS = 2000 };

static int64_t now_ms(void)
{
    return (int64_t)(clock_now_us() / 1000);
}

const char *spool_name(const char *path)
{
    return strcmp(path, "-") == 0 ? "standard input" : path;
}

static const char *folder(void)
{
    const char *named = getenv("TMPDIR");
    return named && *named ? named : "/tmp";
}

static int nameless_file(void)
{
    char path[4096];
    const int length = snprintf(path, sizeof path, "%s/phicast-render-XXXXXX", folder());
    if (length < 0 || (size_t)length >= sizeof path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    const int fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0) {
        unlink(path);
    }
    return fd;
}

static bool write_all(int fd, const char *bytes, size_t count)
{
    while (count > 0) {
        const ssize_t n = write(fd, bytes, count);
        if (n > 0) {
            bytes += n;
            count -= (size_t)n;
        } else if (n == 0 || errno != EINTR) {
            return false;
        }
    }
    return true;
}

/* Somebody who waits for numbers is told once why there are none yet. */
static void wait_for_more(int fd, const char *name, int64_t until_ms, bool *told)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    const int64_t left_ms = until_ms - now_ms();
    if (!*told && (left_ms <= 0 || poll(&wanted, 1, (int)left_ms) == 0)) {
        log_info("%s: still coming in; it is measured when it has ended", name);
        *told = true;
    }
}

static enum status put_by_failed(const char *name, char *error)
{
    const int err = errno;
    snprintf(error, SPOOL_ERROR_MAX, "%s: could not be put by in %s: %s; set TMPDIR to a folder with room",
             name, folder(), strerror(err));
    return status_from_errno(err);
}

static enum status copy(int from, int to, const char *name, uint64_t *size, char *error)
{
    char *piece = malloc(PIECE);
    const int64_t until_ms = now_ms() + PATIENCE_MS;
    enum status status = STATUS_OK;
    bool told = false;
    ssize_t n = 1;
    if (!piece) {
        snprintf(error, SPOOL_ERROR_MAX, "%s: out of memory", name);
        return STATUS_NO_MEMORY;
    }
    while (status == STATUS_OK && n != 0) {
        wait_for_more(from, name, until_ms, &told);
        n = read(from, piece, PIECE);
        if (n > 0) {
            *size += (uint64_t)n;
            status = write_all(to, piece, (size_t)n) ? STATUS_OK : put_by_failed(name, error);
        } else if (n < 0 && errno != EINTR) {
            const int err = errno;
            snprintf(error, SPOOL_ERROR_MAX, "%s: %s; give a sound file that can be read", name,
                     strerror(err));
            status = status_from_errno(err);
        }
    }
    free(piece);
    return status;
}

/* Puts by all that comes, and has *fd be that. */
static enum status put_by(struct spool *spool, const char *name, char *error)
{
    const int file = nameless_file();
    if (file < 0) {
        return put_by_failed(name, error);
    }
    const enum status status = copy(spool->fd, file, name, &spool->size, error);
    close(spool->fd);
    spool->fd = file;
    return status;
}

static enum status look(struct spool *spool, const char *name, char *error)
{
    struct stat info;
    if (fstat(spool->fd, &info) != 0) {
        const int err = errno;
        snprintf(error, SPOOL_ERROR_MAX, "%s: %s", name, strerror(err));
        return status_from_errno(err);
    }
    if (S_ISDIR(info.st_mode) || S_ISCHR(info.st_mode)) {
        snprintf(error, SPOOL_ERROR_MAX, "%s: is a %s; give a sound file, or pipe one in", name,
                 S_ISDIR(info.st_mode) ? "folder"
                 : isatty(spool->fd)   ? "terminal"
                                       : "device");
        return STATUS_CORRUPT;
    }
    if (S_ISREG(info.st_mode) && lseek(spool->fd, 0, SEEK_CUR) == 0) {
        spool->size = (uint64_t)info.st_size;
        return STATUS_OK;
    }
    return put_by(spool, name, error);
}

enum status spool_open(struct spool *spool, const char *path, char error[SPOOL_ERROR_MAX])
{
    const char *name = spool_name(path);
    *spool = (struct spool){.fd = strcmp(path, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                                                         : open(path, O_RDONLY | O_CLOEXEC)};
    if (spool->fd < 0) {
        const int err = errno;
        snprintf(error, SPOOL_ERROR_MAX, "%s: %s; give a sound file that can be read", name, strerror(err));
        return status_from_errno(err);
    }
    const enum status status = look(spool, name, error);
    if (status) {
        close(spool->fd);
        spool->fd = -1;
    }
    return status;
}
