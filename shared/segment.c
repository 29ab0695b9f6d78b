/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Each try loses only to another process that replaced the same name in between. */
enum { CREATE_TRIES = 16 };

/* O_NONBLOCK: a fifo that somebody put under the name must not hold us up. Plain files do not care. */
static int open_name(const char *name, int flags)
{
    return shm_open(name, flags | O_CLOEXEC | O_NONBLOCK, 0600);
}

static enum status make_name(char *out, const struct segment_kind *kind, const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    if (name[0] == '\0' || name[strspn(name, allowed)] != '\0') {
        return STATUS_BAD_ARG;
    }
    const int length = snprintf(out, SEGMENT_NAME_MAX, "/phicast.%s.%s", name, kind->suffix);
    return length < SEGMENT_NAME_MAX ? STATUS_OK : STATUS_BAD_ARG;
}

static enum status take_lock(int fd)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return fcntl(fd, F_OFD_SETLK, &lock) == 0 ? STATUS_OK : status_from_errno(errno);
}

static bool is_locked(int fd)
{
    struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
    return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

/* Whether fd is the file that the name leads to now. */
static bool is_current(int fd, const char *name)
{
    struct stat mine;
    struct stat named;
    const int other = open_name(name, O_RDONLY);
    if (other < 0) {
        return false;
    }
    const bool same = fstat(fd, &mine) == 0 && fstat(other, &named) == 0 && mine.st_ino == named.st_ino &&
                      mine.st_dev == named.st_dev;
    close(other);
    return same;
}

/* The header of a file that may be anything, by read() so that a short file is no fault. */
static bool peek_header(int fd, struct segment_header *header)
{
    return pread(fd, header, sizeof *header, 0) == (ssize_t)sizeof *header;
}

static enum status map_new(struct segment *segment, gid_t group, uint64_t generation)
{
    const struct segment_kind *kind = segment->kind;
    const bool shared = group != (gid_t)-1;
    if ((shared && fchown(segment->fd, (uid_t)-1, group) != 0) ||
        fchmod(segment->fd, shared ? 0640 : 0600) != 0) {
        return status_from_errno(errno);
    }
    /* posix_fallocate, not ftruncate: a full /dev/shm must fail here and not as a SIGBUS later. */
    int err = 0;
    do {
        err = posix_fallocate(segment->fd, 0, (off_t)kind->size);
    } while (err == EINTR);
    if (err) {
        return status_from_errno(err);
    }
    void *memory = mmap(NULL, kind->size, PROT_READ | PROT_WRITE, MAP_SHARED, segment->fd, 0);
    if (memory == MAP_FAILED) {
        return status_from_errno(errno);
    }
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    struct segment_header *header = memory;
    header->abi = kind->abi;
    header->writer_pid = (uint32_t)getpid();
    header->size = kind->size;
    header->start_time_us = (uint64_t)now.tv_sec * 1000000U + (uint64_t)now.tv_nsec / 1000U;
    header->generation = generation;
    atomic_store_explicit(&header->magic, kind->magic, memory_order_release);
    segment->memory = memory;
    return STATUS_OK;
}

/* Whether the file under our lock is fresh: empty, plain, and nobody else's to write into later. */
static bool is_fresh(const struct stat *file)
{
    return S_ISREG(file->st_mode) && file->st_size == 0 && file->st_uid == geteuid();
}

/* Without O_CREAT first: where fs.protected_regular is set, not even root may open another user's file in
 * /dev/shm with it. */
static int open_or_make(const char *name)
{
    const int fd = open_name(name, O_RDWR);
    return fd >= 0 || errno != ENOENT ? fd : open_name(name, O_RDWR | O_CREAT);
}

enum status segment_create(struct segment *segment, const struct segment_kind *kind, const char *name,
                           gid_t group)
{
    uint64_t generation = 1;
    *segment = (struct segment){.fd = -1, .kind = kind, .writer = true};
    enum status status = make_name(segment->name, kind, name);
    for (int attempt = 0; status == STATUS_OK && attempt < CREATE_TRIES; attempt++) {
        const int fd = open_or_make(segment->name);
        if (fd < 0) {
            return status_from_errno(errno);
        }
        status = take_lock(fd);
        if (status) {
            close(fd);
            return status;
        }
        struct stat file;
        if (!is_current(fd, segment->name) || fstat(fd, &file) != 0) {
            close(fd); /* somebody replaced the name between our open and our lock */
            continue;
        }
        if (!is_fresh(&file)) {
            struct segment_header old;
            if (peek_header(fd, &old) && old.magic == kind->magic) {
                generation = old.generation + 1;
            }
            /* A dead writer's: its lock was free. Already gone is as good. */
            if (shm_unlink(segment->name) != 0 && errno != ENOENT) {
                status = status_from_errno(errno);
            }
            close(fd);
            continue;
        }
        segment->fd = fd;
        status = map_new(segment, group, generation);
        if (status) {
            segment_close(segment);
        }
        return status;
    }
    return status ? status : STATUS_BUSY;
}

static enum status check_header(const struct segment_header *header, const struct segment_kind *kind)
{
    const uint64_t magic = atomic_load_explicit(&header->magic, memory_order_acquire);
    if (magic == 0) {
        return STATUS_NOT_READY;
    }
    if (magic != kind->magic) {
        return STATUS_BAD_MAGIC;
    }
    if (header->abi != kind->abi) {
        return STATUS_BAD_ABI;
    }
    return header->size == kind->size ? STATUS_OK : STATUS_TRUNCATED;
}

enum status segment_attach(struct segment *segment, const struct segment_kind *kind, const char *name)
{
    *segment = (struct segment){.fd = -1, .kind = kind};
    enum status status = make_name(segment->name, kind, name);
    if (status) {
        return status;
    }
    segment->fd = open_name(segment->name, O_RDONLY);
    if (segment->fd < 0) {
        return status_from_errno(errno);
    }
    struct stat file;
    struct segment_header header = {0};
    if (fstat(segment->fd, &file) != 0) {
        status = status_from_errno(errno);
    } else if (S_ISREG(file.st_mode) && file.st_size == 0) {
        status = STATUS_NOT_READY; /* perhaps not even locked yet */
    } else if (!peek_header(segment->fd, &header)) {
        status = STATUS_TRUNCATED;
    } else {
        /* The version is judged before the length: another version's segment may well be shorter. */
        status = check_header(&header, kind);
        if (status == STATUS_OK && (uint64_t)file.st_size < kind->size) {
            status = STATUS_TRUNCATED;
        }
    }
    if (status == STATUS_OK) {
        void *memory = mmap(NULL, kind->size, PROT_READ, MAP_SHARED, segment->fd, 0);
        status = memory == MAP_FAILED ? status_from_errno(errno) : STATUS_OK;
        segment->memory = status ? NULL : memory;
    }
    if (status) {
        segment_close(segment);
    }
    return status;
}

bool segment_alive(const struct segment *segment)
{
    /* A writer's own lock is no conflict to itself, so the kernel would not show it. */
    return segment->fd >= 0 && (segment->writer || is_locked(segment->fd));
}

enum status segment_verify(const struct segment *segment)
{
    struct stat file;
    if (segment->fd < 0 || fstat(segment->fd, &file) != 0) {
        return STATUS_NOT_FOUND;
    }
    if ((uint64_t)file.st_size < segment->kind->size) {
        return STATUS_TRUNCATED;
    }
    return check_header(segment->memory, segment->kind);
}

uint32_t segment_owner(const struct segment_kind *kind, const char *name)
{
    char path[SEGMENT_NAME_MAX];
    struct segment_header header;
    uint32_t pid = 0;
    if (make_name(path, kind, name)) {
        return 0;
    }
    const int fd = open_name(path, O_RDONLY);
    if (fd >= 0) {
        if (peek_header(fd, &header) && header.magic == kind->magic) {
            pid = header.writer_pid;
        }
        close(fd);
    }
    return pid;
}

void segment_close(struct segment *segment)
{
    if (segment->fd >= 0 && segment->writer && is_current(segment->fd, segment->name)) {
        shm_unlink(segment->name);
    }
    segment_leave(segment);
}

void segment_leave(struct segment *segment)
{
    if (segment->memory) {
        munmap(segment->memory, segment->kind->size);
    }
    if (segment->fd >= 0) {
        close(segment->fd); /* gives the lock back */
    }
    *segment = SEGMENT_NONE;
}

void segment_sweep(const struct segment_kind *kind, const char *name)
{
    char path[SEGMENT_NAME_MAX];
    if (make_name(path, kind, name)) {
        return;
    }
    const int fd = shm_open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK, 0);
    if (fd >= 0) {
        if (take_lock(fd) == STATUS_OK && is_current(fd, path)) {
            shm_unlink(path);
        }
        close(fd);
    }
}
