/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which requests a server should answer at all. Pure.
 *
 * Any web page can make a browser talk to 127.0.0.1. Two headers that the browser sets, and a page cannot,
 * give it away: Host (a page that rebound its own name to 127.0.0.1 still sends that name) and Origin. */
#ifndef PHICAST_BROADCASTER_GUARD_H
#define PHICAST_BROADCASTER_GUARD_H

#include <stdbool.h>

/* Whether a Host header ("localhost:8000", "127.0.0.1", "[::1]:8000") names this machine's loopback. */
bool guard_host_allowed(const char *host);

/* Whether a page of that origin may open a stream: loopback pages, on any port, and "null" (a local file).
 * Programs that are no browsers send none, and are not asked. */
bool guard_origin_allowed(const char *origin);

/* Whether a page of that origin may change anything: as above, but not "null", which any page can bring
 * about. */
bool guard_origin_may_post(const char *origin);

/* A Host header of an IP address: no name that somebody else could point here. */
bool guard_host_is_address(const char *host);

/* A Host header of that name, or of that name in .local. */
bool guard_host_is(const char *host, const char *wanted);

/* The host of an origin, http://host[:port] or https://; NULL if it is none. */
const char *guard_origin_host(const char *origin);

/* Whether a page of that origin came from the Host that it asks now. */
bool guard_origin_is_own(const char *origin, const char *host);

#endif
