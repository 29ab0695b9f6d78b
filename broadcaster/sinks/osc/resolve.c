/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/sinks/osc/resolve.h"

#include "broadcaster/sinks/osc/choice.h"
#include "broadcaster/sinks/osc/service.h"
#include "shared/resolve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct osc_resolve {
    struct resolve *host; /* NULL: a service is looked for, */
    char service[OSC_HOST_MAX];
};

struct osc_resolve *osc_resolve_start(const char *host, const char *port, bool tcp)
{
    struct osc_resolve *resolve = calloc(1, sizeof *resolve);
    if (resolve) {
        resolve->host = resolve_start(host, port, tcp);
    }
    if (resolve && !resolve->host) {
        free(resolve);
        return NULL;
    }
    return resolve;
}

struct osc_resolve *osc_resolve_start_service(const char *name)
{
    struct osc_resolve *resolve = calloc(1, sizeof *resolve);
    if (resolve) {
        snprintf(resolve->service, sizeof resolve->service, "%s", name);
    }
    return resolve;
}

enum status osc_resolve_poll(struct osc_resolve *resolve, struct addrinfo **list, const char **why)
{
    return resolve->host ? resolve_poll(resolve->host, list, why)
                         : osc_service_find(resolve->service, list, why);
}

struct addrinfo *osc_resolve_find(struct addrinfo *list, const struct addrinfo *address)
{
    while (list && (list->ai_addrlen != address->ai_addrlen ||
                    memcmp(list->ai_addr, address->ai_addr, list->ai_addrlen) != 0)) {
        list = list->ai_next;
    }
    return list;
}

void osc_resolve_end(struct osc_resolve *resolve)
{
    if (resolve) {
        resolve_end(resolve->host);
        free(resolve);
    }
}
