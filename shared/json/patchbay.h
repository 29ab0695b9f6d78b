/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What can feed the channels, and does, as JSON text. */
#ifndef PHICAST_SHARED_JSON_PATCHBAY_H
#define PHICAST_SHARED_JSON_PATCHBAY_H

#include "shared/json/messages.h"
#include "shared/status.h"
#include "shared/telemetry.h"

#include <stdint.h>

/* {"channels":n,"sources":[{"name":"...","feeds":[...]},...],"more":n}. channels: how many there are, up to
 * CHANNELS_MAX. STATUS_NO_MEMORY. Any thread. */
MUST_CHECK enum status message_patchbay(struct message *message, const struct patchbay *patchbay,
                                        uint32_t channels);

#endif
