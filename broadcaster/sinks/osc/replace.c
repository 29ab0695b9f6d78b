/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/sinks/osc/replace.h"

#include "shared/log.h"
#include "shared/state_file.h"
#include "shared/thread.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SOON_US = 20000, FRESH_MAX = STATE_PATH_MAX + 8 };

/* The thread's alone from its start until `done` is set, with release. */
struct osc_replacement {
    int fd;
    unsigned place; /* 0...2: of the names beside the file, its own */
    char path[STATE_PATH_MAX];
    char fresh[FRESH_MAX];
    pthread_t thread;
    int err;
    atomic_bool done;
};

static int sync_folder(const char *path)
{
    char folder[STATE_PATH_MAX];
    snprintf(folder, sizeof folder, "%s", path);
    *(strrchr(folder, '/') + 1) = '\0';
    const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const int err = fd < 0 || fsync(fd) != 0 ? errno : 0;
    if (fd >= 0) {
        close(fd);
    }
    return err;
}

static void *run(void *arg)
{
    struct osc_replacement *it = arg;
    if (fsync(it->fd) != 0 || rename(it->fresh, it->path) != 0) {
        it->err = errno;
        (void)unlink(it->fresh);
    } else {
        it->err = sync_folder(it->path);
    }
    atomic_store_explicit(&it->done, true, memory_order_release);
    return NULL;
}

static bool write_all(int fd, const char *text, size_t length)
{
    while (length > 0) {
        const ssize_t written = write(fd, text, length);
        if (written < 0 && errno != EINTR) {
            return false;
        }
        text += written > 0 ? written : 0;
        length -= written > 0 ? (size_t)written : 0;
    }
    return true;
}

static void free_replacement(struct osc_replacement *it)
{
    close(it->fd);
    free(it);
}

static void start(struct osc_replace *replace, struct osc_replacement *it)
{
    replace->running = it;
    if (!thread_start(&it->thread, run, it)) { /* better late than never */
        run(it);
        it->thread = pthread_self();
    }
}

static void finish(struct osc_replace *replace)
{
    struct osc_replacement *it = replace->running;
    replace->running = NULL;
    if (!pthread_equal(it->thread, pthread_self())) {
        pthread_join(it->thread, NULL);
    }
    if (it->err) {
        log_error("%s: %s; what was changed last is not kept for the next start", it->path,
                  strerror(it->err));
    }
    free_replacement(it);
}

static void take_next(struct osc_replace *replace)
{
    struct osc_replacement *next = replace->next;
    replace->next = NULL;
    if (next) {
        start(replace, next);
    }
}

static unsigned find_place(const struct osc_replace *replace)
{
    unsigned place = 0;
    while ((replace->running && replace->running->place == place) ||
           (replace->next && replace->next->place == place)) {
        place++;
    }
    return place;
}

/* What a program that was killed has left there is of no use. */
static enum status write_fresh(struct osc_replacement *it, const char *text, size_t length)
{
    const enum status folders = state_file_make_folders(it->path);
    (void)unlink(it->fresh);
    it->fd = open(it->fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (it->fd >= 0 && write_all(it->fd, text, length)) {
        return STATUS_OK;
    }
    const enum status status = status_from_errno(errno);
    if (it->fd >= 0) {
        (void)unlink(it->fresh);
        close(it->fd);
    }
    return status == STATUS_NOT_FOUND && folders ? folders : status;
}

enum status osc_replace_file(struct osc_replace *replace, const char *path, const char *text, size_t length)
{
    struct osc_replacement *it = calloc(1, sizeof *it);
    if (!it) {
        return STATUS_NO_MEMORY;
    }
    it->place = find_place(replace);
    snprintf(it->path, sizeof it->path, "%s", path);
    snprintf(it->fresh, sizeof it->fresh, "%s.new%u", path, it->place);
    const enum status status = write_fresh(it, text, length);
    if (status) {
        free(it);
        return status;
    }
    if (replace->next) {
        (void)unlink(replace->next->fresh);
        free_replacement(replace->next);
    }
    replace->next = it;
    if (!replace->running) {
        take_next(replace);
    }
    return STATUS_OK;
}

uint64_t osc_replace_beat(struct osc_replace *replace, uint64_t now_us)
{
    if (replace->running && atomic_load_explicit(&replace->running->done, memory_order_acquire)) {
        finish(replace);
        take_next(replace);
    }
    return replace->running ? now_us + SOON_US : UINT64_MAX;
}

void osc_replace_close(struct osc_replace *replace)
{
    while (replace->running) {
        finish(replace);
        take_next(replace);
    }
}
