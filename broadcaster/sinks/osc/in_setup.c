/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/guard/listen.h"
#include "broadcaster/sinks/osc/in.h"
#include "shared/log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Each try fails only if the port the kernel picked for one address is in use on another. */
enum { PICK_TRIES = 32 };

/* Returns the socket, and in *port the port it got; or -1 with errno. */
static int bind_one(const struct listen_address *address, uint16_t *port)
{
    const int on = 1;
    struct sockaddr_storage end = {0};
    struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)&end;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)&end;
    const bool is_v4 = address->family == AF_INET;
    socklen_t length = is_v4 ? sizeof *v4 : sizeof *v6;
    const int fd = socket(address->family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    end.ss_family = (sa_family_t)address->family;
    if (is_v4) {
        v4->sin_port = htons(*port);
        inet_pton(AF_INET, address->text, &v4->sin_addr);
    } else {
        v6->sin6_port = htons(*port);
        inet_pton(AF_INET6, address->text, &v6->sin6_addr);
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    }
    if (bind(fd, (struct sockaddr *)&end, length) != 0 ||
        getsockname(fd, (struct sockaddr *)&end, &length) != 0) {
        const int err = errno;
        close(fd);
        errno = err;
        return -1;
    }
    *port = ntohs(is_v4 ? v4->sin_port : v6->sin6_port);
    return fd;
}

/* Returns 0, or the errno of address *failed, and then nothing is open. */
static int bind_all(struct osc_in *in, const struct listen_address *addresses, uint32_t count, uint16_t port,
                    uint32_t *failed)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct listen_address *address = &addresses[i];
        const bool v6 = address->family == AF_INET6;
        const int fd = bind_one(address, &port);
        if (fd < 0 && address->optional && (errno == EADDRNOTAVAIL || errno == EAFNOSUPPORT)) {
            continue;
        }
        if (fd < 0) {
            const int err = errno;
            *failed = i;
            osc_in_close(in);
            return err;
        }
        snprintf(in->url[in->count], sizeof in->url[0], "osc.udp://%s%s%s:%u", v6 ? "[" : "", address->text,
                 v6 ? "]" : "", port);
        in->fd[in->count++] = fd;
    }
    return 0;
}

static enum status read_addresses(struct listen_address *addresses, uint32_t *count,
                                  const struct option_list *bind, char *error)
{
    if (bind->count == 0) {
        addresses[0] = (struct listen_address){.family = AF_INET, .text = "127.0.0.1"};
        addresses[1] = (struct listen_address){.family = AF_INET6, .text = "::1", .optional = true};
        *count = 2;
        return STATUS_OK;
    }
    for (uint32_t i = 0; i < bind->count; i++) {
        const enum status status = listen_parse(bind->item[i], &addresses[i]);
        if (status == STATUS_BAD_ARG) {
            snprintf(error, OPTION_ERROR_MAX,
                     "--osc-bind %.64s: not an IP address; give one such as 127.0.0.1 or ::1", bind->item[i]);
            return status;
        }
        if (status == STATUS_NO_ACCESS) {
            log_warning("--osc-bind %s: whoever reaches this address can move what OSC moves", bind->item[i]);
        }
    }
    *count = bind->count;
    return STATUS_OK;
}

enum status osc_in_open(struct osc_in *in, struct remote *remote, uint32_t port,
                        const struct option_list *bind, char error[OPTION_ERROR_MAX])
{
    struct listen_address addresses[OPTION_LIST_MAX];
    uint32_t count = 0;
    uint32_t failed = 0;
    int err = EADDRINUSE;

    *in = (struct osc_in){.remote = remote};
    const enum status status = read_addresses(addresses, &count, bind, error);
    if (status) {
        return status;
    }
    for (int attempt = 0; attempt < PICK_TRIES && err == EADDRINUSE; attempt++) {
        err = bind_all(in, addresses, count, (uint16_t)port, &failed);
        if (port != 0) {
            break;
        }
    }
    if (err == EADDRINUSE) {
        snprintf(
            error, OPTION_ERROR_MAX,
            "%s UDP port %u: taken by another program; give another with --osc-listen PORT, or 0 for a free "
            "one",
            addresses[failed].text, port);
        return STATUS_BUSY;
    }
    if (err) {
        snprintf(error, OPTION_ERROR_MAX, "%s UDP port %u: %s; give another with --osc-bind or --osc-listen",
                 addresses[failed].text, port, strerror(err));
    }
    return status_from_errno(err);
}

void osc_in_close(struct osc_in *in)
{
    for (uint32_t i = 0; i < in->count; i++) {
        close(in->fd[i]);
    }
    in->count = 0;
}
