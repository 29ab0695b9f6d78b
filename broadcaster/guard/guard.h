/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which requests a server should answer at all. Pure.
 *
 * Any web page can make a browser talk to 127.0.0.1. Two headers that the browser sets, and a page cannot,
 * give it away: Host (a page that rebound its own name to 127.0.0.1 still sends that name) and Origin.
 * Where a port is left out, the scheme's own is meant. */
#ifndef PHICAST_BROADCASTER_GUARD_GUARD_H
#define PHICAST_BROADCASTER_GUARD_GUARD_H

#include <stdbool.h>

/* Whether a Host header ("localhost:8000", "127.0.0.1", "[::1]:8000") names this machine's loopback. */
bool guard_host_is_loopback(const char *host);

/* A Host header of an IP address: no name that somebody else could point here. */
bool guard_host_is_address(const char *host);

/* A Host header of that name, or of that name in .local. */
bool guard_host_is(const char *host, const char *wanted);

/* Whether a browser could ever send that origin: http://HOST[:PORT], https://HOST[:PORT], or a file's. */
bool guard_origin_is_one(const char *origin);

/* Whether it is that of a page which was opened from a file: "null", or "file://" as some browsers say. Any
 * page can bring "null" about. */
bool guard_origin_is_file(const char *origin);

/* Whether the two are the same. */
bool guard_origins_match(const char *a, const char *b);

/* Whether a page of that origin came from this machine's loopback, by any port. */
bool guard_origin_is_loopback(const char *origin);

/* Whether a page of that origin came from the Host that it asks now. */
bool guard_origin_is_at(const char *origin, const char *host);

#endif
