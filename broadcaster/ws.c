/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/ws.h"

#include "broadcaster/clock.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

/* A socket with more unsent bytes than this is not writable: a slow client of a stream of state gets the
 * latest message when it catches up, not seconds of old ones out of the kernel's buffer. */
enum { UNSENT_MAX = 16384 };

enum { CLOSE_REASON_MAX = 123 }; /* bytes: a control frame's 125 less the code */

enum stream_kind ws_stream_of(const char *path)
{
    static const char *const paths[STREAM_COUNT] = {"/ws/metrics", "/ws/latency", "/ws/events"};
    int kind = 0;
    while (kind < STREAM_COUNT && strcmp(path, paths[kind]) != 0) {
        kind++;
    }
    return (enum stream_kind)kind;
}

static void tune(struct lws *wsi)
{
    const int fd = lws_get_socket_fd(wsi);
    const int on = 1;
    const int unsent = UNSENT_MAX;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
}

int ws_established(struct lws *wsi, struct hub *hub, struct client *client)
{
    char path[32];
    if (lws_hdr_copy(wsi, path, sizeof path, WSI_TOKEN_GET_URI) <= 0) {
        return -1;
    }
    const enum stream_kind kind = ws_stream_of(path);
    if (kind == STREAM_COUNT) {
        return -1;
    }
    tune(wsi);
    client->wsi = wsi;
    client->stream = kind;
    hub_add(hub, client, clock_now_us());
    return 0;
}

int ws_writeable(struct lws *wsi, struct hub *hub, struct client *client)
{
    if (hub_may_close(hub, client)) {
        unsigned char reason[CLOSE_REASON_MAX];
        const size_t length = strnlen(client->close.reason, sizeof reason);
        memcpy(reason, client->close.reason, length);
        lws_close_reason(wsi, (enum lws_close_status)client->close.code, reason, length);
        return -1;
    }
    const struct wire *wire = hub_next(hub, client, clock_now_us());
    if (!wire) {
        return 0;
    }
    if (lws_write(wsi, wire_text(wire), wire->length, LWS_WRITE_TEXT) < (int)wire->length) {
        return -1;
    }
    if (hub_sent(hub, client) || client->close.code != 0) {
        lws_callback_on_writable(wsi);
    }
    return 0;
}

int ws_closed(struct hub *hub, struct client *client)
{
    if (client->wsi) { /* else it never got as far as a stream */
        hub_remove(hub, client);
        client->wsi = NULL;
    }
    return 0;
}
