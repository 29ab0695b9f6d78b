/* SPDX-License-Identifier: GPL-3.0-or-later */
/* OSC messages as bytes, made by liblo. */
#ifndef PHICAST_BROADCASTER_OSC_PACK_H
#define PHICAST_BROADCASTER_OSC_PACK_H

#include "shared/osc_space.h"
#include "shared/status.h"

#include <stddef.h>

/* What an Ethernet frame carries, with room to spare for tunnels. */
enum { OSC_PACKET_MAX = 1400 };

struct osc_packet {
    size_t length;
    unsigned char bytes[OSC_PACKET_MAX];
};

/* Each makes one message. STATUS_BAD_ARG: it is too long for a packet. STATUS_NO_MEMORY. */

/* Without arguments. */
MUST_CHECK enum status osc_pack_plain(struct osc_packet *packet, const char *address);

/* With that one. */
MUST_CHECK enum status osc_pack_value(struct osc_packet *packet, const char *address,
                                      const struct osc_value *value);

/* Of what liblo has put together (a lo_message), which stays the caller's. */
MUST_CHECK enum status osc_pack_message(struct osc_packet *packet, void *message, const char *address);

#endif
