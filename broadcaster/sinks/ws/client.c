/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/sinks/ws/client.h"

#include "broadcaster/sinks/ws/frame.h"
#include "shared/clock.h"
#include "shared/log.h"
#include "shared/text.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

/* Bytes of events that may lie unsent in a socket before it takes no more. */
enum { UNSENT_EVENTS = 16384 };

enum { CLOSE_REASON_MAX = 123 }; /* bytes: a control frame's 125 less the code */

enum { RSV1 = 0x40 };

static struct ws_client *of(struct client *client)
{
    return (struct ws_client *)((char *)client - offsetof(struct ws_client, base));
}

static struct ws_clients *all_of(const struct client *client)
{
    return (struct ws_clients *)((char *)client->carrier - offsetof(struct ws_clients, carrier));
}

/* Closes for that reason. */
static int refuse(struct ws_client *client, uint16_t code, const char *why)
{
    unsigned char reason[CLOSE_REASON_MAX];
    const size_t length = strnlen(why, sizeof reason);
    memcpy(reason, why, length);
    lws_close_reason(client->wsi, (enum lws_close_status)code, reason, length);
    client->closing = true;
    return -1;
}

int ws_client_received(struct ws_client *client, const void *bytes, size_t length)
{
    struct lws *wsi = client->wsi;
    if (lws_is_first_fragment(wsi)) {
        const bool packed = (lws_get_reserved_bits(wsi) & RSV1) != 0;
        client->heard = 0;
        client->text = (struct utf8){0};
        client->reads_text = !lws_frame_is_binary(wsi) && !packed;
    }
    client->heard += length;
    if (client->heard + lws_remaining_packet_payload(wsi) > HEARD_MAX) {
        return refuse(client, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, TEXT_OF(HEARD_MAX) " bytes are the most");
    }
    if (client->reads_text && (!utf8_take(&client->text, bytes, length) ||
                               (lws_is_final_fragment(wsi) && client->text.missing > 0))) {
        return refuse(client, LWS_CLOSE_STATUS_INVALID_PAYLOAD, "not UTF-8");
    }
    if (client->listener) {
        listener_hear(client->listener, bytes, length, lws_is_final_fragment(wsi), client->reads_text);
    }
    return 0;
}

/* Whether a close frame has been decided on, by us or the client, or by libwebsockets: nothing may follow. */
static bool is_closing(const struct ws_client *client)
{
    return client->closing || (!client->quiet.holds && lws_get_close_length(client->wsi) > 0);
}

/* Whether libwebsockets keeps the rest of a frame. */
static bool is_amid_frame(const struct ws_client *client)
{
    return !client->quiet.holds && lws_partial_buffered(client->wsi);
}

static bool is_state(const struct ws_client *client)
{
    return client->base.stream != STREAM_EVENTS;
}

/* From so many unsent bytes on, the socket takes nothing more. */
static void bound_unsent(struct ws_client *client, size_t most)
{
    const int bytes = (int)most;
    client->unsent_most = most;
    setsockopt(client->fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &bytes, sizeof bytes);
}

/* What the socket has not taken of a frame, for libwebsockets to send before anything else. */
static void keep_rest(struct ws_client *client, const struct iovec *frame, size_t sent)
{
    static const enum lws_write_protocol as_it_is = LWS_WRITE_HTTP; /* without another head */
    unsigned char *rest = (unsigned char *)frame->iov_base + sent;
    quiet_stop(&client->quiet, all_of(&client->base)->loop);
    if (lws_write(client->wsi, rest, frame->iov_len - sent, as_it_is) < 0) {
        lws_set_timeout(client->wsi, PENDING_TIMEOUT_LAGGING, LWS_TO_KILL_ASYNC);
    }
}

/* At most two messages of state may lie unsent: who is that slow gets the newest one later. */
static void note_length(struct ws_client *client, size_t length)
{
    if (is_state(client) && (length > client->unsent_most || 2 * length < client->unsent_most)) {
        bound_unsent(client, length + length / 4); /* numbers change their length all the time */
    }
}

/* The socket has taken so many bytes of the message. */
static void sent(struct ws_client *client, const struct iovec *frame, size_t bytes)
{
    if (bytes < frame->iov_len) {
        keep_rest(client, frame, bytes);
    }
    note_length(client, frame->iov_len);
    if (client->listener) {
        listener_sent(client->listener);
    }
    if (hub_sent(all_of(&client->base)->hub, &client->base) || client->base.close.code != 0) {
        lws_callback_on_writable(client->wsi);
    }
}

static int flags_of(const struct ws_client *client)
{
    /* A message of state is not to wait in one piece with others, for which the bound would not count. */
    return MSG_DONTWAIT | MSG_NOSIGNAL | (is_state(client) ? MSG_EOR : 0);
}

/* False: the socket takes nothing at the moment; or never again, which libwebsockets finds out by itself. */
static bool send_message(struct ws_client *client, const struct iovec *frame)
{
    const ssize_t taken = send(client->fd, frame->iov_base, frame->iov_len, flags_of(client));
    if (taken >= 0) {
        sent(client, frame, (size_t)taken);
    }
    return taken >= 0;
}

/* So too; in one system call. The frame may be empty. */
static bool send_with_ping(struct ws_client *client, const struct iovec *frame, uint64_t now_us)
{
    unsigned char room[FRAME_PING];
    struct iovec both[2] = {*frame, frame_ping(room, now_us)};
    const struct msghdr all = {.msg_iov = both, .msg_iovlen = 2};
    const ssize_t taken = sendmsg(client->fd, &all, flags_of(client));
    if (taken < 0) {
        return false;
    }
    const size_t of_message = (size_t)taken < frame->iov_len ? (size_t)taken : frame->iov_len;
    if (frame->iov_len > 0) {
        sent(client, frame, of_message);
    }
    if ((size_t)taken < frame->iov_len + FRAME_PING) {
        keep_rest(client, &both[1], (size_t)taken - of_message);
    }
    pulse_pinged(&client->pulse, now_us);
    return true;
}

/* The message that is due, as this client wants it; empty if none is. */
static struct iovec next_frame(struct ws_client *client, uint64_t now_us)
{
    struct ws_clients *all = all_of(&client->base);
    if (client->listener) {
        return hub_next_frame(all->hub, &client->base, now_us) ? listener_next(client->listener)
                                                               : (struct iovec){0};
    }
    struct encoded *message = hub_next(all->hub, &client->base, now_us);
    if (!message) {
        return (struct iovec){0};
    }
    const struct wire *packed = client->deflates ? deflate_encoded(&all->deflater, message) : NULL;
    return packed ? frame_text(packed, true) : frame_text(&message->plain, false);
}

/* What is due, and a ping if that is. False: the socket takes nothing. */
static bool send_due(struct ws_client *client, uint64_t now_us)
{
    struct batch *batch = all_of(&client->base)->batch;
    const uint64_t pace_us = is_state(client) ? PULSE_OFTEN_US : PULSE_SELDOM_US;
    const struct iovec frame = next_frame(client, now_us);
    if (pulse_is_due(&client->pulse, pace_us, now_us)) {
        return send_with_ping(client, &frame, now_us);
    }
    if (frame.iov_len == 0) {
        return true;
    }
    if (batch && is_state(client) && !client->listener && !batch_is_full(batch)) {
        batch_add(batch, client->fd, &frame, flags_of(client), client);
        return true;
    }
    return send_message(client, &frame);
}

/* One of a batch. What was not taken of state needs no more: the next message is newer. */
static void on_batched(void *context, const struct iovec *frame, ssize_t result)
{
    struct ws_client *client = context;
    if (result >= 0) {
        sent(client, frame, (size_t)result);
    } else if (result == BATCH_LOST) { /* perhaps in the midst of a frame */
        lws_set_timeout(client->wsi, PENDING_TIMEOUT_LAGGING, LWS_TO_KILL_ASYNC);
    }
}

static void flush(struct carrier *carrier)
{
    struct ws_clients *all = (struct ws_clients *)((char *)carrier - offsetof(struct ws_clients, carrier));
    if (all->batch && !batch_send(all->batch)) {
        log_warning("io_uring has failed: from now on, each message is sent by itself");
        batch_close(all->batch);
        all->batch = NULL;
    }
}

/* libwebsockets may have something of its own to send: the rest of a frame must go before ours, a pong may go
 * after it, and after a close frame nothing goes. */
static void serve(struct client *base, uint64_t now_us)
{
    struct ws_client *client = of(base);
    const bool waits =
        is_state(client) && base->close.code == 0; /* for the next beat, and what is new then */
    if (is_closing(client)) {
        return;
    }
    if (pulse_is_gone(&client->pulse, now_us)) {
        lws_set_timeout(client->wsi, PENDING_TIMEOUT_WS_PONG_CHECK_GET_PONG, LWS_TO_KILL_ASYNC);
    } else if (waits && pulse_is_late(&client->pulse, now_us)) {
        return; /* its pong goes on with the newest */
    } else if (base->close.code != 0 || is_amid_frame(client) || !send_due(client, now_us)) {
        if (!waits) {
            lws_callback_on_writable(client->wsi);
        }
    }
}

int ws_client_writeable(struct ws_client *client)
{
    const struct hub *hub = all_of(&client->base)->hub;
    if (is_closing(client)) { /* libwebsockets asks us all the same */
        return 0;
    }
    if (hub_may_close(hub, &client->base)) {
        return refuse(client, client->base.close.code, client->base.close.reason);
    }
    if (!is_state(client) && (is_amid_frame(client) || !send_due(client, clock_now_us()))) {
        lws_callback_on_writable(client->wsi);
    }
    return 0;
}

int ws_client_ponged(struct ws_client *client, const void *bytes, size_t length)
{
    const uint64_t now_us = clock_now_us();
    uint64_t pinged_us = 0;
    if (length == sizeof pinged_us) {
        memcpy(&pinged_us, bytes, length);
    }
    quiet_ponged(&client->quiet, length);
    if (pulse_take_pong(&client->pulse, pinged_us, now_us)) {
        serve(&client->base, now_us);
        flush(client->base.carrier);
    }
    return 0;
}

int ws_client_closes(struct ws_client *client)
{
    client->closing = true;
    return 0;
}

int ws_client_closed(struct ws_client *client)
{
    if (client->wsi) { /* else it never got as far as a stream */
        quiet_stop(&client->quiet, all_of(&client->base)->loop);
        hub_remove(all_of(&client->base)->hub, &client->base);
        client->wsi = NULL;
        if (client->listener) {
            listener_close(client->listener);
            client->listener = NULL;
        }
    }
    return 0;
}

int ws_client_established(struct ws_client *client, struct lws *wsi, struct ws_clients *all,
                          const struct upgrade *upgrade)
{
    const uint64_t now_us = clock_now_us();
    const int on = 1;
    client->fd = lws_get_socket_fd(wsi);
    client->base.carrier = &all->carrier;
    client->base.stream = upgrade->kind;
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    bound_unsent(client, UNSENT_EVENTS);
    pulse_start(&client->pulse, now_us);
    if (!hub_add(all->hub, &client->base, &upgrade->asked, now_us)) {
        return -1;
    }
    if (upgrade->oscquery) {
        client->listener = listener_open(&all->listening, upgrade->may_set);
        if (!client->listener) {
            hub_remove(all->hub, &client->base);
            return -1;
        }
    }
    client->wsi = wsi;
    quiet_start(&client->quiet, all->loop, client->fd);
    serve(&client->base, now_us);
    flush(client->base.carrier);
    return 0;
}

static void drop(struct client *base)
{
    enum { GRACE_S = 2 };
    lws_set_timeout(of(base)->wsi, PENDING_TIMEOUT_LAGGING, GRACE_S);
}

void ws_clients_open(struct ws_clients *clients)
{
    clients->carrier = (struct carrier){serve, flush, drop};
    clients->batch = batch_open(on_batched);
    clients->listening.hub = clients->hub;
    listening_open(&clients->listening);
}

void ws_clients_close(struct ws_clients *clients)
{
    batch_close(clients->batch);
    deflater_free(&clients->deflater);
    listening_close(&clients->listening);
}
