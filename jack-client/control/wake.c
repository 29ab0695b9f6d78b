/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/control/wake.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum status wake_open(struct wake *wake)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    *wake = (struct wake){-1, -1};
    if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0) {
        return STATUS_IO;
    }
    signal(SIGPIPE, SIG_IGN); /* the JACK server's death is no reason for ours */
    wake->event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    wake->signal = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (wake->event < 0 || wake->signal < 0) {
        const int err = errno;
        wake_close(wake);
        return status_from_errno(err);
    }
    return STATUS_OK;
}

void wake_close(struct wake *wake)
{
    if (wake->event >= 0) {
        close(wake->event);
    }
    if (wake->signal >= 0) {
        close(wake->signal);
    }
    *wake = (struct wake){-1, -1};
}

void wake_up(const struct wake *wake)
{
    const uint64_t one = 1;
    /* Can only fail when the counter is full, and then the control thread is being woken already. */
    const ssize_t written = write(wake->event, &one, sizeof one);
    (void)written;
}

bool wake_wait(const struct wake *wake, int timeout_ms)
{
    struct pollfd fds[] = {{.fd = wake->event, .events = POLLIN}, {.fd = wake->signal, .events = POLLIN}};
    if (poll(fds, 2, timeout_ms) <= 0) {
        return false;
    }
    if (fds[0].revents & POLLIN) {
        uint64_t count;
        const ssize_t got = read(wake->event, &count, sizeof count);
        (void)got;
    }
    return (fds[1].revents & POLLIN) != 0;
}
