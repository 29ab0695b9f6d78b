/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Carries a stream between a client's TLS channel and libwebsockets, which sees a plain socket of this
 * machine. Event loop's thread. */
#ifndef PHICAST_BROADCASTER_HTTP_RELAY_H
#define PHICAST_BROADCASTER_HTTP_RELAY_H

#include "broadcaster/http/channel.h"

#include <ev.h>

struct relay;

enum { RELAY_DESCRIPTORS = 3 }; /* that each takes, the client's own included */

/* Start from {.loop = ...}. */
struct relays {
    struct ev_loop *loop;
    struct relay *first;
};

/* Takes the channel. Returns the other end of the stream, a socket that does not block; -1 if there is
 * neither memory nor descriptors: the channel is closed then. */
int relay_open(struct relays *all, struct channel *channel);

void relays_close(struct relays *all);

#endif
