/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What Home Assistant is told by MQTT: which entities there are (its discovery), and their values. The table
 * of metrics and that of commands say which: those metrics that no command sets are sensors, and commands are
 * numbers, switches and a button, that show what was set. Pure, any thread. */
#ifndef PHICAST_SHARED_JSON_HOMEASSISTANT_H
#define PHICAST_SHARED_JSON_HOMEASSISTANT_H

#include "shared/json/messages.h"
#include "shared/status.h"
#include "shared/telemetry.h"

#include <stdint.h>

enum { HA_TOPIC_MAX = 384, HA_EXPIRE_S = 5 };

/* What the discovery is about. */
struct ha_device {
    const char *name; /* the analyser's */
    const char *base; /* the topics are BASE/homeassistant, BASE/status, BASE/set/... */
};

/* The message that makes entity `number`, counted from 0, and its topic. STATUS_NOT_FOUND: there is none of
 * that number; STATUS_NO_MEMORY. */
MUST_CHECK enum status message_ha_config(struct message *message, char topic[HA_TOPIC_MAX],
                                         const struct ha_device *device, uint32_t number);

/* The values. state: the sound's; analyser: NULL when unknown. */
MUST_CHECK enum status message_ha_values(struct message *message, const struct metrics_snapshot *frame,
                                         uint32_t state, const struct analyser_status *analyser);

#endif
