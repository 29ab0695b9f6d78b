/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/server/server.h"

#include "broadcaster/server/notify.h"
#include "broadcaster/server/server_state.h"
#include "broadcaster/server/ticker.h"
#include "broadcaster/server/watchdog.h"
#include "broadcaster/sinks/ws/client.h"
#include "broadcaster/sinks/ws/extension.h"
#include "shared/clock.h"
#include "shared/log.h"

#include <ev.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

enum { STOP_US = 500000 }; /* how long clients have to answer the close frame */

static struct server *server_of(struct lws *wsi)
{
    return lws_context_user(lws_get_context(wsi));
}

/* What libwebsockets does for a stream it does within server_open_stream, until the stream is open. */
static int arrived(struct lws *wsi)
{
    struct arrival *arrival = &server_of(wsi)->arrival;
    lws_set_opaque_user_data(wsi, arrival->address);
    arrival->address = NULL;
    return 0;
}

static int gone(struct lws *wsi)
{
    struct address *address = lws_get_opaque_user_data(wsi);
    if (address) {
        limits_disconnect(&server_of(wsi)->limits, address);
        lws_set_opaque_user_data(wsi, NULL);
    }
    return 0;
}

static int established(struct lws *wsi, struct server *server, struct client *client)
{
    const int result = ws_established(wsi, &server->hub, client, server->arrival.offer);
    if (result == 0) {
        limits_open_stream(&server->limits, lws_get_opaque_user_data(wsi));
    }
    return result;
}

static int closed(struct lws *wsi, struct server *server, struct client *client)
{
    if (client->wsi) { /* else it never got as far as a stream */
        limits_close_stream(&server->limits, lws_get_opaque_user_data(wsi));
    }
    return ws_closed(&server->hub, client);
}

/* Serves WebSocket: whatever else there is to HTTP has been answered before libwebsockets gets to see
 * anything. */
static int serve(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length)
{
    struct client *client = user;
    switch (reason) {
    case LWS_CALLBACK_LOCK_POLL: /* these come with each message, to each client */
    case LWS_CALLBACK_UNLOCK_POLL:
    case LWS_CALLBACK_CHANGE_MODE_POLL_FD:
    case LWS_CALLBACK_GET_THREAD_ID: return 0;
    case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED: return arrived(wsi);
    case LWS_CALLBACK_WSI_DESTROY: return gone(wsi);
    case LWS_CALLBACK_ESTABLISHED: return established(wsi, server_of(wsi), client);
    case LWS_CALLBACK_SERVER_WRITEABLE: return ws_writeable(wsi, &server_of(wsi)->hub, client);
    case LWS_CALLBACK_CLOSED: return closed(wsi, server_of(wsi), client);
    case LWS_CALLBACK_RECEIVE_PONG: return ws_ponged(wsi, client, in, length);
    case LWS_CALLBACK_RECEIVE: return ws_received(wsi, client, in, length);
    default: return lws_callback_http_dummy(wsi, reason, user, in, length);
    }
}

void server_open_stream(void *arg, struct channel *channel, const struct ws_offer *offer,
                        struct address *address)
{
    enum { HEAD_MAX = 1024 };
    struct server *server = arg;
    char head[HEAD_MAX];
    const size_t length = ws_print_request(offer, head, sizeof head);
    const int fd = channel->ssl ? relay_open(&server->relays, channel) : channel->fd;
    server->arrival = (struct arrival){offer, address};
    if (fd >= 0) {
        lws_set_log_level(LLL_WARN, NULL); /* it calls each of these an error */
        (void)lws_adopt_socket_vhost_readbuf(server->streams, fd, head, length);
        lws_set_log_level(LLL_ERR | LLL_WARN, NULL);
    }
    if (server->arrival.address) { /* it got no further than this */
        limits_disconnect(&server->limits, server->arrival.address);
    }
    server->arrival = (struct arrival){0};
}

static void beat(struct server *server)
{
    const uint64_t now_us = clock_now_us();
    uint64_t next = hub_beat(&server->hub, now_us);
    remote_beat(&server->remote, now_us);
    if (server->watchdog_us > 0 && now_us >= server->watchdog_next) {
        notify_send("WATCHDOG=1");
        server->watchdog_next = now_us + server->watchdog_us;
    }
    const uint64_t latest = now_us + WATCHDOG_TURN_US;
    ticker_arm(server->timer, next < latest ? next : latest);
}

/* What can be read anew: the token, and the certificate for those who connect from now on. */
static void reload(struct server *server)
{
    const struct broadcaster_options *options = server->options;
    char error[OPTION_ERROR_MAX];
    if (options->token_file && token_load(&server->access.token, options->token_file, error)) {
        log_error("Hangup: %s; the old token stays", error);
    } else if (options->token_file) {
        log_info("Hangup: token read again");
    }
    if (options->tls_cert && tls_load(&server->tls, options->tls_cert, options->tls_key, error)) {
        log_error("Hangup: %s; the old certificate stays", error);
    } else if (options->tls_cert) {
        log_info("Hangup: certificate and key read again");
    }
}

/* A signal has come. */
static void heed(struct server *server)
{
    const int number = ticker_take_signal(server->signals);
    if (number == SIGHUP) {
        reload(server);
    } else if (number != 0) {
        notify_send("STOPPING=1");
        log_info("%s: closing %" PRIu32 " clients and ending", strsignal(number),
                 hub_client_count(&server->hub));
        server->stopped_by = number;
        /* A second signal does not wait for the clients' answers. */
        server->stop_at_us = clock_now_us() + (server->stop_at_us == 0 ? STOP_US : 0);
        listener_stop(&server->listener);
        hub_close_clients(&server->hub, (struct client_close){LWS_CLOSE_STATUS_GOINGAWAY, "server stops"});
    }
}

static int on_timer(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length)
{
    (void)user, (void)in, (void)length;
    server_of(wsi)->timer_rang |= reason == LWS_CALLBACK_RAW_RX_FILE;
    return 0;
}

static int on_signal(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length)
{
    (void)user, (void)in, (void)length;
    server_of(wsi)->signal_came |= reason == LWS_CALLBACK_RAW_RX_FILE;
    return 0;
}

static int on_osc(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length)
{
    (void)user, (void)in, (void)length;
    if (reason == LWS_CALLBACK_RAW_RX_FILE) {
        osc_in_read(&server_of(wsi)->osc_in);
    }
    return 0;
}

const struct lws_protocols server_public_protocols[] = {
    {.name = "phicast",
     .callback = serve,
     .per_session_data_size = sizeof(struct client),
     .rx_buffer_size = RECEIVE_MAX,
     .tx_packet_size = MESSAGE_MAX},
    {0},
};

const struct lws_protocols server_private_protocols[] = {
    {.name = "timer", .callback = on_timer},
    {.name = "signal", .callback = on_signal},
    {.name = "osc", .callback = on_osc},
    {0},
};

static bool is_done(const struct server *server)
{
    return server->stop_at_us != 0 && ((hub_client_count(&server->hub) == 0 && !server->relays.first) ||
                                       clock_now_us() >= server->stop_at_us);
}

void server_run(struct server *server)
{
    while (!is_done(server)) {
        ev_run(server->loop, EVRUN_ONCE);
        watchdog_turn();
        if (server->signal_came) {
            server->signal_came = false;
            heed(server);
        }
        if (server->timer_rang) {
            server->timer_rang = false;
            beat(server);
        }
    }
}
