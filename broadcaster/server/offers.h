/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the network is told of us, where other machines can reach it. */
#ifndef PHICAST_BROADCASTER_SERVER_OFFERS_H
#define PHICAST_BROADCASTER_SERVER_OFFERS_H

#include "broadcaster/server/server_state.h"

/* Event loop's thread, once all is open and privileges are dropped: begins to announce it, and lets the site
 * tell of that. Of no consequence for anything else, whatever comes of it. */
void offers_open(struct server *server);
void offers_close(struct server *server);

/* Descriptors that it takes. */
uint32_t offers_descriptors(const struct broadcaster_options *options);

#endif
