/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/server.h"

#include "broadcaster/clock.h"
#include "broadcaster/extension.h"
#include "broadcaster/notify.h"
#include "broadcaster/server_state.h"
#include "broadcaster/ticker.h"
#include "broadcaster/ws.h"
#include "shared/log.h"

#include <ev.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

enum {
    STOP_US = 500000,     /* how long clients have to answer the close frame */
    FIRST_REQUEST_S = 10, /* from connecting to the end of the first request's head */
    NEXT_REQUEST_S = 30   /* between requests, and for a body */
};

static struct server *server_of(struct lws *wsi)
{
    return lws_context_user(lws_get_context(wsi));
}

static int connected(struct lws *wsi)
{
    struct sockaddr_storage from = {0};
    socklen_t length = sizeof from;
    getpeername(lws_get_socket_fd(wsi), (struct sockaddr *)&from, &length);
    struct address *address = limits_connect(&server_of(wsi)->limits, (const struct sockaddr *)&from);
    lws_set_opaque_user_data(wsi, address);
    lws_set_timer_usecs(wsi, FIRST_REQUEST_S * LWS_USEC_PER_SEC);
    return address ? 0 : -1;
}

static int disconnected(struct lws *wsi)
{
    struct address *address = lws_get_opaque_user_data(wsi);
    if (address) {
        limits_disconnect(&server_of(wsi)->limits, address);
        lws_set_opaque_user_data(wsi, NULL);
    }
    return 0;
}

/* A request has come whole: time for the next one, or for its body, starts again. */
static int allow_more_time(struct lws *wsi, int result)
{
    lws_set_timer_usecs(wsi, NEXT_REQUEST_S * LWS_USEC_PER_SEC);
    return result;
}

/* The timer cannot be cancelled (4.1.6 fires it instead), so it also comes to those who have become a stream.
 */
static int out_of_time(const struct session *session)
{
    return session && session->client.wsi ? 0 : -1;
}

static int established(struct lws *wsi, struct server *server, struct client *client)
{
    const int result = ws_established(wsi, &server->hub, client);
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

/* Serves HTTP and, once upgraded, WebSocket: both are one connection to libwebsockets. */
static int serve(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length)
{
    struct session *session = user;
    switch (reason) {
    case LWS_CALLBACK_LOCK_POLL: /* these come with each message, to each client */
    case LWS_CALLBACK_UNLOCK_POLL:
    case LWS_CALLBACK_CHANGE_MODE_POLL_FD:
    case LWS_CALLBACK_GET_THREAD_ID: return 0;
    case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED: return connected(wsi);
    case LWS_CALLBACK_WSI_DESTROY: return disconnected(wsi);
    case LWS_CALLBACK_TIMER: return out_of_time(session);
    case LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS: tls_serve(&server_of(wsi)->tls, user); return 0;
    case LWS_CALLBACK_HTTP:
        return allow_more_time(wsi, http_request(wsi, &server_of(wsi)->http, &session->post, in));
    case LWS_CALLBACK_HTTP_BODY: return http_body(&session->post, in, length);
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
        return http_body_complete(wsi, &server_of(wsi)->http, &session->post);
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE: return http_upgrade(wsi, &server_of(wsi)->http, in);
    case LWS_CALLBACK_CONFIRM_EXTENSION_OKAY: return extension_confirm(wsi);
    case LWS_CALLBACK_ESTABLISHED: return established(wsi, server_of(wsi), &session->client);
    case LWS_CALLBACK_SERVER_WRITEABLE: return ws_writeable(wsi, &server_of(wsi)->hub, &session->client);
    case LWS_CALLBACK_CLOSED: return closed(wsi, server_of(wsi), &session->client);
    case LWS_CALLBACK_RECEIVE_PONG: return ws_ponged(wsi, &session->client, in, length);
    case LWS_CALLBACK_RECEIVE: return ws_received(wsi, &session->client, in, length);
    case LWS_CALLBACK_RAW_ADOPT: /* CONNECT: libwebsockets would keep it open as a raw socket */
    case LWS_CALLBACK_RAW_RX: return -1;
    default: return lws_callback_http_dummy(wsi, reason, user, in, length);
    }
}

static void beat(struct server *server)
{
    const uint64_t now_us = clock_now_us();
    uint64_t next = hub_beat(&server->hub, now_us);
    if (server->watchdog_us > 0 && now_us >= server->watchdog_next) {
        notify_send("WATCHDOG=1");
        server->watchdog_next = now_us + server->watchdog_us;
    }
    ticker_arm(server->timer, next);
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
        server_accept_stop(&server->accept);
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
     .per_session_data_size = sizeof(struct session),
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
    return server->stop_at_us != 0 &&
           (hub_client_count(&server->hub) == 0 || clock_now_us() >= server->stop_at_us);
}

void server_run(struct server *server)
{
    while (!is_done(server)) {
        ev_run(server->loop, EVRUN_ONCE);
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
