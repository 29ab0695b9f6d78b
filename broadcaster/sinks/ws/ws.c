/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The streams over WebSocket: libwebsockets' context, on the server's loop, and the sockets that HTTP hands
 * over. client.c speaks with each of them. */
#include "broadcaster/http/connection.h"
#include "broadcaster/http/relay.h"
#include "broadcaster/sinks/list.h"
#include "broadcaster/sinks/lws_log.h"
#include "broadcaster/sinks/ws/client.h"
#include "broadcaster/sinks/ws/extension.h"
#include "shared/options.h"

#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MESSAGE_MAX = 32768, /* bytes that leave in one write; 64 channels make about 8 KB of metrics */
    RECEIVE_MAX = 256    /* bytes that are looked at in one piece: clients say little */
};

/* A stream that libwebsockets is about to open. */
struct arrival {
    const struct upgrade *upgrade;
    struct address *address; /* NULL: libwebsockets' connection has it */
};

struct ws {
    struct sink base;
    struct ws_clients clients;
    struct limits *limits;
    struct relays relays;
    struct lws_context *context;
    struct lws_vhost *vhost;
    struct arrival arrival;
};

static struct ws *ws_of(struct lws *wsi)
{
    return lws_context_user(lws_get_context(wsi));
}

/* What libwebsockets does for a stream it does within open_stream, until the stream is open. */
static int arrived(struct lws *wsi)
{
    struct arrival *arrival = &ws_of(wsi)->arrival;
    lws_set_opaque_user_data(wsi, arrival->address);
    arrival->address = NULL;
    return 0;
}

static int gone(struct lws *wsi)
{
    struct address *address = lws_get_opaque_user_data(wsi);
    if (address) {
        limits_disconnect(ws_of(wsi)->limits, address);
        lws_set_opaque_user_data(wsi, NULL);
    }
    return 0;
}

static int established(struct lws *wsi, struct ws *ws, struct ws_client *client)
{
    const int result = ws_client_established(client, wsi, &ws->clients, ws->arrival.upgrade);
    if (result == 0) {
        limits_open_stream(ws->limits, lws_get_opaque_user_data(wsi));
    }
    return result;
}

static int closed(struct lws *wsi, struct ws *ws, struct ws_client *client)
{
    if (client->wsi) { /* else it never got as far as a stream */
        limits_close_stream(ws->limits, lws_get_opaque_user_data(wsi));
    }
    return ws_client_closed(client);
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length)
{
    struct ws_client *client = user;
    switch (reason) {
    case LWS_CALLBACK_LOCK_POLL: /* these come often */
    case LWS_CALLBACK_UNLOCK_POLL:
    case LWS_CALLBACK_CHANGE_MODE_POLL_FD:
    case LWS_CALLBACK_GET_THREAD_ID: return 0;
    case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED: return arrived(wsi);
    case LWS_CALLBACK_WSI_DESTROY: return gone(wsi);
    case LWS_CALLBACK_ESTABLISHED: return established(wsi, ws_of(wsi), client);
    case LWS_CALLBACK_SERVER_WRITEABLE: return ws_client_writeable(client);
    case LWS_CALLBACK_CLOSED: return closed(wsi, ws_of(wsi), client);
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE: return ws_client_closes(client);
    case LWS_CALLBACK_RECEIVE_PONG: return ws_client_ponged(client, in, length);
    case LWS_CALLBACK_RECEIVE: return ws_client_received(client, in, length);
    default: return lws_callback_http_dummy(wsi, reason, user, in, length);
    }
}

static const struct lws_protocols protocols[] = {
    {.name = "phicast",
     .callback = on_event,
     .per_session_data_size = sizeof(struct ws_client),
     .rx_buffer_size = RECEIVE_MAX,
     .tx_packet_size = MESSAGE_MAX},
    {0},
};

/* For struct connections. */
static void open_stream(void *arg, struct channel *channel, const struct upgrade *upgrade,
                        struct address *address)
{
    enum { HEAD_MAX = 1024 };
    struct ws *ws = arg;
    char head[HEAD_MAX];
    const size_t length = upgrade_print(upgrade, head, sizeof head);
    const int fd = channel->ssl ? relay_open(&ws->relays, channel) : channel->fd;
    ws->arrival = (struct arrival){upgrade, address};
    if (fd >= 0) {
        lws_set_log_level(LLL_WARN, NULL); /* it calls each of these an error */
        (void)lws_adopt_socket_vhost_readbuf(ws->vhost, fd, head, length);
        lws_set_log_level(LLL_ERR | LLL_WARN, NULL);
    }
    if (ws->arrival.address) { /* it got no further than this */
        limits_disconnect(ws->limits, ws->arrival.address);
    }
    ws->arrival = (struct arrival){0};
}

/* Streams are opened of sockets that are connected already. libwebsockets does not look for clients that have
 * gone: client.c does, without a timer for each in a list that is walked through at every pong. */
static struct lws_vhost *make_vhost(struct lws_context *context)
{
    static const lws_retry_bo_t never = {0};
    const struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN_SERVER,
        .vhost_name = "streams",
        .protocols = protocols,
        .extensions = extensions,
        .retry_and_idle_policy = &never,
    };
    return lws_create_vhost(context, &info);
}

static struct lws_context *make_context(struct ws *ws, struct ev_loop *loop)
{
    void *loops[] = {loop};
    const struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .foreign_loops = loops,
        .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_LIBEV,
        .pt_serv_buf_size = MESSAGE_MAX,
        .user = ws,
    };
    lws_log_open();
    return lws_create_context(&info);
}

static void close_ws(struct sink *sink)
{
    struct ws *ws = (struct ws *)sink;
    if (ws->context) {
        lws_context_destroy(ws->context);
    }
    relays_close(&ws->relays);
    ws_clients_close(&ws->clients);
    free(ws);
}

static enum status open_ws(struct sink **sink, const struct sink_context *context, char *error)
{
    struct ws *ws = calloc(1, sizeof *ws);
    if (!ws) {
        snprintf(error, OPTION_ERROR_MAX, "out of memory");
        return STATUS_NO_MEMORY;
    }
    ws->base.kind = &ws_sink;
    ws->clients.hub = context->hub;
    ws->clients.loop = context->loop;
    ws->clients.listening.remote = context->remote;
    ws_clients_open(&ws->clients);
    ws->limits = context->limits;
    ws->relays.loop = context->loop;
    ws->context = make_context(ws, context->loop);
    ws->vhost = ws->context ? make_vhost(ws->context) : NULL;
    if (!ws->vhost) {
        snprintf(error, OPTION_ERROR_MAX,
                 "libwebsockets could not be set up; is there memory left, and its part for libev "
                 "(Debian: libwebsockets-evlib-ev)?");
        close_ws(&ws->base);
        return STATUS_NO_MEMORY;
    }
    context->connections->open_stream = open_stream;
    context->connections->arg = ws;
    *sink = &ws->base;
    return STATUS_OK;
}

static bool wants_events(const struct sink *sink)
{
    return ((const struct ws *)sink)->clients.hub->stream[STREAM_EVENTS].client_count > 0;
}

static uint64_t reached(const struct sink *sink, uint64_t now_us)
{
    return hub_reached(((const struct ws *)sink)->clients.hub, now_us);
}

static void report(const struct sink *sink, struct server_report *report)
{
    report->oscquery = ((const struct ws *)sink)->clients.listening.report;
}

static bool is_busy(const struct sink *sink)
{
    const struct ws *ws = (const struct ws *)sink;
    return hub_client_count(ws->clients.hub) > 0 || ws->relays.first;
}

const struct sink_kind ws_sink = {
    .name = "ws",
    .open = open_ws,
    .wants_events = wants_events,
    .reached = reached,
    .report = report,
    .is_busy = is_busy,
    .close = close_ws,
};
