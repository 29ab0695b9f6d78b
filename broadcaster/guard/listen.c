/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/guard/listen.h"

#include "shared/log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Each try fails only if the port the kernel picked for one address is in use on another. */
enum { PICK_TRIES = 32 };

union endpoint {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

enum status listen_parse(const char *text, struct listen_address *address)
{
    struct in_addr v4;
    struct in6_addr v6;

    *address = (struct listen_address){0};
    if (inet_pton(AF_INET, text, &v4) == 1) {
        address->family = AF_INET;
        address->reachable = (ntohl(v4.s_addr) >> 24) != IN_LOOPBACKNET;
        inet_ntop(AF_INET, &v4, address->text, sizeof address->text);
    } else if (inet_pton(AF_INET6, text, &v6) == 1) {
        address->family = AF_INET6;
        address->reachable = !IN6_IS_ADDR_LOOPBACK(&v6);
        inet_ntop(AF_INET6, &v6, address->text, sizeof address->text);
    } else {
        return STATUS_BAD_ARG;
    }
    return STATUS_OK;
}

enum status listen_read(struct listen_addresses *at, const char *option, const struct option_list *texts,
                        char error[OPTION_ERROR_MAX])
{
    *at = (struct listen_addresses){.count = texts->count};
    if (texts->count == 0) {
        *at = (struct listen_addresses){.count = 2,
                                        .address = {{.family = AF_INET, .text = "127.0.0.1"},
                                                    {.family = AF_INET6, .text = "::1", .optional = true}}};
    }
    for (uint32_t i = 0; i < texts->count; i++) {
        if (listen_parse(texts->item[i], &at->address[i])) {
            snprintf(error, OPTION_ERROR_MAX,
                     "%s %.64s: not an IP address; give one such as 127.0.0.1 or ::1", option,
                     texts->item[i]);
            return STATUS_BAD_ARG;
        }
    }
    return STATUS_OK;
}

const struct listen_address *listen_find_reachable(const struct listen_addresses *at)
{
    for (uint32_t i = 0; i < at->count; i++) {
        if (at->address[i].reachable) {
            return &at->address[i];
        }
    }
    return NULL;
}

static socklen_t make_endpoint(union endpoint *endpoint, const struct listen_address *address, uint16_t port)
{
    *endpoint = (union endpoint){0};
    if (address->family == AF_INET) {
        endpoint->v4.sin_family = AF_INET;
        endpoint->v4.sin_port = htons(port);
        inet_pton(AF_INET, address->text, &endpoint->v4.sin_addr);
        return sizeof endpoint->v4;
    }
    endpoint->v6.sin6_family = AF_INET6;
    endpoint->v6.sin6_port = htons(port);
    inet_pton(AF_INET6, address->text, &endpoint->v6.sin6_addr);
    return sizeof endpoint->v6;
}

int listen_bind(const struct listen_address *address, int type, uint16_t *port)
{
    const int on = 1;
    union endpoint endpoint;
    socklen_t length = make_endpoint(&endpoint, address, *port);
    const int fd = socket(address->family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    if (type == SOCK_STREAM) {
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    }
    if (address->family == AF_INET6) {
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    }
    if (bind(fd, &endpoint.any, length) != 0 || getsockname(fd, &endpoint.any, &length) != 0 ||
        (type == SOCK_STREAM && listen(fd, SOMAXCONN) != 0)) {
        const int err = errno;
        close(fd);
        errno = err;
        return -1;
    }
    *port = ntohs(address->family == AF_INET ? endpoint.v4.sin_port : endpoint.v6.sin6_port);
    return fd;
}

static void drop_address(struct listen_plan *plan, uint32_t index)
{
    plan->at.count--;
    memmove(&plan->at.address[index], &plan->at.address[index + 1],
            (plan->at.count - index) * sizeof plan->at.address[0]);
}

/* All addresses, or none. Returns 0, or the errno of address *failed. */
static int try_port(struct listen_plan *plan, uint16_t port, uint32_t *failed)
{
    uint32_t open = 0;
    int err = 0;

    while (open < plan->at.count && err == 0) {
        plan->fd[open] = listen_bind(&plan->at.address[open], SOCK_STREAM, &port);
        if (plan->fd[open] >= 0) {
            open++;
        } else if (plan->at.address[open].optional && (errno == EADDRNOTAVAIL || errno == EAFNOSUPPORT)) {
            log_info("%s is not available on this machine; going on without it", plan->at.address[open].text);
            drop_address(plan, open);
        } else {
            err = errno;
            *failed = open;
        }
    }
    for (uint32_t i = 0; err && i < open; i++) {
        close(plan->fd[i]);
    }
    plan->port = port;
    return err;
}

static void explain(const struct listen_plan *plan, uint32_t failed, uint32_t port, int err, char *error)
{
    const char *text = plan->at.address[failed].text;
    switch (err) {
    case EADDRINUSE:
        snprintf(error, OPTION_ERROR_MAX,
                 "%s port %u: taken by another program; give another with -p PORT, "
                 "or -p 0 for a free one",
                 text, port);
        break;
    case EACCES:
        snprintf(error, OPTION_ERROR_MAX, "%s port %u: permission denied; give a port from 1024 with -p PORT",
                 text, port);
        break;
    case EADDRNOTAVAIL:
        snprintf(error, OPTION_ERROR_MAX, "%s: not an address of this machine; give another with --bind",
                 text);
        break;
    default:
        snprintf(error, OPTION_ERROR_MAX, "%s port %u: %s; give another with --bind or -p", text, port,
                 strerror(err));
    }
}

enum status listen_open(struct listen_plan *plan, const struct listen_addresses *at, uint32_t port,
                        char error[OPTION_ERROR_MAX])
{
    uint32_t failed = 0;
    int err = EADDRINUSE;

    *plan = (struct listen_plan){.at = *at};
    for (int attempt = 0; attempt < PICK_TRIES && err == EADDRINUSE; attempt++) {
        err = try_port(plan, (uint16_t)port, &failed);
        if (port != 0) {
            break;
        }
    }
    if (err) {
        explain(plan, failed, port, err, error);
        plan->at.count = 0;
    }
    return status_from_errno(err == EADDRINUSE ? EBUSY : err);
}

void listen_close(struct listen_plan *plan)
{
    for (uint32_t i = 0; i < plan->at.count; i++) {
        close(plan->fd[i]);
    }
    plan->at.count = 0;
}

void listen_url(const struct listen_plan *plan, const struct listen_address *address, char *out, size_t size)
{
    const bool v6 = address->family == AF_INET6;
    snprintf(out, size, "%s://%s%s%s:%u", plan->tls ? "https" : "http", v6 ? "[" : "", address->text,
             v6 ? "]" : "", plan->port);
}
