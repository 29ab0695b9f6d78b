/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/dsp/sinusoid.h"

#include <math.h>
#include <stddef.h>

static const double pi = 3.14159265358979323846;

static double magnitude(const float *spectrum, uint32_t bin)
{
    const size_t at = (size_t)2 * bin;
    const double re = (double)spectrum[at]; /* squared in double, no float can overflow */
    const double im = (double)spectrum[at + 1];
    return sqrt(re * re + im * im);
}

/* sinc(d) / (1 - d^2), the main lobe of the Hann window, for |d| < 2. Either half is written about the zero
 * of the sine that cancels its pole, so that the value at |d| = 1, one half, needs no special case. */
static double main_lobe(double d)
{
    d = fabs(d);
    if (d < 1e-6) {
        return 1;
    }
    if (d <= 0.5) {
        return sin(pi * d) / (pi * d * (1 - d * d));
    }
    const double e = 1 - d;
    const double sinc = fabs(e) < 1e-6 ? 1 : sin(pi * e) / (pi * e);
    return sinc / (d * (1 + d));
}

RT_SAFE struct sinusoid sinusoid_at(const float *spectrum, uint32_t peak)
{
    /* A frequency below bin 1.5 has its peak outside the bins that are searched: the estimate stops there. */
    const double farthest = 1.5;
    const double centre = magnitude(spectrum, peak);
    const double below = magnitude(spectrum, peak - 1);
    const double above = magnitude(spectrum, peak + 1);
    const double alpha = (above > below ? above : below) / centre;
    const double size = fmin((2 * alpha - 1) / (alpha + 1), farthest);
    const double delta = above > below ? size : -size;

    /* Referring the phase to the window's centre turns bin k by k half turns. */
    const float sign = peak % 2 ? -1.0F : 1.0F;
    const size_t at = (size_t)2 * peak;
    float phase = atan2f(sign * spectrum[at + 1], sign * spectrum[at]);
    if (phase <= -(float)pi) {
        phase = (float)pi;
    }
    return (struct sinusoid){(float)(peak + delta), (float)(centre / main_lobe(delta)), phase};
}
