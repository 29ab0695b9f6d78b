/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One WebSocket connection from its upgrade to its end. Each function answers one libwebsockets callback and
 * returns what that callback should: 0 to go on, -1 to close. */
#ifndef PHICAST_BROADCASTER_SINKS_WS_CLIENT_H
#define PHICAST_BROADCASTER_SINKS_WS_CLIENT_H

#include "broadcaster/http/upgrade.h"
#include "broadcaster/sinks/ws/deflate.h"
#include "broadcaster/sinks/ws/pulse.h"
#include "broadcaster/stream/hub.h"
#include "shared/utf8.h"

#include <libwebsockets.h>

/* Lives in libwebsockets' memory for the session, all zeros at first. */
struct ws_client {
    struct client base;
    struct lws *wsi;  /* NULL: no stream yet, or no more */
    bool deflates;    /* permessage-deflate was agreed on */
    bool packed;      /* the message under way is compressed */
    bool cleared;     /* state: it may be sent the newest message now */
    uint8_t unlooked; /* messages since it was looked at how much of them is unsent */
    uint32_t length;  /* bytes of the message before */
    struct pulse pulse;
    uint64_t heard;   /* bytes of the message that it is sending */
    struct utf8 text; /* how far into a character that is */
    bool reads_text;  /* that is text, and not compressed */
};

int ws_client_established(struct ws_client *client, struct lws *wsi, struct hub *hub,
                          const struct upgrade *upgrade);
/* What a client says is not listened to, but must keep to the protocol. */
int ws_client_received(struct ws_client *client, const void *bytes, size_t length);
int ws_client_ponged(struct ws_client *client, const void *bytes, size_t length);
int ws_client_writeable(struct ws_client *client, struct hub *hub, struct deflater *deflater);
int ws_client_closed(struct ws_client *client, struct hub *hub);

#endif
