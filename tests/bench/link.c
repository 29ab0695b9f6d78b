/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/bench/link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void link_fail(const char *what)
{
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static SSL *new_tls(int fd)
{
    static SSL_CTX *context;
    if (!context) {
        context = SSL_CTX_new(TLS_client_method());
        SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF); /* each handshake is a whole one */
        SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
    }
    SSL *ssl = SSL_new(context);
    if (!ssl || !SSL_set_fd(ssl, fd)) {
        link_fail("TLS");
    }
    SSL_set_connect_state(ssl);
    return ssl;
}

void link_open(struct link *link, uint16_t port, bool tls, bool blocking)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    link->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | (blocking ? 0 : SOCK_NONBLOCK), 0);
    if (link->fd < 0 || (connect(link->fd, (const struct sockaddr *)&address, sizeof address) != 0 &&
                         (blocking || errno != EINPROGRESS))) {
        link_fail("connect");
    }
    link->ssl = tls ? new_tls(link->fd) : NULL;
    if (blocking && link_shake(link) != 0) {
        link_fail("the TLS handshake");
    }
}

void link_close(struct link *link)
{
    SSL_free(link->ssl);
    close(link->fd);
    link->ssl = NULL;
    link->fd = -1;
}

/* What SSL_…() of that result means. */
static int state(const struct link *link, int result)
{
    const int error = SSL_get_error(link->ssl, result);
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? LINK_AGAIN
           : error == SSL_ERROR_ZERO_RETURN                              ? 0
                                                                         : LINK_LOST;
}

int link_shake(const struct link *link)
{
    if (!link->ssl) {
        return 0;
    }
    const int result = SSL_do_handshake(link->ssl);
    return result == 1 ? 0 : state(link, result) == LINK_AGAIN ? LINK_AGAIN : LINK_LOST;
}

ssize_t link_read(const struct link *link, void *to, size_t size)
{
    if (link->ssl) {
        const int got = SSL_read(link->ssl, to, (int)size);
        return got > 0 ? got : state(link, got);
    }
    const ssize_t got = read(link->fd, to, size);
    return got >= 0 ? got : errno == EAGAIN ? LINK_AGAIN : LINK_LOST;
}

void link_write(const struct link *link, const void *bytes, size_t length)
{
    const ssize_t written =
        link->ssl ? SSL_write(link->ssl, bytes, (int)length) : write(link->fd, bytes, length);
    if (written != (ssize_t)length) {
        link_fail("write");
    }
}

void link_ask(const struct link *link, const char *path, bool deflate)
{
    char text[512];
    const int length =
        snprintf(text, sizeof text,
                 "GET %s HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n%s\r\n",
                 path, deflate ? "Sec-WebSocket-Extensions: permessage-deflate\r\n" : "");
    link_write(link, text, (size_t)length);
}

bool link_answered(unsigned char *buffer, uint32_t *used, bool deflate)
{
    const char *end = memmem(buffer, *used, "\r\n\r\n", 4);
    if (!end) {
        return false;
    }
    const size_t length = (size_t)(end + 4 - (char *)buffer);
    if (memcmp(buffer, "HTTP/1.1 101", 12) != 0 ||
        deflate != (memmem(buffer, length, "permessage-deflate", 18) != NULL)) {
        fprintf(stderr, "load: not the answer that was wanted: %.60s\n", (const char *)buffer);
        exit(1);
    }
    *used -= (uint32_t)length;
    memmove(buffer, buffer + length, *used);
    return true;
}
