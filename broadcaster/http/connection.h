/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One HTTP connection, from its first byte until it ends or becomes a stream. Event loop's thread.
 *
 * Requests are answered one after the other, in their order, each when it is whole. Bytes that came as a body
 * are never read as a request: whatever is answered before its body was read ends the connection. An end is
 * told to the client first, and what it still sends is thrown away for a while, for a connection closed under
 * a sender may take the answer with it. */
#ifndef PHICAST_BROADCASTER_HTTP_CONNECTION_H
#define PHICAST_BROADCASTER_HTTP_CONNECTION_H

#include "broadcaster/guard/limits.h"
#include "broadcaster/http/channel.h"
#include "broadcaster/http/site.h"

#include <ev.h>

struct connection;

/* What all connections share. */
struct connections {
    struct ev_loop *loop;
    struct site *site;
    struct limits *limits;
    struct connection *first;
    /* Takes the channel, and of the address what limits_connect gave. */
    void (*open_stream)(void *arg, struct channel *channel, const struct upgrade *upgrade,
                        struct address *address);
    void *arg;
};

/* Takes the channel and the address over; without memory it closes the one and gives the other back. */
void connection_open(struct connections *all, struct channel *channel, struct address *address);

void connections_close(struct connections *all);

#endif
