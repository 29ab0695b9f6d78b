/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An analysis frame in the shape in which it is published. */
#ifndef PHICAST_JACK_CLIENT_SNAPSHOT_H
#define PHICAST_JACK_CLIENT_SNAPSHOT_H

#include "jack-client/dsp/analysis.h"
#include "shared/rt_safe.h"
#include "shared/telemetry.h"

/* Any thread, RT-safe. What the frame knows; times and breathing are left 0 for the caller. */
RT_SAFE void snapshot_from_frame(struct metrics_snapshot *snapshot, const struct analysis_frame *frame,
                                 uint32_t channels);

#endif
