/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/http/channel.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

bool channel_open(struct channel *channel, int fd, struct tls *tls)
{
    *channel = (struct channel){.fd = fd, .ssl = tls ? tls_accept(tls, fd) : NULL};
    if (tls && !channel->ssl) {
        channel_close(channel);
        return false;
    }
    return true;
}

static ssize_t plain_result(struct channel *channel, ssize_t result, bool writing)
{
    if (result >= 0) {
        return result;
    }
    channel->wants_write = writing;
    return errno == EAGAIN || errno == EINTR ? CHANNEL_WAITS : CHANNEL_FAILED;
}

static ssize_t tls_result(struct channel *channel, int result)
{
    if (result > 0) {
        return result;
    }
    const int error = SSL_get_error(channel->ssl, result);
    ERR_clear_error();
    channel->wants_write = error == SSL_ERROR_WANT_WRITE;
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? CHANNEL_WAITS
           : error == SSL_ERROR_ZERO_RETURN                              ? CHANNEL_END
                                                                         : CHANNEL_FAILED;
}

ssize_t channel_read(struct channel *channel, void *out, size_t size)
{
    if (channel->ssl) {
        return tls_result(channel, SSL_read(channel->ssl, out, size < INT_MAX ? (int)size : INT_MAX));
    }
    return plain_result(channel, recv(channel->fd, out, size, 0), false);
}

ssize_t channel_write(struct channel *channel, const void *bytes, size_t length)
{
    if (channel->ssl) {
        return tls_result(channel, SSL_write(channel->ssl, bytes, length < INT_MAX ? (int)length : INT_MAX));
    }
    return plain_result(channel, send(channel->fd, bytes, length, MSG_NOSIGNAL), true);
}

void channel_finish(struct channel *channel)
{
    if (channel->ssl) {
        SSL_shutdown(channel->ssl);
        ERR_clear_error();
    }
    shutdown(channel->fd, SHUT_WR);
}

void channel_close(struct channel *channel)
{
    SSL_free(channel->ssl);
    if (channel->fd >= 0) {
        close(channel->fd);
    }
    *channel = (struct channel){.fd = -1};
}
