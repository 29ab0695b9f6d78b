/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One WebSocket connection from its upgrade to its end. Each function answers one libwebsockets callback and
 * returns what that callback should: 0 to go on, -1 to close. */
#ifndef PHICAST_BROADCASTER_WS_H
#define PHICAST_BROADCASTER_WS_H

#include "broadcaster/hub.h"

#include <libwebsockets.h>

/* The stream that a request path names; STREAM_COUNT for none. */
enum stream_kind ws_stream_of(const char *path);

int ws_established(struct lws *wsi, struct hub *hub, struct client *client);
int ws_writeable(struct lws *wsi, struct hub *hub, struct client *client);
int ws_closed(struct hub *hub, struct client *client);

#endif
