/* SPDX-License-Identifier: GPL-3.0-or-later */
/* WLED's audio sync, version 2 (WLED 0.14 and later): what a WLED device with a microphone tells those
 * without.
 *
 * 44 bytes, little end first: "00002\0"; 2 of the sound's pressure; float volume and float volume smoothed,
 * 0...255; peak, 0 or 1; a counter; 16 bytes of spectrum, from 43 Hz to 9.3 kHz; the zero crossings within 23
 * ms; float magnitude and float frequency of the strongest partial. Pure. */
#ifndef PHICAST_BROADCASTER_SINKS_WLED_PACKET_H
#define PHICAST_BROADCASTER_SINKS_WLED_PACKET_H

#include "shared/telemetry.h"

#include <stdbool.h>
#include <stdint.h>

enum { WLED_PACKET = 44, WLED_COLUMNS = 16 };

/* What goes from packet to packet. Start from {0}. */
struct wled_state {
    uint8_t counter;
    float smooth; /* volume */
};

/* The packet for that frame, of an analyser at that sample rate; onset: something has begun since the last.
 */
void wled_pack(struct wled_state *state, const struct metrics_snapshot *frame, uint32_t sample_rate,
               bool onset, unsigned char packet[WLED_PACKET]);

#endif
