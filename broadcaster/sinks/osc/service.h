/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where targets are that are given by the name of a service (zeroconf:NAME): one look-out for _osc._udp,
 * which begins with the first of them. All functions: the event loop's thread; none waits. */
#ifndef PHICAST_BROADCASTER_SINKS_OSC_SERVICE_H
#define PHICAST_BROADCASTER_SINKS_OSC_SERVICE_H

#include "shared/status.h"

#include <netdb.h>
#include <stdint.h>

/* As osc_resolve_poll: STATUS_OK, *list is the caller's. STATUS_NOT_READY: it may yet answer.
 * STATUS_NOT_FOUND: it is not announced. STATUS_IO: there is no Avahi to ask. *why, never to be freed, holds
 * until the next call.
 */
MUST_CHECK enum status osc_service_find(const char *name, struct addrinfo **list, const char **why);

/* Moves on whenever another answer may be had. */
uint32_t osc_service_changes(void);

/* Ends the look-out, if there is one. */
void osc_service_close(void);

#endif
