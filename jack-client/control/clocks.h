/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JACK's clock against the system's. Control thread. */
#ifndef PHICAST_JACK_CLIENT_CONTROL_CLOCKS_H
#define PHICAST_JACK_CLIENT_CONTROL_CLOCKS_H

#include "jack-client/rt/process.h"

#include <stdint.h>

/* CLOCK_MONOTONIC in ms. */
uint64_t clocks_now_ms(void);

/* Measures both offsets and hands them to the RT thread. Only with a client open: before the first one JACK2
 * has no clock, and would crash. */
void clocks_update(struct rt_inputs *inputs);

#endif
