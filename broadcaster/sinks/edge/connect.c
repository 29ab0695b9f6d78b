/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an edge's lines need of it. */
#include "broadcaster/sinks/edge/edge.h"
#include "shared/log.h"
#include "shared/resolve.h"

#include <libwebsockets.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum { ADDRESS_US = 10000000 }; /* for so long a name is not asked for again */

bool edge_has_address(struct edge *edge, uint64_t now_us)
{
    if (edge->list && now_us - edge->resolved_us < ADDRESS_US) {
        return true;
    }
    if (!edge->resolve) {
        char port[8];
        snprintf(port, sizeof port, "%u", edge->url->port);
        edge->resolve = resolve_start(edge->url->host, port, true);
    }
    return false;
}

static bool all_are_up(const struct edge *edge)
{
    for (uint32_t i = 0; i < edge->line_count; i++) {
        if (edge->line[i].connected_us == 0) {
            return false;
        }
    }
    return true;
}

void edge_look(struct edge *edge, const struct line *line)
{
    const bool up = all_are_up(edge);
    if (up != edge->up || !edge->told) {
        edge->up = up;
        if (up && log_is_due(&(uint64_t){edge->downs})) {
            log_info("publishing to %s", edge->url->text);
        } else if (!up && line->connected_us == 0 && !edge->all->hub->stopping) {
            log_repeated(&edge->downs, "%s: %s: %s; trying again", edge->url->text, line->name, line->detail);
        }
        edge->told = up || line->connected_us == 0;
    }
}

/* The path, with the channel's name in it. */
static void print_path(const struct line *line, char *out, size_t size)
{
    const char *path = line->edge->url->path;
    const char *stream = strstr(path, EDGE_STREAM);
    snprintf(out, size, "%.*s%s%s", (int)(stream - path), path, line->name, stream + strlen(EDGE_STREAM));
}

/* Another one after each failure, round and round. */
static const struct addrinfo *choose_address(const struct line *line)
{
    enum { ROUNDS = 60 }; /* whole ones of up to six addresses */
    const struct addrinfo *address = line->edge->list;
    for (uint32_t i = line->failures % ROUNDS; i > 0; i--) {
        address = address->ai_next ? address->ai_next : line->edge->list;
    }
    return address;
}

bool edge_connect(struct line *line, bool asks)
{
    const struct edge_url *url = line->edge->url;
    char address[NI_MAXHOST];
    char host[EDGE_HOST_MAX + 16];
    char path[EDGE_PATH_MAX + LINE_NAME_MAX];
    resolve_number(choose_address(line), address, sizeof address);
    snprintf(host, sizeof host, strchr(url->host, ':') ? "[%s]:%u" : "%s:%u", url->host, url->port);
    print_path(line, path, sizeof path);
    const struct lws_client_connect_info info = {
        .context = line->edge->all->context,
        .vhost = line->edge->vhost,
        .address = address, /* a number: a name would be looked up while all wait */
        .port = url->port,
        .host = host, /* and what the certificate must say */
        .path = path,
        .ssl_connection = (url->tls ? LCCSCF_USE_SSL : 0) | LCCSCF_HTTP_NO_FOLLOW_REDIRECT,
        .alpn = "http/1.1",
        .method = asks ? "GET" : NULL,
        .local_protocol_name = EDGE_PROTOCOL,
        .pwsi = &line->wsi,
        .opaque_user_data = line,
    };
    return lws_client_connect_via_info(&info) != NULL;
}

/* libwebsockets learns of a timeout that is set outside its callbacks at the context's next event, which may
 * be long in coming where nobody answers. The shutdown is one. */
void edge_disconnect(struct line *line)
{
    shutdown(lws_get_socket_fd(line->wsi), SHUT_RDWR);
    lws_set_timeout(line->wsi, PENDING_TIMEOUT_LAGGING, LWS_TO_KILL_ASYNC);
}

void edge_want_write(struct line *line)
{
    lws_callback_on_writable(line->wsi);
}

bool edge_write(struct line *line, const struct wire *text)
{
    struct wire *scratch = &line->edge->all->scratch.plain;
    if (wire_reserve(scratch, text->length)) {
        return false;
    }
    memcpy(wire_text(scratch), wire_text(text), text->length);
    return lws_write(line->wsi, wire_text(scratch), text->length, LWS_WRITE_TEXT) >= 0;
}
