/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The same as /api/status, as Prometheus reads it (text format 0.0.4). */
#ifndef PHICAST_BROADCASTER_HTTP_PROMETHEUS_H
#define PHICAST_BROADCASTER_HTTP_PROMETHEUS_H

#include "broadcaster/guard/limits.h"
#include "shared/json/reports.h"

extern const char prometheus_type[]; /* the body's content type */

/* Replaces the text of `message`. report->osc must be there. STATUS_NO_MEMORY. */
MUST_CHECK enum status prometheus_print(struct message *message, const struct server_report *report,
                                        const struct limits *limits);

#endif
