/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JACK's clock against the system's. Control thread. */
#ifndef PHICAST_JACK_CLIENT_CLIENT_CLOCKS_H
#define PHICAST_JACK_CLIENT_CLIENT_CLOCKS_H

#include "jack-client/client/clock_map.h"
#include "jack-client/rt/process.h"

#include <stdint.h>

/* Start from {0}. */
struct clocks {
    struct clock_map real;      /* CLOCK_REALTIME */
    struct clock_map monotonic; /* CLOCK_MONOTONIC */
};

/* CLOCK_MONOTONIC in ms. */
uint64_t clocks_now_ms(void);

/* Reads the clocks, and hands the offsets to the RT thread. Logs steps. Only with a client open: before the
 * first one JACK2 has no clock, and would crash. */
void clocks_update(struct clocks *clocks, struct rt_inputs *inputs);

#endif
