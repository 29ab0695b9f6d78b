/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Preloaded into phicast-broadcaster: what its libraries, the system and intruders do on their worst days, as
 * the file $PHICAST_STALL says once it is there. "spin" and "sleep": the event loop comes back no more from
 * arming its timer, and the file's name with ".begun" exists; "poll": it cannot wait; "memory": what is there
 * already cannot grow; "open PATH": that is tried, and standard error says with what success; "disk": what is
 * written to files takes until it says something else. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* What the file says; "" if it is not there. */
static const char *told(void)
{
    static _Thread_local char text[256];
    const int err = errno;
    const char *path = getenv("PHICAST_STALL");
    const int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    ssize_t got = 0;
    if (fd >= 0) {
        got = read(fd, text, sizeof text - 1);
        close(fd);
    }
    text[got > 0 ? got : 0] = '\0';
    errno = err;
    return text;
}

static bool is_told(const char *what)
{
    return strcmp(told(), what) == 0;
}

static void try_to_open(const char *path)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    fprintf(stderr, "open %s: %s\n", path, fd >= 0 ? "open" : strerror(errno));
    if (fd >= 0) {
        close(fd);
    }
}

static void say_begun(void)
{
    char path[256];
    if (snprintf(path, sizeof path, "%s.begun", getenv("PHICAST_STALL")) < (int)sizeof path) {
        close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    }
}

int timerfd_settime(int fd, int flags, const struct itimerspec *value, struct itimerspec *old)
{
    static int (*real)(int, int, const struct itimerspec *, struct itimerspec *);
    if (!real) {
        *(void **)&real = dlsym(RTLD_NEXT, "timerfd_settime");
    }
    const bool spins = is_told("spin");
    if (spins || is_told("sleep")) {
        say_begun();
        while (spins || pause()) {
        }
    }
    if (strncmp(told(), "open ", 5) == 0) {
        try_to_open(told() + 5);
    }
    return real(fd, flags, value, old);
}

ssize_t write(int fd, const void *data, size_t length)
{
    static ssize_t (*real)(int, const void *, size_t);
    struct stat about;
    if (!real) {
        *(void **)&real = dlsym(RTLD_NEXT, "write");
    }
    const bool on_disk = fd > STDERR_FILENO && fstat(fd, &about) == 0 && S_ISREG(about.st_mode);
    for (bool begun = false; on_disk && is_told("disk"); begun = true) {
        if (!begun) {
            say_begun();
        }
        usleep(1000);
    }
    return real(fd, data, length);
}

int epoll_wait(int fd, struct epoll_event *events, int count, int timeout)
{
    static int (*real)(int, struct epoll_event *, int, int);
    if (!real) {
        *(void **)&real = dlsym(RTLD_NEXT, "epoll_wait");
    }
    if (is_told("poll")) {
        errno = EINVAL;
        return -1;
    }
    return real(fd, events, count, timeout);
}

void *realloc(void *memory, size_t size)
{
    static void *(*real)(void *, size_t);
    if (!real) {
        *(void **)&real = dlsym(RTLD_NEXT, "realloc");
    }
    if (memory && size > 0 && is_told("memory")) {
        errno = ENOMEM;
        return NULL;
    }
    return real(memory, size);
}
