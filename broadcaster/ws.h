/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One WebSocket connection from its upgrade to its end. Each function answers one libwebsockets callback and
 * returns what that callback should: 0 to go on, -1 to close. */
#ifndef PHICAST_BROADCASTER_WS_H
#define PHICAST_BROADCASTER_WS_H

#include "broadcaster/hub.h"

#include <libwebsockets.h>

/* The stream that a request path names; STREAM_COUNT for none. */
enum stream_kind ws_stream_of(const char *path);

/* What the request's query asks of that stream. NULL if it is good, else what is wrong with it, for people.
 */
const char *ws_wish(struct lws *wsi, enum stream_kind kind, struct wish *wish);

int ws_established(struct lws *wsi, struct hub *hub, struct client *client);
/* What a client says is not listened to, but must keep to the protocol. */
int ws_received(struct lws *wsi, struct client *client, const void *bytes, size_t length);
int ws_ponged(struct lws *wsi, struct client *client, const void *bytes, size_t length);
int ws_writeable(struct lws *wsi, struct hub *hub, struct client *client);
int ws_closed(struct hub *hub, struct client *client);

/* Answers no callback, and must not be called within one: has ws_writeable called, now if the socket takes
 * more, or else when it does. The client may be gone after this. */
void ws_serve(struct lws *wsi, struct client *client);

#endif
