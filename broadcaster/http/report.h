/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gathers what /api/status tells. Event loop's thread. */
#ifndef PHICAST_BROADCASTER_HTTP_REPORT_H
#define PHICAST_BROADCASTER_HTTP_REPORT_H

#include "broadcaster/stream/hub.h"
#include "shared/json/reports.h"

#include <stdint.h>

/* The report points into the hub: print it before the hub's next beat. started_us: CLOCK_MONOTONIC. */
struct server_report report_make(const struct hub *hub, uint64_t now_us, uint64_t started_us);

#endif
