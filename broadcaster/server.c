/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/server.h"

#include "broadcaster/clock.h"
#include "broadcaster/http.h"
#include "broadcaster/hub.h"
#include "broadcaster/listen.h"
#include "broadcaster/osc/in.h"
#include "broadcaster/osc/out.h"
#include "broadcaster/ticker.h"
#include "broadcaster/ws.h"
#include "shared/control.h"
#include "shared/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libwebsockets.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    MESSAGE_MAX = 32768, /* bytes that leave in one write; 64 channels make about 8 KB of metrics */
    RECEIVE_MAX = 256,   /* what clients say is not listened to */
    STOP_US = 500000     /* how long clients have to answer the close frame */
};

struct server {
    struct segment control;
    struct hub hub;
    struct hands hands;
    struct osc_out *osc_out;
    struct osc_in osc_in;
    struct http http;
    struct listen_plan plan;
    struct lws_context *context;
    int timer;           /* until the context owns it */
    int signals;         /* likewise */
    uint64_t stop_at_us; /* 0: running */
    int stopped_by;      /* the signal */
};

/* What a connection needs, before and after it becomes a WebSocket. */
struct session {
    struct client client;
    struct post post;
};

static struct server *server_of(struct lws *wsi)
{
    return lws_context_user(lws_get_context(wsi));
}

/* Serves HTTP and, once upgraded, WebSocket: both are one connection to libwebsockets. */
static int serve(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length)
{
    struct session *session = user;
    switch (reason) {
    case LWS_CALLBACK_HTTP: return http_request(wsi, &server_of(wsi)->http, &session->post, in);
    case LWS_CALLBACK_HTTP_BODY: return http_body(&session->post, in, length);
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
        return http_body_complete(wsi, &server_of(wsi)->http, &session->post);
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE: return http_upgrade(wsi, &server_of(wsi)->http, in);
    case LWS_CALLBACK_ESTABLISHED: return ws_established(wsi, &server_of(wsi)->hub, &session->client);
    case LWS_CALLBACK_SERVER_WRITEABLE: return ws_writeable(wsi, &server_of(wsi)->hub, &session->client);
    case LWS_CALLBACK_CLOSED: return ws_closed(&server_of(wsi)->hub, &session->client);
    case LWS_CALLBACK_RECEIVE: return 0;
    case LWS_CALLBACK_RAW_ADOPT: /* CONNECT: libwebsockets would keep it open as a raw socket */
    case LWS_CALLBACK_RAW_RX: return -1;
    default: return lws_callback_http_dummy(wsi, reason, user, in, length);
    }
}

static int beat(struct server *server)
{
    ticker_arm(server->timer, hub_beat(&server->hub, clock_now_us()));
    return 0;
}

static int stop(struct server *server)
{
    const int number = ticker_take_signal(server->signals);
    if (number != 0) {
        log_info("%s: closing %" PRIu32 " clients and ending", strsignal(number),
                 hub_client_count(&server->hub));
        server->stopped_by = number;
        /* A second signal does not wait for the clients' answers. */
        server->stop_at_us = clock_now_us() + (server->stop_at_us == 0 ? STOP_US : 0);
        hub_close_clients(&server->hub, (struct client_close){LWS_CLOSE_STATUS_GOINGAWAY, "server stops"});
    }
    return 0;
}

static int on_timer(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length)
{
    (void)user, (void)in, (void)length;
    return reason == LWS_CALLBACK_RAW_RX_FILE ? beat(server_of(wsi)) : 0;
}

static int on_signal(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length)
{
    (void)user, (void)in, (void)length;
    return reason == LWS_CALLBACK_RAW_RX_FILE ? stop(server_of(wsi)) : 0;
}

static int on_osc(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length)
{
    (void)user, (void)in, (void)length;
    if (reason == LWS_CALLBACK_RAW_RX_FILE) {
        osc_in_read(&server_of(wsi)->osc_in);
    }
    return 0;
}

static const struct lws_protocols public_protocols[] = {
    {.name = "phicast",
     .callback = serve,
     .per_session_data_size = sizeof(struct session),
     .rx_buffer_size = RECEIVE_MAX,
     .tx_packet_size = MESSAGE_MAX},
    {0},
};

/* On a vhost of their own, which does not listen, so that no client can ask for them by name. */
static const struct lws_protocols private_protocols[] = {
    {.name = "timer", .callback = on_timer},
    {.name = "signal", .callback = on_signal},
    {.name = "osc", .callback = on_osc},
    {0},
};

/* A client that has gone without a word is found out within half a minute. */
static const lws_retry_bo_t validity = {.secs_since_valid_ping = 20, .secs_since_valid_hangup = 30};

static void log_lws(int level, const char *line)
{
    (void)level;
    log_warning("libwebsockets: %.*s", (int)strcspn(line, "\n"), line);
}

static enum status make_context(struct server *server, char *error)
{
    lws_set_log_level(LLL_ERR | LLL_WARN, log_lws);
    const struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS,
        .pt_serv_buf_size = MESSAGE_MAX,
        .user = server,
    };
    server->context = lws_create_context(&info);
    if (!server->context) {
        snprintf(error, OPTION_ERROR_MAX, "libwebsockets could not be set up; is there memory left?");
        return STATUS_NO_MEMORY;
    }
    return STATUS_OK;
}

static enum status make_listeners(struct server *server, char *error)
{
    for (uint32_t i = 0; i < server->plan.count; i++) {
        const struct listen_address *address = &server->plan.address[i];
        const uint64_t family_options = address->family == AF_INET ? LWS_SERVER_OPTION_DISABLE_IPV6
                                                                   : LWS_SERVER_OPTION_IPV6_V6ONLY_MODIFY |
                                                                         LWS_SERVER_OPTION_IPV6_V6ONLY_VALUE;
        const struct lws_context_creation_info info = {
            .iface = address->text,
            .port = server->plan.port,
            .vhost_name = address->text,
            .protocols = public_protocols,
            .options = LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND | family_options,
            .retry_and_idle_policy = &validity,
            .timeout_secs = 10,
        };
        if (!lws_create_vhost(server->context, &info)) {
            snprintf(error, OPTION_ERROR_MAX,
                     "%s port %u: could not listen; give another port with -p PORT, or -p 0 for a free one",
                     address->text, server->plan.port);
            return STATUS_BUSY;
        }
    }
    return STATUS_OK;
}

/* libwebsockets closes the descriptor with its context, and also if it refuses it. */
static bool adopt(struct lws_vhost *vhost, int fd, const char *protocol)
{
    const lws_sock_file_fd_type descriptor = {.filefd = fd};
    return lws_adopt_descriptor_vhost(vhost, LWS_ADOPT_RAW_FILE_DESC, descriptor, protocol, NULL) != NULL;
}

static enum status make_wakers(struct server *server, char *error)
{
    const struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .vhost_name = "wakers",
        .protocols = private_protocols,
    };
    struct lws_vhost *vhost = lws_create_vhost(server->context, &info);
    server->timer = ticker_open_timer();
    server->signals = ticker_open_signals();
    if (!vhost || server->timer < 0 || server->signals < 0 || !adopt(vhost, server->timer, "timer") ||
        !adopt(vhost, server->signals, "signal")) {
        snprintf(error, OPTION_ERROR_MAX, "timers could not be set up: %s; are there descriptors left?",
                 strerror(errno));
        return STATUS_IO;
    }
    for (uint32_t i = 0; i < server->osc_in.count; i++) {
        /* A copy: libwebsockets closes what it adopts, and osc_in what it opened. */
        const int copy = fcntl(server->osc_in.fd[i], F_DUPFD_CLOEXEC, 0);
        if (copy < 0 || !adopt(vhost, copy, "osc")) {
            snprintf(error, OPTION_ERROR_MAX,
                     "OSC sockets could not be set up: %s; are there descriptors left?", strerror(errno));
            return STATUS_IO;
        }
    }
    ticker_arm(server->timer, clock_now_us());
    return STATUS_OK;
}

/* What a dead broadcaster of that name noted of the events it has sent; all zeros if there was none. */
static struct event_cursor read_past(const char *name)
{
    struct event_cursor past = {0};
    struct segment old;
    if (segment_attach(&old, &control_kind, name) == STATUS_OK) {
        if (!segment_alive(&old)) {
            past = control_load_cursor(old.memory);
        }
        segment_close(&old);
    }
    return past;
}

static enum status take_name(struct server *server, const char *name, char *error)
{
    const enum status status = segment_create(&server->control, &control_kind, name, (gid_t)-1);
    switch (status) {
    case STATUS_OK: break;
    case STATUS_BUSY:
        snprintf(error, OPTION_ERROR_MAX,
                 "a broadcaster for \"%.64s\" is running already (pid %" PRIu32
                 "); stop it, or give another name "
                 "with -n NAME",
                 name, segment_owner(&control_kind, name));
        break;
    case STATUS_BAD_ARG:
        snprintf(error, OPTION_ERROR_MAX,
                 "-n %.64s: not a usable name; give a short one of letters, digits and \"-_.\"", name);
        break;
    default:
        snprintf(error, OPTION_ERROR_MAX, "segment /phicast.%.64s.%s: %s; look at /dev/shm", name,
                 control_kind.suffix, status_str(status));
    }
    return status;
}

static void announce(const struct listen_plan *plan, const struct osc_in *osc_in)
{
    for (uint32_t i = 0; i < plan->count; i++) {
        char url[64 + INET6_ADDRSTRLEN];
        listen_url(plan, i, url, sizeof url);
        printf("listening on %s\n", url);
    }
    for (uint32_t i = 0; i < osc_in->count; i++) {
        printf("listening for OSC on %s\n", osc_in->url[i]);
    }
    fflush(stdout);
}

static enum status make_osc(struct server *server, const struct broadcaster_options *options, char *error)
{
    enum status status =
        osc_out_open(&server->osc_out, &options->osc, options->osc_metrics, clock_now_us(), error);
    if (status == STATUS_OK && options->osc_listen != OSC_LISTEN_OFF) {
        status = osc_in_open(&server->osc_in, &server->hands, options->osc_listen, &options->osc_bind, error);
    }
    return status;
}

/* Everything but libwebsockets. */
static enum status make_core(struct server *server, const struct broadcaster_options *options, char *error)
{
    const uint64_t now_us = clock_now_us();
    const struct event_cursor past = read_past(options->name);
    enum status status = take_name(server, options->name, error);
    struct control *control = server->control.memory;
    if (status == STATUS_OK) {
        status = make_osc(server, options, error);
    }
    hub_init(&server->hub, options->name, control, server->osc_out, &past, now_us);
    server->hands = (struct hands){.control = control, .source = &server->hub.source};
    server->http = (struct http){
        .hub = &server->hub, .hands = &server->hands, .osc_in = &server->osc_in, .started_us = now_us};
    return status;
}

enum status server_open(struct server **out, const struct broadcaster_options *options,
                        char error[OPTION_ERROR_MAX])
{
    struct server *server = calloc(1, sizeof *server);
    *out = NULL;
    if (!server) {
        snprintf(error, OPTION_ERROR_MAX, "out of memory");
        return STATUS_NO_MEMORY;
    }
    server->control = SEGMENT_NONE;
    enum status status = make_core(server, options, error);
    if (status == STATUS_OK) {
        status = listen_make_plan(&server->plan, &options->bind, options->port, error);
    }
    if (status == STATUS_OK) {
        status = make_context(server, error);
    }
    if (status == STATUS_OK) {
        status = make_listeners(server, error);
    }
    if (status == STATUS_OK) {
        status = make_wakers(server, error);
    }
    if (status) {
        server_close(server);
        return status;
    }
    announce(&server->plan, &server->osc_in);
    *out = server;
    return STATUS_OK;
}

static bool is_done(const struct server *server)
{
    return server->stop_at_us != 0 &&
           (hub_client_count(&server->hub) == 0 || clock_now_us() >= server->stop_at_us);
}

enum status server_run(struct server *server)
{
    while (!is_done(server)) {
        if (lws_service(server->context, 0) < 0) {
            log_error("the event loop failed; start the broadcaster again");
            return STATUS_IO;
        }
    }
    return STATUS_OK;
}

/* Whether a successor is likely to want our note of the events sent: SIGTERM is how a service is started
 * anew, while SIGINT is somebody's hand on the keyboard. Without an analyser there is nothing to go on with.
 */
static bool is_to_be_continued(const struct server *server)
{
    return server->stopped_by == SIGTERM && segment_alive(&server->hub.source.segment);
}

void server_close(struct server *server)
{
    if (!server) {
        return;
    }
    if (server->context) {
        lws_context_destroy(server->context);
    }
    const bool to_be_continued = is_to_be_continued(server);
    hub_close(&server->hub);
    osc_out_close(server->osc_out);
    osc_in_close(&server->osc_in);
    message_free(&server->http.scratch);
    if (to_be_continued) {
        segment_leave(&server->control);
    } else {
        segment_close(&server->control);
    }
    free(server);
}
