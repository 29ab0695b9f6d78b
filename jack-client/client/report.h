/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the control thread publishes beside the metrics: latency and status. Control thread. */
#ifndef PHICAST_JACK_CLIENT_CLIENT_REPORT_H
#define PHICAST_JACK_CLIENT_CLIENT_REPORT_H

#include "jack-client/client/calibration.h"
#include "jack-client/client/session.h"
#include "shared/telemetry.h"

/* session->client may be NULL: there is no server then. stalled: there is one, but it stands still. */
void report_write(struct telemetry *telemetry, const struct session *session, bool stalled,
                  const struct calibration *calibration);

#endif
