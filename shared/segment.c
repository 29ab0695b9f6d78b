/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/clock.h"
#include "shared/mapping.h"
#include "shared/segment_file.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Each try loses only to another process that replaced the same name in between. */
enum { CREATE_TRIES = 16 };

bool segment_is_name(const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    const size_t length = strspn(name, allowed);
    return length > 0 && length <= SEGMENT_NAME_LONGEST && name[length] == '\0';
}

enum status segment_make_path(char out[SEGMENT_PATH_MAX], const struct segment_kind *kind, const char *name)
{
    if (!segment_is_name(name)) {
        return STATUS_BAD_ARG;
    }
    const int length = snprintf(out, SEGMENT_PATH_MAX, SEGMENT_PATH_FORMAT, name, kind->suffix);
    return length < SEGMENT_PATH_MAX ? STATUS_OK : STATUS_BAD_ARG;
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
static bool is_current(int fd, const char *path)
{
    struct stat mine;
    struct stat named;
    return fstat(fd, &mine) == 0 && lstat(path, &named) == 0 && mine.st_ino == named.st_ino &&
           mine.st_dev == named.st_dev;
}

static enum status map_new(struct segment *segment, uint64_t generation)
{
    const struct segment_kind *kind = segment->kind;
    const bool shared = segment->group != (gid_t)-1;
    if ((shared && fchown(segment->fd, (uid_t)-1, segment->group) != 0) ||
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
    const enum status status = mapping_make(&segment->memory, segment->fd, kind->size);
    if (status) {
        return status;
    }
    struct segment_header *header = segment->memory;
    header->abi = kind->abi;
    header->writer_pid = (uint32_t)getpid();
    header->size = kind->size;
    header->start_time_us = clock_unix_us();
    header->generation = segment->generation = generation;
    atomic_store_explicit(&header->magic, kind->magic, memory_order_release);
    return STATUS_OK;
}

/* Whether the file under our lock is fresh: empty, plain, and nobody else's to write into later. */
static bool is_fresh(const struct stat *file)
{
    return S_ISREG(file->st_mode) && file->st_size == 0 && file->st_uid == geteuid();
}

/* Without O_CREAT first: where fs.protected_regular is set, not even root may open another user's file in
 * /dev/shm with it. */
static int open_or_make(const char *path)
{
    const int fd = segment_open_path(path, O_RDWR);
    return fd >= 0 || errno != ENOENT ? fd : segment_open_path(path, O_RDWR | O_CREAT);
}

/* What a refusal means: whose file it is tells more than that it was refused. */
static enum status refused(struct segment *segment, int err)
{
    const enum status status = status_from_errno(err);
    segment->owner = segment_path_owner(segment->path);
    const bool foreign = segment->owner != (uid_t)-1 && segment->owner != geteuid();
    return status == STATUS_NO_ACCESS && foreign ? STATUS_FOREIGN : status;
}

/* The file under our lock is a dead writer's, or was never one. Already gone is as good. */
static enum status remove_leavings(struct segment *segment, int fd, uint64_t *generation)
{
    struct segment_header old;
    if (segment_peek(fd, &old) && old.magic == segment->kind->magic && old.generation >= *generation) {
        *generation = old.generation + 1;
    }
    return unlink(segment->path) == 0 || errno == ENOENT ? STATUS_OK : refused(segment, errno);
}

/* At least of that generation. */
static enum status make(struct segment *segment, uint64_t generation)
{
    enum status status = STATUS_OK;
    for (int attempt = 0; status == STATUS_OK && attempt < CREATE_TRIES; attempt++) {
        const int fd = open_or_make(segment->path);
        if (fd < 0) {
            return refused(segment, errno);
        }
        status = take_lock(fd);
        if (status) {
            close(fd);
            segment->owner = segment_path_owner(segment->path);
            return status;
        }
        struct stat file;
        if (!is_current(fd, segment->path) || fstat(fd, &file) != 0) {
            close(fd); /* somebody replaced the name between our open and our lock */
            continue;
        }
        if (!is_fresh(&file)) {
            status = remove_leavings(segment, fd, &generation);
            close(fd);
            continue;
        }
        segment->fd = fd;
        segment->owner = file.st_uid;
        status = map_new(segment, generation);
        if (status) {
            segment_close(segment);
        }
        return status;
    }
    return status ? status : STATUS_BUSY;
}

enum status segment_create(struct segment *segment, const struct segment_kind *kind, const char *name,
                           gid_t group)
{
    *segment = (struct segment){.fd = -1, .kind = kind, .writer = true, .group = group, .owner = (uid_t)-1};
    const enum status status = segment_make_path(segment->path, kind, name);
    return status ? status : make(segment, 1);
}

bool segment_is_whole(const struct segment *segment)
{
    struct stat file;
    struct segment_header header;
    return segment->fd >= 0 && !mapping_is_cut(segment->memory) && is_current(segment->fd, segment->path) &&
           fstat(segment->fd, &file) == 0 && (uint64_t)file.st_size >= segment->kind->size &&
           segment_peek(segment->fd, &header) && segment_check_header(&header, segment->kind) == STATUS_OK;
}

enum status segment_renew(struct segment *segment, struct segment *old)
{
    struct segment fresh = *segment;
    fresh.fd = -1;
    fresh.memory = NULL;
    if (is_current(segment->fd, segment->path)) {
        unlink(segment->path);
    }
    const enum status status = make(&fresh, segment->generation + 1);
    if (status) {
        segment->owner = fresh.owner;
        return status;
    }
    *old = *segment;
    *segment = fresh;
    return STATUS_OK;
}

enum status segment_check_header(const struct segment_header *header, const struct segment_kind *kind)
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

bool segment_alive(const struct segment *segment)
{
    /* A writer's own lock is no conflict to itself, so the kernel would not show it. */
    return segment->fd >= 0 && (segment->writer || is_locked(segment->fd));
}

const char *segment_owner_str(const struct segment *segment, char out[SEGMENT_OWNER_MAX])
{
    const struct passwd *entry = getpwuid(segment->owner);
    if (entry) {
        snprintf(out, SEGMENT_OWNER_MAX, "user %.32s", entry->pw_name);
    } else {
        snprintf(out, SEGMENT_OWNER_MAX, "user %lu", (unsigned long)segment->owner);
    }
    return out;
}

void segment_close(struct segment *segment)
{
    if (segment->fd >= 0 && segment->writer && is_current(segment->fd, segment->path)) {
        unlink(segment->path);
    }
    segment_leave(segment);
}

void segment_leave(struct segment *segment)
{
    if (segment->writer) {
        mapping_drop(segment->memory, segment->kind->size);
    } else {
        free(segment->memory);
    }
    if (segment->fd >= 0) {
        close(segment->fd); /* gives the lock back */
    }
    *segment = SEGMENT_NONE;
}

void segment_sweep(const struct segment_kind *kind, const char *name)
{
    char path[SEGMENT_PATH_MAX];
    if (segment_make_path(path, kind, name)) {
        return;
    }
    const int fd = segment_open_path(path, O_RDWR);
    if (fd >= 0) {
        struct stat file;
        if (fstat(fd, &file) == 0 && file.st_uid == geteuid() && take_lock(fd) == STATUS_OK &&
            is_current(fd, path)) {
            unlink(path);
        }
        close(fd);
    }
}
