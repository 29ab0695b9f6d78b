/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a target is: its host's addresses (shared/resolve.h), or a service's. */
#ifndef PHICAST_BROADCASTER_SINKS_OSC_RESOLVE_H
#define PHICAST_BROADCASTER_SINKS_OSC_RESOLVE_H

#include "shared/status.h"

#include <netdb.h>
#include <stdbool.h>

struct osc_resolve;

/* Event loop's thread. Begins to ask; addresses written as numbers are answered at once. NULL when out of
 * memory or threads. */
struct osc_resolve *osc_resolve_start(const char *host, const char *port, bool tcp);

/* The same for a service's name, asked of service.h. */
struct osc_resolve *osc_resolve_start_service(const char *name);

/* Event loop's thread. STATUS_NOT_READY: no answer yet. STATUS_OK: *list is the caller's, to be freed with
 * freeaddrinfo, IPv4 addresses first. STATUS_NOT_FOUND: *why (never to be freed) tells, and of
 * services STATUS_IO as well. */
MUST_CHECK enum status osc_resolve_poll(struct osc_resolve *resolve, struct addrinfo **list,
                                        const char **why);

/* The entry of the list with the same address; NULL if there is none. Any thread. */
struct addrinfo *osc_resolve_find(struct addrinfo *list, const struct addrinfo *address);

/* Event loop's thread. Does not wait: a thread that is still asking cleans up after itself. NULL is fine. */
void osc_resolve_end(struct osc_resolve *resolve);

#endif
