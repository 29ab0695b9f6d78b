/* SPDX-License-Identifier: GPL-3.0-or-later */
/* OSC targets that are looked at, added and removed while the program runs: /api/osc/targets, and one of
 * them, /api/osc/targets/ID. Who may is access.h's to say. Event loop's thread. */
#ifndef PHICAST_BROADCASTER_HTTP_TARGETS_H
#define PHICAST_BROADCASTER_HTTP_TARGETS_H

#include "broadcaster/http/reply.h"
#include "broadcaster/stream/hub.h"
#include "shared/json/reports.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TARGETS_PATH "/api/osc/targets"

/* The id in the path of one target; 0: it is no such path. Whether there is that target is not looked at. */
uint32_t targets_id(const char *path);

/* Each fills the answer, whose text is in `scratch`. id 0: all of them. The second returns the new one's id;
 * 0: none was made. */
void targets_get(const struct osc_report *report, uint32_t id, struct message *scratch, struct reply *reply);
uint32_t targets_post(struct hub *hub, const char *body, size_t length, struct message *scratch,
                      struct reply *reply);
void targets_delete(struct hub *hub, uint32_t id, struct message *scratch, struct reply *reply);

#endif
