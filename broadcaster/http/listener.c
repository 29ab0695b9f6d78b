/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/http/listener.h"

#include "shared/clock.h"
#include "shared/log.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    BATCH = 32,          /* so that a crowd at the door does not hold up those inside */
    QUIET_US = 10000000, /* pauses this far apart are each worth a line */
};

/* Until descriptors or memory are there again; those who wait stay in the kernel's queue, and would wake the
 * loop for ever. */
static const double pause_s = 0.1;

static void take_up(struct listener *listener, int fd, const struct sockaddr *from)
{
    const int on = 1;
    struct limits *limits = listener->connections->limits;
    struct address *address = NULL;
    struct channel channel;
    if ((uint32_t)fd >= limits->descriptors) {
        limits->refused_connections++;
    } else if (limits_may_connect(limits, from)) {
        address = limits_connect(limits, from);
    }
    if (!address) {
        close(fd);
        return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (channel_open(&channel, fd, listener->tls)) {
        connection_open(listener->connections, &channel, address);
    } else {
        limits_disconnect(limits, address);
    }
}

static void start_all(struct listener *listener)
{
    for (uint32_t i = 0; i < listener->count; i++) {
        ev_io_start(listener->connections->loop, &listener->io[i]);
    }
}

static void stop_all(struct listener *listener)
{
    for (uint32_t i = 0; i < listener->count; i++) {
        ev_io_stop(listener->connections->loop, &listener->io[i]);
    }
}

/* Says so once, and then as it goes on at the 2nd, 4th, 8th ... pause. */
static void begin_pause(struct listener *listener, int err)
{
    const uint64_t now_us = clock_now_us();
    listener->pauses = now_us - listener->pause_us > QUIET_US ? 0 : listener->pauses;
    listener->pause_us = now_us;
    log_repeated(&listener->pauses, "new connections have to wait: %s", strerror(err));
    stop_all(listener);
    ev_timer_set(&listener->pause, pause_s, 0);
    ev_timer_start(listener->connections->loop, &listener->pause);
}

static void end_pause(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop, (void)events;
    start_all(timer->data);
}

static void on_connection(struct ev_loop *loop, ev_io *io, int events)
{
    struct listener *listener = io->data;
    (void)loop, (void)events;
    for (int i = 0; i < BATCH; i++) {
        struct sockaddr_storage from = {0};
        socklen_t length = sizeof from;
        const int fd = accept4(io->fd, (struct sockaddr *)&from, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            take_up(listener, fd, (const struct sockaddr *)&from);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
            begin_pause(listener, errno);
            return;
        } else if (errno == EAGAIN) {
            return;
        } /* else that connection is gone already */
    }
}

void listener_start(struct listener *listener, struct connections *connections,
                    const struct listen_plan *plan, struct tls *tls)
{
    *listener = (struct listener){.connections = connections, .tls = tls, .count = plan->at.count};
    ev_timer_init(&listener->pause, end_pause, pause_s, 0);
    listener->pause.data = listener;
    for (uint32_t i = 0; i < plan->at.count; i++) {
        ev_io_init(&listener->io[i], on_connection, plan->fd[i], EV_READ);
        listener->io[i].data = listener;
    }
    start_all(listener);
}

void listener_stop(struct listener *listener)
{
    if (listener->connections) {
        stop_all(listener);
        ev_timer_stop(listener->connections->loop, &listener->pause);
        listener->connections = NULL;
    }
}
