/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/http/relay.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* What lies between the two is a client's old messages: few, so that a slow one gets new messages soon. */
enum { PIECE = 4096, INNER_BUFFER = 8192 };

enum { LINGER_S = 2 };

/* One direction. What has been read and not yet written; nothing is read meanwhile. */
struct flow {
    char bytes[PIECE];
    size_t length;
    size_t sent;
};

struct relay {
    struct relays *all;
    struct relay *next;
    struct relay *previous;
    struct channel outer;
    int inner; /* -1: libwebsockets has closed */
    ev_io outer_io;
    ev_io inner_io;
    ev_timer timer; /* lingering */
    struct flow out;
    struct flow in;
};

static void end(struct relay *relay)
{
    struct relays *all = relay->all;
    ev_io_stop(all->loop, &relay->outer_io);
    ev_io_stop(all->loop, &relay->inner_io);
    ev_timer_stop(all->loop, &relay->timer);
    channel_close(&relay->outer);
    if (relay->inner >= 0) {
        close(relay->inner);
    }
    if (relay->previous) {
        relay->previous->next = relay->next;
    } else {
        all->first = relay->next;
    }
    if (relay->next) {
        relay->next->previous = relay->previous;
    }
    free(relay);
}

static void watch(struct ev_loop *loop, ev_io *io, int fd, int events)
{
    if ((io->events & (EV_READ | EV_WRITE)) == events && (ev_is_active(io) || events == 0)) {
        return;
    }
    ev_io_stop(loop, io);
    ev_io_set(io, fd, events);
    if (events != 0) {
        ev_io_start(loop, io);
    }
}

static ssize_t inner_result(ssize_t result)
{
    return result >= 0 ? result : errno == EAGAIN || errno == EINTR ? CHANNEL_WAITS : CHANNEL_FAILED;
}

/* Moves what it can from libwebsockets to the client. False: the relay has ended. */
static bool pump_out(struct relay *relay, int *outer_events, int *inner_events)
{
    struct flow *flow = &relay->out;
    for (;;) {
        if (flow->sent == flow->length && relay->inner >= 0) {
            const ssize_t got = inner_result(recv(relay->inner, flow->bytes, sizeof flow->bytes, 0));
            if (got == CHANNEL_WAITS) {
                *inner_events |= EV_READ;
                return true;
            }
            flow->length = got > 0 ? (size_t)got : 0;
            flow->sent = 0;
            if (got <= 0) { /* all it had to say has been sent */
                ev_io_stop(relay->all->loop, &relay->inner_io);
                close(relay->inner);
                relay->inner = -1;
                channel_finish(&relay->outer);
                ev_timer_start(relay->all->loop, &relay->timer);
            }
        }
        if (flow->sent == flow->length) {
            return true;
        }
        const ssize_t sent =
            channel_write(&relay->outer, flow->bytes + flow->sent, flow->length - flow->sent);
        if (sent == CHANNEL_WAITS) {
            *outer_events |= relay->outer.wants_write ? EV_WRITE : EV_READ;
            return true;
        }
        if (sent <= 0) {
            end(relay);
            return false;
        }
        flow->sent += (size_t)sent;
    }
}

/* The same from the client to libwebsockets; once that has closed, to nowhere. */
static bool pump_in(struct relay *relay, int *outer_events, int *inner_events)
{
    enum { PIECES_MOST = 16 }; /* at a time, whatever a client sends */
    struct flow *flow = &relay->in;
    for (int i = 0; i < PIECES_MOST; i++) {
        if (flow->sent == flow->length) {
            const ssize_t got = channel_read(&relay->outer, flow->bytes, sizeof flow->bytes);
            if (got == CHANNEL_WAITS) {
                *outer_events |= relay->outer.wants_write ? EV_WRITE : EV_READ;
                return true;
            }
            if (got <= 0) {
                end(relay);
                return false;
            }
            flow->length = (size_t)got;
            flow->sent = 0;
        }
        if (relay->inner < 0) {
            flow->sent = flow->length;
            continue;
        }
        const ssize_t sent = inner_result(
            send(relay->inner, flow->bytes + flow->sent, flow->length - flow->sent, MSG_NOSIGNAL));
        if (sent == CHANNEL_WAITS) {
            *inner_events |= EV_WRITE;
            return true;
        }
        if (sent < 0) { /* it has closed; what it said before is still to be read */
            flow->sent = flow->length;
            continue;
        }
        flow->sent += (size_t)sent;
    }
    ev_feed_event(relay->all->loop, &relay->outer_io, EV_READ); /* TLS may hold more than the socket shows */
    return true;
}

static void pump(struct relay *relay)
{
    int outer_events = 0;
    int inner_events = 0;
    if (pump_out(relay, &outer_events, &inner_events) && pump_in(relay, &outer_events, &inner_events)) {
        watch(relay->all->loop, &relay->outer_io, relay->outer.fd, outer_events);
        if (relay->inner >= 0) {
            watch(relay->all->loop, &relay->inner_io, relay->inner, inner_events);
        }
    }
}

static void on_io(struct ev_loop *loop, ev_io *io, int events)
{
    (void)loop, (void)events;
    pump(io->data);
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop, (void)events;
    end(timer->data);
}

int relay_open(struct relays *all, struct channel *channel)
{
    int pair[2];
    const int size = INNER_BUFFER;
    struct relay *relay = calloc(1, sizeof *relay);
    if (!relay || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0) {
        free(relay);
        channel_close(channel);
        return -1;
    }
    setsockopt(channel->fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &size, sizeof size);
    setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    relay->all = all;
    relay->outer = *channel;
    relay->inner = pair[0];
    relay->next = all->first;
    if (all->first) {
        all->first->previous = relay;
    }
    all->first = relay;
    ev_io_init(&relay->outer_io, on_io, relay->outer.fd, EV_READ);
    ev_io_init(&relay->inner_io, on_io, relay->inner, EV_READ);
    ev_timer_init(&relay->timer, on_timer, LINGER_S, 0);
    relay->outer_io.data = relay->inner_io.data = relay->timer.data = relay;
    ev_io_start(all->loop, &relay->outer_io);
    ev_io_start(all->loop, &relay->inner_io);
    return pair[1];
}

void relays_close(struct relays *all)
{
    struct relay *next;
    for (struct relay *relay = all->first; relay; relay = next) {
        next = relay->next;
        end(relay);
    }
}
