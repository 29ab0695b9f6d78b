/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bytes of one connection, plain or through TLS. Nothing waits: what cannot be done yet says what it
 * waits for. Event loop's thread. */
#ifndef PHICAST_BROADCASTER_HTTP_CHANNEL_H
#define PHICAST_BROADCASTER_HTTP_CHANNEL_H

#include "broadcaster/http/tls.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { CHANNEL_END = 0, CHANNEL_FAILED = -1, CHANNEL_WAITS = -2 };

struct channel {
    int fd;
    struct ssl_st *ssl; /* NULL: plain */
    bool wants_write;   /* what the last call waits for: the socket to take bytes, else to have some */
};

/* Takes fd over, which does not block; tls: NULL for plain. False when out of memory: fd is closed then. */
bool channel_open(struct channel *channel, int fd, struct tls *tls);

/* Each returns a number of bytes, or CHANNEL_WAITS, CHANNEL_FAILED, and of reading CHANNEL_END. */
ssize_t channel_read(struct channel *channel, void *out, size_t size);
ssize_t channel_write(struct channel *channel, const void *bytes, size_t length);

/* Says that nothing more will be written. */
void channel_finish(struct channel *channel);

void channel_close(struct channel *channel);

#endif
