/* SPDX-License-Identifier: GPL-3.0-or-later */
/* By which addresses other machines reach us, as far as this machine knows. Event loop's thread. */
#ifndef PHICAST_BROADCASTER_GUARD_REACH_H
#define PHICAST_BROADCASTER_GUARD_REACH_H

#include "broadcaster/guard/listen.h"

#include <stdint.h>

enum { REACH_MAX = 32, REACH_URL_MAX = 64 + INET6_ADDRSTRLEN };

struct reach {
    uint32_t count;
    char url[REACH_MAX][REACH_URL_MAX]; /* as listen_url prints them */
};

/* Those that are listened on; for 0.0.0.0 and ::, those that the machine's interfaces have at present. None
 * of loopback's, nor of those that mean nothing without an interface's name (fe80::1%eth0). */
void reach_find(struct reach *reach, const struct listen_plan *plan);

#endif
