/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A client's connection on this machine, plain or TLS (any certificate will do), and the way to ask for a
 * stream on it. Failures end the program. */
#ifndef PHICAST_TESTS_BENCH_LINK_H
#define PHICAST_TESTS_BENCH_LINK_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { LINK_AGAIN = -2, LINK_LOST = -1 };

struct link {
    int fd;
    SSL *ssl; /* NULL: plain */
};

/* Connects; blocking, or just begun: then link_shake says when it is through. */
void link_open(struct link *link, uint16_t port, bool tls, bool blocking);
void link_close(struct link *link);

/* The TLS handshake, if there is one: 0 when done, LINK_AGAIN, LINK_LOST. */
int link_shake(const struct link *link);

/* Bytes, 0 at the end of the connection, LINK_AGAIN, LINK_LOST. */
ssize_t link_read(const struct link *link, void *to, size_t size);

/* A few bytes, for which there is room. */
void link_write(const struct link *link, const void *bytes, size_t length);

/* Asks for a stream. */
void link_ask(const struct link *link, const char *path, bool deflate);

/* Whether the buffer has the whole answer, which must be that the stream is opened; it is then removed. */
bool link_answered(unsigned char *buffer, uint32_t *used, bool deflate);

_Noreturn void link_fail(const char *what);

#endif
