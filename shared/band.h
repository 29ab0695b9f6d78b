/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bands of frequency, spaced evenly in its logarithm from BAND_LOW to min(BAND_HIGH, BAND_SHARE * sample
 * rate). Pure. */
#ifndef PHICAST_SHARED_BAND_H
#define PHICAST_SHARED_BAND_H

#include <stdint.h>

#define BAND_LOW 40.0
#define BAND_HIGH 16000.0
#define BAND_SHARE 0.45

/* Hz: the lower edge of band `band` of `count`; of band `count`, the upper edge of the last. */
double band_edge(uint32_t band, uint32_t count, double sample_rate);

#endif
