/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/sinks/osc/socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

int osc_socket_open(const struct addrinfo *address)
{
    const int on = 1;
    const int fd =
        socket(address->ai_family, address->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, address->ai_protocol);
    if (fd >= 0 && address->ai_socktype == SOCK_STREAM) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    } else if (fd >= 0) {
        setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof on); /* 192.168.1.255 is a common choice */
    }
    return fd;
}

int osc_socket_error(int fd)
{
    int err = 0;
    socklen_t length = sizeof err;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &length) == 0 ? err : errno;
}

bool osc_socket_connected(int fd)
{
    struct sockaddr_storage peer;
    socklen_t length = sizeof peer;
    return getpeername(fd, (struct sockaddr *)&peer, &length) == 0;
}

const char *osc_socket_drain(int fd)
{
    char bytes[512];
    for (int i = 0; i < 16; i++) {
        const ssize_t got = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            return NULL;
        }
        if (got <= 0) {
            return got == 0 ? "it has closed the connection" : strerror(errno);
        }
    }
    return NULL;
}
