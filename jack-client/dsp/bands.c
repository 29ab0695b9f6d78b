/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/dsp/bands.h"

#include "shared/band.h"

#include <math.h>

/* From one edge to the other, in bins from the first used one's lower edge on. */
static struct band_bins between(double low, double high)
{
    const double first = floor(low);
    const double last = floor(high);
    struct band_bins band = {.first = (uint32_t)first};
    if (last <= first) { /* within one bin */
        band.head = (float)(high - low);
        return band;
    }
    band.count = (uint32_t)(last - first - 1);
    band.head = (float)(first + 1 - low);
    band.tail = (float)(high - last);
    return band;
}

void bands_lay_out(struct band_bins *band, uint32_t count, double sample_rate, double hz_per_bin,
                   uint32_t first_bin, uint32_t bins)
{
    /* Beyond the used bins there is nothing; the last bin is left for a tail of no width. */
    const double most = bins - 1e-3;
    for (uint32_t b = 0; b < count; b++) {
        const double low = band_edge(b, count, sample_rate) / hz_per_bin - (first_bin - 0.5);
        const double high = band_edge(b + 1, count, sample_rate) / hz_per_bin - (first_bin - 0.5);
        band[b] = between(fmin(fmax(low, 0), most), fmin(fmax(high, 0), most));
    }
}
