/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The address space of our OSC as JSON, in the words of the OSCQuery proposal: a node for each number of the
 * table of metrics, for each channel's name, and for each command that OSC takes. */
#ifndef PHICAST_SHARED_JSON_OSCQUERY_H
#define PHICAST_SHARED_JSON_OSCQUERY_H

#include "shared/json/reports.h"
#include "shared/status.h"
#include "shared/telemetry.h"

#include <stdint.h>

/* What the nodes tell of. */
struct osc_space {
    const struct server_report *report;
    const struct metrics_snapshot *frame; /* whose channels and bands there are; its counts must be good */
};

/* For a message: what a node may have. */
#define OSC_ATTRIBUTES "FULL_PATH, ACCESS, CONTENTS, TYPE, VALUE, RANGE, CLIPMODE, UNIT, DESCRIPTION"

/* Each replaces the text of `message`, or leaves it alone. */

/* Who we are, where OSC is listened to, and what of the proposal there is. STATUS_NO_MEMORY. */
MUST_CHECK enum status message_host_info(struct message *message, const struct osc_space *space);

/* The node at `path` with all below it, or of its attributes that one (NULL: all). *parts: what of its
 * numbers is measured on request, bits of PARTS_ALL. STATUS_NOT_FOUND: there is no such node.
 * STATUS_BAD_ARG: nodes have no such attribute. STATUS_EMPTY: this one has not. STATUS_NO_MEMORY. */
MUST_CHECK enum status message_node(struct message *message, const struct osc_space *space, const char *path,
                                    const char *attribute, uint32_t *parts);

#endif
