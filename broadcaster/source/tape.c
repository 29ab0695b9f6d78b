/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/source/tape.h"

#include "broadcaster/source/tape_state.h"
#include "shared/thread.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static enum status refuse(char *error, const char *path, const char *why, enum status status)
{
    snprintf(error, OPTION_ERROR_MAX, "--replay %.60s: %.180s", path, why);
    return status;
}

static enum status check_file(struct tape *tape, double from, char *error)
{
    struct stat about;
    const bool is_known = fstat(tape->fd, &about) == 0;
    tape->is_file = is_known && S_ISREG(about.st_mode);
    if (is_known && S_ISDIR(about.st_mode)) {
        return refuse(error, tape->path, "is a folder; give a recording", STATUS_BAD_ARG);
    }
    if (!tape->is_file && tape->loops) {
        return refuse(
            error, tape->path,
            "what comes through a pipe cannot be looped; save it to a file first, or leave out --loop",
            STATUS_BAD_ARG);
    }
    if (!tape->is_file && from > 0) {
        return refuse(error, tape->path,
                      "what comes through a pipe is there from its start; save it to a file first, or leave "
                      "out --from",
                      STATUS_BAD_ARG);
    }
    return STATUS_OK;
}

enum status tape_open(struct tape **out, const char *path, bool loops, double from,
                      char error[OPTION_ERROR_MAX])
{
    struct tape *tape = calloc(1, sizeof *tape);
    *out = NULL;
    if (!tape) {
        return refuse(error, path, "out of memory", STATUS_NO_MEMORY);
    }
    pthread_mutex_init(&tape->lock, NULL);
    thread_cond_init(&tape->changed);
    tape->path = path;
    tape->loops = loops;
    tape->target = from;
    tape->seeks = from > 0 ? 1 : 0;
    tape->duration = -1;
    tape->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    tape->fd =
        strcmp(path, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : open(path, O_RDONLY | O_CLOEXEC);
    enum status status = STATUS_OK;
    if (tape->fd < 0 || tape->wake_fd < 0) {
        char why[128];
        status = status_from_errno(errno);
        snprintf(why, sizeof why, "%s; give a recording", strerror(errno));
        refuse(error, path, why, status);
    }
    if (status == STATUS_OK) {
        status = check_file(tape, from, error);
    }
    if (status == STATUS_OK && lines_open(&tape->lines, tape->fd, tape->wake_fd)) {
        status = refuse(error, path, "out of memory", STATUS_NO_MEMORY);
    }
    if (status) {
        tape_close(tape);
        return status;
    }
    *out = tape;
    return STATUS_OK;
}

static struct timespec later(long ms)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    time.tv_nsec += ms * 1000000;
    time.tv_sec += time.tv_nsec / 1000000000;
    time.tv_nsec %= 1000000000;
    return time;
}

static bool is_interrupted(void)
{
    sigset_t pending;
    return sigpending(&pending) == 0 &&
           (sigismember(&pending, SIGINT) == 1 || sigismember(&pending, SIGTERM) == 1);
}

enum status tape_start(struct tape *tape, char error[OPTION_ERROR_MAX])
{
    enum { LOOK_MS = 100 };
    tape->is_read = thread_start(&tape->reader, tape_read, tape);
    tape->is_measured = tape->is_file && thread_start(&tape->measurer, tape_measure, tape);
    if (!tape->is_read) {
        return refuse(error, tape->path, "no thread to read it; are too many running?", STATUS_NO_MEMORY);
    }
    enum status status = STATUS_OK;
    pthread_mutex_lock(&tape->lock);
    while (tape->head == 0 && !tape->has_failed && status == STATUS_OK) {
        const struct timespec until = later(LOOK_MS);
        pthread_cond_timedwait(&tape->changed, &tape->lock, &until);
        status = is_interrupted() ? refuse(error, tape->path, "interrupted", STATUS_IO) : STATUS_OK;
    }
    if (tape->has_failed) {
        status = refuse(error, tape->path, tape->troubles.last, STATUS_CORRUPT);
    }
    pthread_mutex_unlock(&tape->lock);
    return status;
}

/* False: it hangs in a read, and may wake at any time. */
static bool end_threads(struct tape *tape)
{
    const uint64_t one = 1;
    struct timespec until;
    tape->stop = true;
    (void)!write(tape->wake_fd, &one, sizeof one);
    pthread_mutex_lock(&tape->lock);
    pthread_cond_broadcast(&tape->changed);
    pthread_mutex_unlock(&tape->lock);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec++;
    return (!tape->is_read || pthread_timedjoin_np(tape->reader, NULL, &until) == 0) &&
           (!tape->is_measured || pthread_timedjoin_np(tape->measurer, NULL, &until) == 0);
}

void tape_close(struct tape *tape)
{
    if (!tape || !end_threads(tape)) {
        return;
    }
    lines_close(&tape->lines);
    pthread_cond_destroy(&tape->changed);
    pthread_mutex_destroy(&tape->lock);
    for (int i = 0; i < 2; i++) {
        const int fd = i == 0 ? tape->fd : tape->wake_fd;
        if (fd >= 0) {
            close(fd);
        }
    }
    free(tape);
}

const struct tape_item *tape_peek(struct tape *tape)
{
    pthread_mutex_lock(&tape->lock);
    const bool is_there = tape->head != tape->tail;
    pthread_mutex_unlock(&tape->lock);
    return is_there ? &tape->item[tape->tail % TAPE_AHEAD] : NULL;
}

void tape_pop(struct tape *tape)
{
    pthread_mutex_lock(&tape->lock);
    tape->tail++;
    pthread_cond_broadcast(&tape->changed);
    pthread_mutex_unlock(&tape->lock);
}

void tape_seek(struct tape *tape, double position)
{
    pthread_mutex_lock(&tape->lock);
    tape->target = position;
    tape->seeks++;
    tape->tail = tape->head;
    pthread_cond_broadcast(&tape->changed);
    pthread_mutex_unlock(&tape->lock);
}

bool tape_can_seek(const struct tape *tape)
{
    return tape->is_file;
}

double tape_duration(struct tape *tape)
{
    return tape->duration;
}

const char *tape_name(const struct tape *tape)
{
    return tape->name;
}

void tape_troubles(struct tape *tape, struct tape_troubles *seen)
{
    pthread_mutex_lock(&tape->lock);
    if (tape->troubles.count != seen->count) {
        *seen = tape->troubles;
    }
    pthread_mutex_unlock(&tape->lock);
}
