/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where to listen: addresses, with one port on all of them, and the sockets. Control thread. */
#ifndef PHICAST_BROADCASTER_GUARD_LISTEN_H
#define PHICAST_BROADCASTER_GUARD_LISTEN_H

#include "shared/options.h"
#include "shared/status.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

struct listen_address {
    int family;                  /* AF_INET or AF_INET6 */
    bool optional;               /* do without it if this machine does not have it */
    bool reachable;              /* from other machines */
    char text[INET6_ADDRSTRLEN]; /* as inet_ntop prints it */
};

struct listen_addresses {
    uint32_t count;
    struct listen_address address[OPTION_LIST_MAX];
};

struct listen_plan {
    struct listen_addresses at;
    bool tls;
    uint16_t port;           /* the same on every address */
    int fd[OPTION_LIST_MAX]; /* one an address, which listens and does not block */
};

/* STATUS_BAD_ARG: not a numeric IP address. */
MUST_CHECK enum status listen_parse(const char *text, struct listen_address *address);

/* What an option (--bind, --osc-bind) gives; nothing means both loopbacks. STATUS_BAD_ARG: `error` names the
 * option and the cure. */
MUST_CHECK enum status listen_read(struct listen_addresses *at, const char *option,
                                   const struct option_list *texts, char error[OPTION_ERROR_MAX]);

/* Whether one of them is reachable from other machines; the first that is, or NULL. */
const struct listen_address *listen_find_reachable(const struct listen_addresses *at);

/* A socket bound there, which does not block, of type SOCK_STREAM or SOCK_DGRAM; *port becomes what it got.
 * -1 with errno. */
int listen_bind(const struct listen_address *address, int type, uint16_t *port);

/* Listens on the given port, or for 0 on one that is free on all addresses. Optional addresses that this
 * machine lacks are left out, with a line in the log. On failure nothing
 * is open, and `error` names the address, the port and the cure: STATUS_BUSY, STATUS_NO_ACCESS, STATUS_IO. */
MUST_CHECK enum status listen_open(struct listen_plan *plan, const struct listen_addresses *at, uint32_t port,
                                   char error[OPTION_ERROR_MAX]);

/* A plan of all zeros is fine. */
void listen_close(struct listen_plan *plan);

/* Of one of its addresses, or of another that it is reached by: "http://127.0.0.1:8000" or
 * "http://[::1]:8000"; https:// with TLS. */
void listen_url(const struct listen_plan *plan, const struct listen_address *address, char *out, size_t size);

#endif
