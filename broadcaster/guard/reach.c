/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/guard/reach.h"

#include "shared/log.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>

static void add(struct reach *reach, const struct listen_plan *plan, const struct listen_address *address)
{
    char url[REACH_URL_MAX];
    listen_url(plan, address, url, sizeof url);
    for (uint32_t i = 0; i < reach->count; i++) {
        if (strcmp(reach->url[i], url) == 0) {
            return;
        }
    }
    if (address->reachable && reach->count < REACH_MAX) {
        memcpy(reach->url[reach->count++], url, sizeof url);
    }
}

/* An interface's address as text; one with an interface's name behind it is none that listen_parse takes. */
static bool read_address(const struct ifaddrs *at, struct listen_address *address)
{
    char text[NI_MAXHOST];
    const socklen_t length =
        at->ifa_addr->sa_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    return getnameinfo(at->ifa_addr, length, text, sizeof text, NULL, 0, NI_NUMERICHOST) == 0 &&
           listen_parse(text, address) == STATUS_OK;
}

static void add_interfaces(struct reach *reach, const struct listen_plan *plan, int family)
{
    struct ifaddrs *all;
    struct listen_address address;
    if (getifaddrs(&all) != 0) {
        log_warning("this machine's addresses are not known: %s", strerror(errno));
        return;
    }
    for (const struct ifaddrs *at = all; at; at = at->ifa_next) {
        if (at->ifa_addr && at->ifa_addr->sa_family == family && (at->ifa_flags & IFF_UP) != 0 &&
            read_address(at, &address)) {
            add(reach, plan, &address);
        }
    }
    freeifaddrs(all);
}

void reach_find(struct reach *reach, const struct listen_plan *plan)
{
    reach->count = 0;
    for (uint32_t i = 0; i < plan->at.count; i++) {
        const struct listen_address *address = &plan->at.address[i];
        if (strcmp(address->text, "0.0.0.0") == 0 || strcmp(address->text, "::") == 0) {
            add_interfaces(reach, plan, address->family);
        } else {
            add(reach, plan, address);
        }
    }
}
