/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/http/connection.h"

#include "broadcaster/http/request.h"

#include <stdlib.h>
#include <string.h>

enum {
    FIRST_REQUEST_S = 10, /* from connecting to the end of the first request's head */
    NEXT_REQUEST_S = 30,  /* between requests, and for a body or an answer */
    LINGER_S = 2          /* for the client to see the end */
};

enum {
    ROOM_FIRST = 2048, /* bytes: most heads fit */
    ROOM_MOST = REQUEST_HEAD_MAX + 1,
    LINGER_MAX = 4194304 /* bytes thrown away before the connection is cut */
};

enum state { READING_HEAD, READING_BODY, WRITING, LINGERING };

struct connection {
    struct connections *all;
    struct connection *next;
    struct connection *previous;
    struct channel channel;
    struct address *address;
    ev_io io;
    ev_timer timer;
    enum state state;
    struct http_request request; /* points into `in` */
    char *in;
    size_t length; /* bytes of `in` */
    size_t room;
    size_t used; /* of those, the request's head */
    size_t seen; /* of those, looked at in vain for its end */
    char body[POST_BODY_MAX];
    size_t body_length;
    char *out; /* the answer */
    size_t out_length;
    size_t out_sent;
    bool ends; /* after the answer */
    size_t lingered;
};

/* Frees all but the channel and the address. */
static void forget(struct connection *connection)
{
    struct connections *all = connection->all;
    ev_io_stop(all->loop, &connection->io);
    ev_timer_stop(all->loop, &connection->timer);
    if (connection->previous) {
        connection->previous->next = connection->next;
    } else {
        all->first = connection->next;
    }
    if (connection->next) {
        connection->next->previous = connection->previous;
    }
    free(connection->in);
    free(connection->out);
    free(connection);
}

static void end(struct connection *connection)
{
    channel_close(&connection->channel);
    limits_disconnect(connection->all->limits, connection->address);
    forget(connection);
}

static void allow(struct connection *connection, int seconds)
{
    ev_timer_stop(connection->all->loop, &connection->timer);
    ev_timer_set(&connection->timer, seconds, 0);
    ev_timer_start(connection->all->loop, &connection->timer);
}

/* Waits for what the channel wants. */
static void wait_for_channel(struct connection *connection)
{
    const int events = connection->channel.wants_write ? EV_WRITE : EV_READ;
    if ((connection->io.events & (EV_READ | EV_WRITE)) != events) {
        ev_io_stop(connection->all->loop, &connection->io);
        ev_io_set(&connection->io, connection->channel.fd, events);
        ev_io_start(connection->all->loop, &connection->io);
    }
}

/* Each step returns whether there may be another at once; after false the connection may be gone. */

static bool send_reply(struct connection *connection, const struct reply *reply)
{
    connection->out = reply_print(reply, &connection->out_length);
    connection->out_sent = 0;
    connection->ends = reply->close;
    connection->state = WRITING;
    if (!connection->out) {
        end(connection);
        return false;
    }
    allow(connection, NEXT_REQUEST_S);
    return true;
}

static bool refuse(struct connection *connection, struct refusal refusal)
{
    struct reply reply;
    site_refuse(connection->all->site, &connection->request, refusal, &reply);
    return send_reply(connection, &reply);
}

/* More of what the client sends, into `in`. */
static bool read_more(struct connection *connection)
{
    if (connection->length == connection->room) {
        const size_t room = connection->room * 2 < ROOM_MOST ? connection->room * 2 : ROOM_MOST;
        char *in = realloc(connection->in, room);
        if (!in) {
            end(connection);
            return false;
        }
        connection->in = in;
        connection->room = room;
    }
    const ssize_t got = channel_read(&connection->channel, connection->in + connection->length,
                                     connection->room - connection->length);
    if (got == CHANNEL_WAITS) {
        wait_for_channel(connection);
    } else if (got <= 0) {
        end(connection);
    } else {
        connection->length += (size_t)got;
    }
    return got > 0;
}

static bool hand_over(struct connection *connection, const struct upgrade *upgrade)
{
    struct connections *all = connection->all;
    struct channel channel = connection->channel;
    struct address *address = connection->address;
    if (connection->length > connection->used) {
        return refuse(connection,
                      (struct refusal){400, "wait for the answer to the upgrade before you go on"});
    }
    forget(connection);
    all->open_stream(all->arg, &channel, upgrade, address);
    return false;
}

static bool begin_body(struct connection *connection)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    connection->body_length = 0;
    connection->state = READING_BODY;
    allow(connection, NEXT_REQUEST_S);
    if (connection->request.expects_continue && connection->length == connection->used &&
        channel_write(&connection->channel, go_on, sizeof go_on - 1) != (ssize_t)sizeof go_on - 1) {
        end(connection);
        return false;
    }
    return true;
}

static bool take_head(struct connection *connection)
{
    struct reply reply;
    struct upgrade upgrade;
    struct site *site = connection->all->site;
    const struct refusal refusal = request_parse(&connection->request, connection->in, connection->used);
    if (refusal.code != 0) {
        return refuse(connection, refusal);
    }
    switch (site_answer(site, &connection->request, connection->address, &reply, &upgrade)) {
    case OUTCOME_NEEDS_BODY: return begin_body(connection);
    case OUTCOME_UPGRADES: return hand_over(connection, &upgrade);
    case OUTCOME_ANSWERED: break;
    }
    return send_reply(connection, &reply);
}

/* Takes the first bytes out of `in`. */
static void drop(struct connection *connection, size_t count)
{
    connection->length -= count;
    memmove(connection->in, connection->in + count, connection->length);
}

static bool read_head(struct connection *connection)
{
    struct refusal refusal = {0, NULL};
    while (connection->length >= 2 &&
           memcmp(connection->in, "\r\n", 2) == 0) { /* some send one after a body */
        drop(connection, 2);
        connection->seen = 0;
    }
    const size_t end_of_head =
        request_head_end(connection->in, connection->length, connection->seen, &refusal);
    if (refusal.code != 0) {
        connection->request = (struct http_request){0};
        return refuse(connection, refusal);
    }
    if (end_of_head == 0) {
        connection->seen = connection->length;
        return read_more(connection);
    }
    connection->used = end_of_head;
    return take_head(connection);
}

static bool read_body(struct connection *connection)
{
    struct reply reply;
    const size_t missing = connection->request.content_length - connection->body_length;
    const size_t here = connection->length - connection->used;
    const size_t taken = here < missing ? here : missing;
    char *from = connection->in + connection->used;
    memcpy(connection->body + connection->body_length, from, taken);
    memmove(from, from + taken, here - taken);
    connection->body_length += taken;
    connection->length -= taken;
    if (connection->body_length == connection->request.content_length) {
        site_body(connection->all->site, &connection->request, connection->body, &reply);
        return send_reply(connection, &reply);
    }
    const ssize_t got =
        channel_read(&connection->channel, connection->body + connection->body_length, missing - taken);
    if (got == CHANNEL_WAITS) {
        wait_for_channel(connection);
    } else if (got <= 0) {
        end(connection);
    } else {
        connection->body_length += (size_t)got;
    }
    return got > 0;
}

static bool write_out(struct connection *connection)
{
    while (connection->out_sent < connection->out_length) {
        const ssize_t sent = channel_write(&connection->channel, connection->out + connection->out_sent,
                                           connection->out_length - connection->out_sent);
        if (sent == CHANNEL_WAITS) {
            wait_for_channel(connection);
            return false;
        }
        if (sent < 0) {
            end(connection);
            return false;
        }
        connection->out_sent += (size_t)sent;
    }
    free(connection->out);
    connection->out = NULL;
    if (connection->ends) {
        channel_finish(&connection->channel);
        connection->state = LINGERING;
        allow(connection, LINGER_S);
        return true;
    }
    drop(connection, connection->used);
    connection->used = connection->seen = 0;
    connection->state = READING_HEAD;
    if (connection->length > 0) { /* it is the others' turn first */
        ev_feed_event(connection->all->loop, &connection->io, EV_READ);
        return false;
    }
    return true;
}

static bool linger(struct connection *connection)
{
    char waste[4096];
    const ssize_t got = channel_read(&connection->channel, waste, sizeof waste);
    if (got == CHANNEL_WAITS) {
        wait_for_channel(connection);
        return false;
    }
    connection->lingered += got > 0 ? (size_t)got : 0;
    if (got <= 0 || connection->lingered > LINGER_MAX) {
        end(connection);
        return false;
    }
    return true;
}

static bool step(struct connection *connection)
{
    switch (connection->state) {
    case READING_HEAD: return read_head(connection);
    case READING_BODY: return read_body(connection);
    case WRITING: return write_out(connection);
    case LINGERING: break;
    }
    return linger(connection);
}

static void on_io(struct ev_loop *loop, ev_io *io, int events)
{
    enum { STEPS_MOST = 64 }; /* what is left of it comes with the loop's next turn */
    struct connection *connection = io->data;
    (void)loop, (void)events;
    for (int i = 0; i < STEPS_MOST; i++) {
        if (!step(connection)) {
            return;
        }
    }
    ev_feed_event(connection->all->loop, &connection->io, EV_READ);
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop, (void)events;
    end(timer->data);
}

void connection_open(struct connections *all, struct channel *channel, struct address *address)
{
    struct connection *connection = calloc(1, sizeof *connection);
    char *in = malloc(ROOM_FIRST);
    if (!connection || !in) {
        free(connection);
        free(in);
        channel_close(channel);
        limits_disconnect(all->limits, address);
        return;
    }
    connection->all = all;
    connection->channel = *channel;
    connection->address = address;
    connection->in = in;
    connection->room = ROOM_FIRST;
    connection->next = all->first;
    if (all->first) {
        all->first->previous = connection;
    }
    all->first = connection;
    ev_io_init(&connection->io, on_io, channel->fd, EV_READ);
    ev_timer_init(&connection->timer, on_timer, FIRST_REQUEST_S, 0);
    connection->io.data = connection->timer.data = connection;
    ev_io_start(all->loop, &connection->io);
    ev_timer_start(all->loop, &connection->timer);
}

void connections_close(struct connections *all)
{
    struct connection *next;
    for (struct connection *connection = all->first; connection; connection = next) {
        next = connection->next;
        end(connection);
    }
}
