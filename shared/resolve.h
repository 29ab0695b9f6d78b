/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Turns a host's name into addresses without holding anybody up: the system's resolver blocks, for half a
 * minute if a name server is dead, so each name is asked for in a thread of its own. */
#ifndef PHICAST_SHARED_RESOLVE_H
#define PHICAST_SHARED_RESOLVE_H

#include "shared/status.h"

#include <netdb.h>
#include <stdbool.h>

enum { RESOLVE_MAX = 64 }; /* names that are being asked for at a time */

struct resolve;

/* All but the last: one thread, the event loop's. */

/* Begins to ask; addresses written as numbers are answered at once. NULL when out of memory or threads. */
struct resolve *resolve_start(const char *host, const char *port, bool tcp);

/* STATUS_NOT_READY: no answer yet. STATUS_OK: *list is the caller's, to be freed with freeaddrinfo, IPv4
 * addresses first. STATUS_NOT_FOUND: *why (never to be freed) tells. */
MUST_CHECK enum status resolve_poll(struct resolve *resolve, struct addrinfo **list, const char **why);

/* Does not wait: a thread that is still asking cleans up after itself. NULL is fine. */
void resolve_end(struct resolve *resolve);

/* The address as people write it. Any thread. */
void resolve_number(const struct addrinfo *address, char *out, size_t size);

#endif
