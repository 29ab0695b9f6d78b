/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How often something happened in the last whole second. */
#ifndef PHICAST_BROADCASTER_STREAM_METER_H
#define PHICAST_BROADCASTER_STREAM_METER_H

#include <stdint.h>

struct meter {
    uint64_t second; /* of CLOCK_MONOTONIC */
    uint32_t count;
    uint32_t rate_hz;
};

static inline void meter_count(struct meter *meter, uint64_t now_us)
{
    const uint64_t second = now_us / 1000000U;
    if (second != meter->second) {
        meter->rate_hz = second == meter->second + 1 ? meter->count : 0;
        meter->second = second;
        meter->count = 0;
    }
    meter->count++;
}

#endif
