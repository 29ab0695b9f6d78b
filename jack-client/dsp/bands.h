/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bands of frequency, spaced evenly in its logarithm from BANDS_LOW to min(BANDS_HIGH, BANDS_SHARE * sample
 * rate). Pure. */
#ifndef PHICAST_JACK_CLIENT_DSP_BANDS_H
#define PHICAST_JACK_CLIENT_DSP_BANDS_H

#include "jack-client/dsp/bins.h"

#include <stdint.h>

#define BANDS_LOW 40.0
#define BANDS_HIGH 16000.0
#define BANDS_SHARE 0.45

/* Hz: the lower edge of band `band` of `count`; of band `count`, the upper edge of the last. */
double band_edge(uint32_t band, uint32_t count, double sample_rate);

/* Fills band[0...count - 1] for a spectrum of `bins` used bins, of which the first is number first_bin. A bin
 * is as wide as the step from one to the next; one that an edge cuts belongs to both sides in proportion. */
void bands_lay_out(struct band_bins *band, uint32_t count, double sample_rate, double hz_per_bin,
                   uint32_t first_bin, uint32_t bins);

#endif
