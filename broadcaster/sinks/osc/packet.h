/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Events, metrics and names as OSC packets. */
#ifndef PHICAST_BROADCASTER_SINKS_OSC_PACKET_H
#define PHICAST_BROADCASTER_SINKS_OSC_PACKET_H

#include "broadcaster/osc/pack.h"
#include "broadcaster/sinks/osc/map.h"
#include "shared/event.h"
#include "shared/status.h"
#include "shared/telemetry.h"

#include <stdbool.h>
#include <stdint.h>

/* The most that a target has been sent: what vanishes is told to be silent. */
struct osc_extent {
    uint32_t channels;
    uint32_t bands;
    bool channel_bands; /* bands of each channel */
};

/* PREFIX/event/TYPE (an onset: PREFIX/onset, its band counted from 1) with the strings and floats of the wire
 * contract, in its order; the timestamp only as the timetag of a bundle around it if `dated`. STATUS_CORRUPT:
 * fails event_check. STATUS_NO_MEMORY. */
MUST_CHECK enum status osc_pack_event(struct osc_packet *packet, const struct event *event,
                                      const char *prefix, bool dated);

/* One frame as a bundle, or as several if it does not fit in one packet: fills one packet, starting at
 * row *next (0 at first), which moves on; call until it is map->count. Rows of more channels or bands than
 * `most` are left out. The packet is empty (length 0) if there was no row left to send. STATUS_NO_MEMORY. */
MUST_CHECK enum status osc_pack_frame(struct osc_packet *packet, const struct osc_map *map, uint32_t *next,
                                      const struct metrics_snapshot *frame, struct osc_extent most,
                                      bool dated);

/* The same, one row as a message of its own. */
MUST_CHECK enum status osc_pack_row(struct osc_packet *packet, const struct osc_map *map, uint32_t *next,
                                    const struct metrics_snapshot *frame, struct osc_extent most);

/* PREFIX/channel/N/name with the name, which may be empty; channel counts from 0, N from 1. STATUS_NO_MEMORY.
 */
MUST_CHECK enum status osc_pack_name(struct osc_packet *packet, const char *prefix, uint32_t channel,
                                     const char *name);

#endif
