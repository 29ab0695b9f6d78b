/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/sinks/ws/quiet.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

enum { PONG_HEAD = 6 }; /* bytes, with the mask */

/* Bytes that have come so far, read or not; 0: it is no TCP socket, or of an old kernel. */
static uint64_t received(int fd)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 ? info.tcpi_bytes_received : 0;
}

/* Comes before libwebsockets hears of it. */
static void on_bytes(struct ev_loop *loop, ev_io *io, int events)
{
    (void)loop, (void)events;
    ((struct quiet *)io->data)->holds = false;
}

void quiet_start(struct quiet *quiet, struct ev_loop *loop, int fd)
{
    int unread = 0;
    quiet->received = received(fd);
    quiet->holds = quiet->received > 0 && ioctl(fd, FIONREAD, &unread) == 0 && unread == 0;
    if (quiet->holds) {
        ev_io_init(&quiet->io, on_bytes, fd, EV_READ);
        ev_set_priority(&quiet->io, EV_MAXPRI);
        quiet->io.data = quiet;
        ev_io_start(loop, &quiet->io);
    }
}

void quiet_ponged(struct quiet *quiet, size_t length)
{
    quiet->received += PONG_HEAD + length;
    quiet->holds = ev_is_active(&quiet->io) && received(quiet->io.fd) == quiet->received;
}

void quiet_stop(struct quiet *quiet, struct ev_loop *loop)
{
    ev_io_stop(loop, &quiet->io);
    *quiet = (struct quiet){0};
}
