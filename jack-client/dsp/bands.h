/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which bins each band (shared/band.h) has. Pure. */
#ifndef PHICAST_JACK_CLIENT_DSP_BANDS_H
#define PHICAST_JACK_CLIENT_DSP_BANDS_H

#include "jack-client/dsp/bins.h"

#include <stdint.h>

/* Fills band[0...count - 1] for a spectrum of `bins` used bins, of which the first is number first_bin. A bin
 * is as wide as the step from one to the next; one that an edge cuts belongs to both sides in proportion. */
void bands_lay_out(struct band_bins *band, uint32_t count, double sample_rate, double hz_per_bin,
                   uint32_t first_bin, uint32_t bins);

#endif
