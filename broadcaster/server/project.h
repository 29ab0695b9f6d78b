/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a session keeps of the broadcaster: its options, with the OSC targets as they are now. Those that are
 * kept for every start (POST /api/osc/targets, keep) are not the session's. Event loop's thread. */
#ifndef PHICAST_BROADCASTER_SERVER_PROJECT_H
#define PHICAST_BROADCASTER_SERVER_PROJECT_H

#include "broadcaster/server/server_state.h"

/* Tells the session manager, now and then, whether there is something to be saved. */
void project_beat(struct server *server, uint64_t now_us);

/* Saves it, and answers. */
void project_save(struct server *server);

#endif
