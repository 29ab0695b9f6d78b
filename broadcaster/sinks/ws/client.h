/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One WebSocket connection from its upgrade to its end. Each function answers one libwebsockets callback and
 * returns what that callback should: 0 to go on, -1 to close.
 *
 * libwebsockets opens and closes, reads, and answers pings. What we have to say goes straight to the socket,
 * a whole frame at a time, and a cohort's in one system call: by libwebsockets' way it costs twice as much.
 * Only what the socket does not take of it goes that way, behind whatever libwebsockets has kept there, so
 * that all frames stay whole.
 */
#ifndef PHICAST_BROADCASTER_SINKS_WS_CLIENT_H
#define PHICAST_BROADCASTER_SINKS_WS_CLIENT_H

#include "broadcaster/http/upgrade.h"
#include "broadcaster/sinks/ws/batch.h"
#include "broadcaster/sinks/ws/deflate.h"
#include "broadcaster/sinks/ws/listening.h"
#include "broadcaster/sinks/ws/pulse.h"
#include "broadcaster/sinks/ws/quiet.h"
#include "broadcaster/stream/hub.h"
#include "shared/utf8.h"

#include <libwebsockets.h>

/* What all of them share. */
struct ws_clients {
    struct carrier carrier;
    struct ev_loop *loop;
    struct hub *hub;
    struct deflater deflater;
    struct batch *batch; /* NULL: there is none */
    struct listening listening;
};

/* Lives in libwebsockets' memory for the session, all zeros at first. */
struct ws_client {
    struct client base;
    struct lws *wsi; /* NULL: no stream yet, or no more */
    int fd;
    struct listener *listener; /* it is OSCQuery's; NULL: it gets the stream's own messages */
    bool deflates;             /* permessage-deflate was agreed on */
    bool closing;              /* it has sent a close frame, or we have decided on one */
    size_t unsent_most;        /* bytes: the socket's bound */
    struct pulse pulse;
    struct quiet quiet;
    uint64_t heard;   /* bytes of the message that it is sending */
    struct utf8 text; /* how far into a character that is */
    bool reads_text;  /* that is text, and not compressed */
};

/* Hub, loop and listening's remote are set. */
void ws_clients_open(struct ws_clients *clients);
void ws_clients_close(struct ws_clients *clients);

int ws_client_established(struct ws_client *client, struct lws *wsi, struct ws_clients *all,
                          const struct upgrade *upgrade);
/* Only to OSCQuery's clients is listened, but all must keep to the protocol. */
int ws_client_received(struct ws_client *client, const void *bytes, size_t length);
int ws_client_ponged(struct ws_client *client, const void *bytes, size_t length);
int ws_client_closes(struct ws_client *client);
int ws_client_writeable(struct ws_client *client);
int ws_client_closed(struct ws_client *client);

#endif
