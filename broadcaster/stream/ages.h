/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How old the sound is that leaves for the network: the software part of the latency message. Pure. */
#ifndef PHICAST_BROADCASTER_STREAM_AGES_H
#define PHICAST_BROADCASTER_STREAM_AGES_H

#include "shared/json/messages.h"
#include "shared/telemetry.h"

#include <stdint.h>

/* More frames than this within a second are more than any stream sends; the oldest are forgotten. */
enum { LATENCY_SAMPLES = 128 };

/* Start from {0}. */
struct ages {
    struct {
        uint64_t at_us;
        double age_ms;
    } sample[LATENCY_SAMPLES];
    uint64_t count; /* ever added */
};

/* A frame whose window's centre stood at centre_us was handed to the sockets at now_us (CLOCK_MONOTONIC).
 * With periods longer than half a window a card's centre lies ahead (its capture latency is as long as the
 * period): then the age is below 0, and only with the hardware's latency makes a sum above. */
void ages_add(struct ages *window, uint64_t now_us, uint64_t centre_us);

/* Mean age in ms of the frames handed over in the second up to now_us; 0 if there was none. */
double ages_mean_ms(const struct ages *window, uint64_t now_us);

/* The latency message: from what the graph says, how old frames are when sent, and the newest frame. */
struct latency_report latency_describe(const struct latency_snapshot *graph, double software_ms,
                                       const struct metrics_snapshot *newest, double timestamp);

#endif
