/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One WebSocket connection from its upgrade to its end. Each function answers one libwebsockets callback and
 * returns what that callback should: 0 to go on, -1 to close. */
#ifndef PHICAST_BROADCASTER_SINKS_WS_CLIENT_H
#define PHICAST_BROADCASTER_SINKS_WS_CLIENT_H

#include "broadcaster/http/request.h"
#include "broadcaster/stream/hub.h"

#include <libwebsockets.h>

enum { WS_KEY_LENGTH = 24, WS_EXTENSIONS_MAX = 256 };

/* What a request for a stream asks for. */
struct ws_offer {
    enum stream_kind kind;
    struct wish wish;
    char key[WS_KEY_LENGTH + 1];
    char extensions[WS_EXTENSIONS_MAX]; /* as offered, if permessage-deflate can be taken from it; else "" */
};

/* The stream that a request path names; STREAM_COUNT for none. */
enum stream_kind ws_stream_of(const char *path);

/* Reads an upgrade to the stream at the request's path, which there must be. code 0 if it is good, else what
 * is wrong with it. A subprotocol that is offered is left alone: the stream is opened without one. */
struct refusal ws_read_offer(struct ws_offer *offer, const struct http_request *request);

/* The head of a request for that stream, for libwebsockets to open it by: none of a stranger's bytes get
 * there before the stream is open. Returns its length. */
size_t ws_print_request(const struct ws_offer *offer, char *out, size_t size);

int ws_established(struct lws *wsi, struct hub *hub, struct client *client, const struct ws_offer *offer);
/* What a client says is not listened to, but must keep to the protocol. */
int ws_received(struct lws *wsi, struct client *client, const void *bytes, size_t length);
int ws_ponged(struct lws *wsi, struct client *client, const void *bytes, size_t length);
int ws_writeable(struct lws *wsi, struct hub *hub, struct client *client);
int ws_closed(struct hub *hub, struct client *client);

/* Answers no callback, and must not be called within one: has ws_writeable called, now if the socket takes
 * more, or else when it does. The client may be gone after this. */
void ws_serve(struct lws *wsi, struct client *client);

#endif
