/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/band.h"

#include <math.h>

double band_edge(uint32_t band, uint32_t count, double sample_rate)
{
    const double high = fmin(BAND_HIGH, BAND_SHARE * sample_rate);
    return BAND_LOW * pow(high / BAND_LOW, (double)band / count);
}
