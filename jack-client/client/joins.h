/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asking the server for connections, and telling what came of it: a server may refuse them, or say yes and do
 * nothing (jackd -a). Control thread. */
#ifndef PHICAST_JACK_CLIENT_CLIENT_JOINS_H
#define PHICAST_JACK_CLIENT_CLIENT_JOINS_H

#include "jack-client/client/links.h"

#include <jack/jack.h>
#include <stdbool.h>

/* Start from {0}; free with joins_clear. */
struct joins {
    bool changed;         /* the caller's: the graph has changed, so what was refused is worth another try */
    struct links asked;   /* granted by the server, and not yet seen to stand */
    struct links refused; /* perhaps only because the source's client is not active yet */
};

/* True if the connection stands, or has been asked for and granted: joins_check will tell. What was refused
 * is asked for again the 2nd, 4th, 8th ... time, and whenever the graph has changed. */
bool joins_ask(struct joins *joins, jack_client_t *client, const char *source, const char *sink);

/* Looks what has become of those asked for. While joins_pending, it is to be called every few milliseconds,
 * and joins_ask for what is still wanted before it. */
void joins_check(struct joins *joins, jack_client_t *client);
bool joins_pending(const struct joins *joins);

/* The source has gone. */
void joins_forget(struct joins *joins, const char *source);
void joins_clear(struct joins *joins);

#endif
