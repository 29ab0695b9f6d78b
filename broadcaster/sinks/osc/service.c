/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/sinks/osc/service.h"

#include "broadcaster/zeroconf/zeroconf.h"

#include <stdio.h>

enum { ADDRESSES_MAX = 16 };

static struct zeroconf *lookout; /* NULL: nobody has asked yet */

/* As numbers, so that getaddrinfo asks nobody. */
static struct addrinfo *make_list(const struct zeroconf_service *found, uint32_t count)
{
    const struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
    struct addrinfo *list = NULL;
    struct addrinfo **end = &list;
    for (uint32_t i = 0; i < count; i++) {
        char port[8];
        snprintf(port, sizeof port, "%u", found[i].port);
        if (found[i].address[0] != '\0' && getaddrinfo(found[i].address, port, &hints, end) == 0) {
            end = &(*end)->ai_next; /* a number gives one */
        }
    }
    return list;
}

/* IPv4 goes first, so it is given the time to be found. */
static bool has_pending(const struct zeroconf_service *found, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (found[i].pending) {
            return true;
        }
    }
    return false;
}

enum status osc_service_find(const char *name, struct addrinfo **list, const char **why)
{
    static char detail[OPTION_ERROR_MAX];
    const struct zeroconf_wish wish = {.type = {"_osc._udp"}};
    struct zeroconf_service found[ADDRESSES_MAX];
    lookout = lookout ? lookout : zeroconf_open(&wish);
    *why = lookout ? detail : "out of memory, descriptors or threads";
    if (!lookout) {
        return STATUS_IO;
    }
    const enum zeroconf_state state = zeroconf_look(lookout, detail);
    if (state == ZEROCONF_WAITING) {
        return STATUS_IO;
    }
    const uint32_t count = zeroconf_found(lookout, name, found, ADDRESSES_MAX);
    if (count == 0 ? !zeroconf_is_settled(lookout) : has_pending(found, count)) {
        return STATUS_NOT_READY;
    }
    *list = make_list(found, count);
    *why =
        count == 0 ? "no service of that name is announced" : "the service is announced without an address";
    return *list ? STATUS_OK : STATUS_NOT_FOUND;
}

uint32_t osc_service_changes(void)
{
    return lookout ? zeroconf_changes(lookout) : 0;
}

void osc_service_close(void)
{
    zeroconf_close(lookout);
    lookout = NULL;
}
