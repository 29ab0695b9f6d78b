/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sinusoid under a spectral peak of the Hann window. */
#ifndef PHICAST_JACK_CLIENT_DSP_SINUSOID_H
#define PHICAST_JACK_CLIENT_DSP_SINUSOID_H

#include "shared/rt_safe.h"

#include <stdint.h>

struct sinusoid {
    float bin;       /* frequency in bins */
    float amplitude; /* in the spectrum's own unit */
    float phase;     /* rad, (-pi, pi], at the window's centre */
};

/* spectrum: complex bins (re, im, ...) from bin 0, not referred to the centre; peak: the strongest bin, with
 * non-zero power and a neighbour on either side. Exact for one sinusoid far from 0 and from the Nyquist
 * frequency. Source: Grandke, "Interpolation algorithms for discrete Fourier transforms of weighted signals",
 * IEEE Trans. Instrum. Meas. 32(2), 1983. */
RT_SAFE struct sinusoid sinusoid_at(const float *spectrum, uint32_t peak);

#endif
