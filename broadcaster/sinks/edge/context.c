/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the edges' connections go through: a context of libwebsockets of their own on the server's loop, and
 * what it tells us. */
#include "broadcaster/sinks/edge/edge.h"
#include "broadcaster/sinks/edge/trust.h"
#include "broadcaster/sinks/lws_log.h"

#include <libwebsockets.h>
#include <stdio.h>
#include <string.h>

enum { MESSAGE_MAX = 32768, RECEIVE_MAX = 1024, LATE_S = 60 };

static struct line *line_of(struct lws *wsi)
{
    return lws_get_opaque_user_data(wsi);
}

static int add_headers(const struct line *line, char **place, size_t room)
{
    const size_t length = strlen(line->edge->headers);
    if (length >= room) {
        return -1;
    }
    memcpy(*place, line->edge->headers, length);
    *place += length;
    return 0;
}

static void note_failure(struct line *line, struct lws *wsi, const char *why)
{
    char detail[LINE_DETAIL_MAX];
    const unsigned status = lws_http_client_http_response(wsi);
    if (status == 401 || status == 403) {
        snprintf(detail, sizeof detail, "refused with %u; is the token the edge's?", status);
    } else if (status > 0 && status != 101) {
        snprintf(detail, sizeof detail, "refused with %u", status);
    } else if (why && strstr(why, "SSL err 1")) {
        snprintf(detail, sizeof detail, "no TLS there");
    } else {
        snprintf(detail, sizeof detail, "%.120s", why ? why : "no connection");
    }
    line_note(line, detail);
}

/* libwebsockets goes on or not as OpenSSL does. */
static int look_at_certificate(struct line *line, void *looking)
{
    char detail[LINE_DETAIL_MAX];
    const char *refusal = trust_refusal(looking);
    if (refusal) {
        snprintf(detail, sizeof detail, "its certificate is refused: %.100s", refusal);
        line_note(line, detail);
    }
    return 0;
}

/* Has what there is of a body handed to us. */
static int read_body(struct lws *wsi)
{
    char room[LWS_PRE + RECEIVE_MAX];
    char *place = room + LWS_PRE;
    int length = RECEIVE_MAX;
    return lws_http_client_read(wsi, &place, &length) < 0 ? -1 : 0;
}

static int closed(struct line *line)
{
    line_note(line, "the edge has closed the connection");
    return 0;
}

static int gone(struct lws *wsi)
{
    struct line *line = line_of(wsi);
    if (line && line->wsi == wsi) {
        line_gone(line);
    }
    return 0;
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length)
{
    switch (reason) {
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER: return add_headers(line_of(wsi), in, length);
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR: note_failure(line_of(wsi), wsi, in); return 0;
    case LWS_CALLBACK_OPENSSL_PERFORM_SERVER_CERT_VERIFICATION:
        return look_at_certificate(line_of(wsi), user);
    case LWS_CALLBACK_CLIENT_ESTABLISHED: return line_connected(line_of(wsi));
    case LWS_CALLBACK_CLIENT_WRITEABLE: return line_writeable(line_of(wsi));
    case LWS_CALLBACK_CLIENT_RECEIVE:
        return line_received(line_of(wsi), in, length, lws_is_final_fragment(wsi));
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP: return read_body(wsi);
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP_READ: return line_received(line_of(wsi), in, length, false);
    case LWS_CALLBACK_COMPLETED_CLIENT_HTTP:
        return line_answered(line_of(wsi), lws_http_client_http_response(wsi));
    case LWS_CALLBACK_CLIENT_CLOSED: return closed(line_of(wsi));
    case LWS_CALLBACK_WSI_DESTROY: return gone(wsi);
    default: return 0;
    }
}

static const struct lws_protocols protocols[] = {
    {.name = EDGE_PROTOCOL,
     .callback = on_event,
     .rx_buffer_size = RECEIVE_MAX,
     .tx_packet_size = MESSAGE_MAX},
    {0},
};

bool edge_open_context(struct edges *all, struct ev_loop *loop, uint32_t descriptors,
                       char error[OPTION_ERROR_MAX])
{
    void *loops[] = {loop};
    const struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .foreign_loops = loops,
        .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_LIBEV |
                   LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT,
        .pt_serv_buf_size = MESSAGE_MAX,
        .timeout_secs = LATE_S, /* lines have deadlines of their own */
        .connect_timeout_secs = LATE_S,
        .fd_limit_per_thread = descriptors,
    };
    lws_log_open();
    all->context = lws_create_context(&info);
    if (!all->context) {
        snprintf(error, OPTION_ERROR_MAX,
                 "--publish: libwebsockets could not be set up; is there memory left?");
    }
    return all->context != NULL;
}

bool edge_open_vhost(struct edge *edge, char error[OPTION_ERROR_MAX])
{
    /* Who says nothing is asked whether it is there: an edge that is gone is not found out at the next event.
     */
    static const lws_retry_bo_t idle = {.secs_since_valid_ping = 10, .secs_since_valid_hangup = 15};
    const struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN_SERVER,
        .vhost_name = edge->url->text,
        .protocols = protocols,
        .options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT,
        .provided_client_ssl_ctx = edge->trust,
        .http_proxy_address = "none:0", /* else it takes $http_proxy, and looks it up while all wait */
        .retry_and_idle_policy = &idle,
    };
    edge->vhost = lws_create_vhost(edge->all->context, &info);
    if (!edge->vhost) {
        snprintf(error, OPTION_ERROR_MAX, "--publish %.80s: libwebsockets could not be set up for it",
                 edge->url->text);
    }
    return edge->vhost != NULL;
}
