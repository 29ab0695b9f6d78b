/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --discover: who else is on the network. */
#ifndef PHICAST_BROADCASTER_DISCOVER_H
#define PHICAST_BROADCASTER_DISCOVER_H

#include "shared/options.h"
#include "shared/status.h"

#include <stdio.h>

/* Looks for broadcasters and OSC receivers for some seconds, or until SIGINT or SIGTERM, which it blocks, and
 * writes a line about each to `out`, sorted. On a terminal standard error shows how far it is. Nobody there
 * is no failure. STATUS_NOT_FOUND: there is no Avahi to ask; STATUS_NO_MEMORY; `error` says it in words. */
MUST_CHECK enum status discover_run(FILE *out, char error[OPTION_ERROR_MAX]);

#endif
