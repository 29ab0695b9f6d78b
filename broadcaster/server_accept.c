/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/server_accept.h"

#include "broadcaster/clock.h"
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

/* Until descriptors or memory are there again; those who wait stay in the kernel's queue. */
static const double pause_s = 0.1;

static void take_up(struct server_accept *accept, int fd, const struct sockaddr *from)
{
    const int on = 1;
    if ((uint32_t)fd >= accept->limits->descriptors) {
        accept->limits->refused_connections++;
        close(fd);
    } else if (!limits_may_connect(accept->limits, from)) {
        close(fd);
    } else {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        lws_adopt_socket_vhost(accept->vhost, fd); /* closes it if it fails */
    }
}

static void start_listeners(struct server_accept *accept)
{
    for (uint32_t i = 0; i < accept->count; i++) {
        ev_io_start(accept->loop, &accept->listener[i]);
    }
}

static void stop_listeners(struct server_accept *accept)
{
    for (uint32_t i = 0; i < accept->count; i++) {
        ev_io_stop(accept->loop, &accept->listener[i]);
    }
}

/* Says so once, and then as it goes on at the 2nd, 4th, 8th ... pause. */
static void begin_pause(struct server_accept *accept, int err)
{
    const uint64_t now_us = clock_now_us();
    accept->pauses = now_us - accept->pause_us > QUIET_US ? 1 : accept->pauses + 1;
    accept->pause_us = now_us;
    if ((accept->pauses & (accept->pauses - 1)) == 0) {
        log_warning("new connections have to wait: %s (%" PRIu64 " so far)", strerror(err), accept->pauses);
    }
    stop_listeners(accept);
    ev_timer_set(&accept->pause, pause_s, 0);
    ev_timer_start(accept->loop, &accept->pause);
}

static void end_pause(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop, (void)events;
    start_listeners(timer->data);
}

static void on_connection(struct ev_loop *loop, ev_io *listener, int events)
{
    struct server_accept *accept = listener->data;
    (void)loop, (void)events;
    for (int i = 0; i < BATCH; i++) {
        struct sockaddr_storage from = {0};
        socklen_t length = sizeof from;
        const int fd = accept4(listener->fd, (struct sockaddr *)&from, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            take_up(accept, fd, (const struct sockaddr *)&from);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
            begin_pause(accept, errno);
            return;
        } else if (errno == EAGAIN) {
            return;
        } /* else that connection is gone already */
    }
}

void server_accept_start(struct server_accept *accept, struct ev_loop *loop, struct lws_vhost *vhost,
                         const struct listen_plan *plan, struct limits *limits)
{
    *accept = (struct server_accept){.loop = loop, .vhost = vhost, .limits = limits, .count = plan->count};
    ev_timer_init(&accept->pause, end_pause, pause_s, 0);
    accept->pause.data = accept;
    for (uint32_t i = 0; i < plan->count; i++) {
        ev_io_init(&accept->listener[i], on_connection, plan->fd[i], EV_READ);
        accept->listener[i].data = accept;
    }
    start_listeners(accept);
}

void server_accept_stop(struct server_accept *accept)
{
    if (accept->loop) {
        stop_listeners(accept);
        ev_timer_stop(accept->loop, &accept->pause);
        accept->loop = NULL;
    }
}
