/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/client/wake.h"

#include <poll.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum status wake_open(struct wake *wake)
{
    *wake = (struct wake){.event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC),
                          .end = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
    if (wake->event < 0 || wake->end < 0) {
        wake_close(wake);
        return STATUS_IO;
    }
    return STATUS_OK;
}

void wake_close(struct wake *wake)
{
    if (wake->event >= 0) {
        close(wake->event);
    }
    if (wake->end >= 0) {
        close(wake->end);
    }
    *wake = (struct wake){-1, -1};
}

static void raise_event(int fd)
{
    const uint64_t one = 1;
    /* Can only fail when the counter is full, and then the control thread is being woken already. */
    const ssize_t written = write(fd, &one, sizeof one);
    (void)written;
}

void wake_up(const struct wake *wake)
{
    raise_event(wake->event);
}

void wake_end(const struct wake *wake)
{
    raise_event(wake->end);
}

bool wake_wait(const struct wake *wake, int timeout_ms)
{
    struct pollfd fds[] = {{.fd = wake->event, .events = POLLIN}, {.fd = wake->end, .events = POLLIN}};
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
