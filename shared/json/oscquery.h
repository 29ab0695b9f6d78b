/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The address space of our OSC as JSON, in the words of the OSCQuery proposal, and what its clients say. */
#ifndef PHICAST_SHARED_JSON_OSCQUERY_H
#define PHICAST_SHARED_JSON_OSCQUERY_H

#include "shared/json/reports.h"
#include "shared/osc_space.h"
#include "shared/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* For a message: what a node may have. */
#define OSC_ATTRIBUTES "FULL_PATH, ACCESS, CONTENTS, TYPE, VALUE, RANGE, CLIPMODE, UNIT, DESCRIPTION"

/* Each replaces the text of `message`, or leaves it alone. */

/* Who we are, where OSC and WebSockets (0: at the port that HTTP is at) are listened to, and what of the
 * proposal there is. STATUS_NO_MEMORY. */
MUST_CHECK enum status message_host_info(struct message *message, const struct server_report *report,
                                         uint32_t ws_port);

/* The node at `path` with all below it, or of its attributes that one (NULL: all). *parts: what of its
 * numbers is measured on request, bits of PARTS_ALL. STATUS_NOT_FOUND: there is no such node.
 * STATUS_BAD_ARG: nodes have no such attribute. STATUS_EMPTY: this one has not. STATUS_NO_MEMORY. */
MUST_CHECK enum status message_node(struct message *message, const struct osc_space *space, const char *path,
                                    const char *attribute, uint32_t *parts);

/* What a client of the WebSocket says. */
struct osc_order {
    bool listen; /* or ignore */
    char path[OSC_PATH_MAX];
};

/* {"COMMAND":"LISTEN","DATA":"/phicast/ici"}, or IGNORE. STATUS_CORRUPT: not JSON. STATUS_BAD_ARG: no such
 * command, or of no such address as there could be. STATUS_NO_MEMORY. Any thread. */
MUST_CHECK enum status osc_order_read(struct osc_order *order, const char *text, size_t length);

#endif
