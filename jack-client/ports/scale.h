/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A number as a part of its range: what voltages and controllers carry. */
#ifndef PHICAST_JACK_CLIENT_PORTS_SCALE_H
#define PHICAST_JACK_CLIENT_PORTS_SCALE_H

#include "shared/rt_safe.h"

#include <math.h>
#include <stdbool.h>

/* 0 at `low` and below, 1 at `high` and above; 0 for what is no number. octaves: ratios count between them,
 * and low > 0. */
RT_SAFE static inline double scale_to_unit(double value, double low, double high, bool octaves)
{
    if (!(value > low)) {
        return 0;
    }
    const double part = octaves ? log(value / low) / log(high / low) : (value - low) / (high - low);
    return part < 1 ? part : 1;
}

#endif
