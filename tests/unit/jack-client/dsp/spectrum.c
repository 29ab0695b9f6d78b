/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/jack-client/dsp/spectrum.h"

#include <complex.h>
#include <math.h>

enum { STEP = 256 };

static const double two_pi = 6.28318530717958647692;

/* Radix 2, in place, decimation in time. */
static void transform(double complex *x)
{
    for (size_t i = 1, j = 0; i < SPECTRUM_SIZE; i++) {
        size_t bit = SPECTRUM_SIZE / 2;
        for (; j & bit; bit /= 2) {
            j ^= bit;
        }
        j |= bit;
        if (i < j) {
            const double complex kept = x[i];
            x[i] = x[j];
            x[j] = kept;
        }
    }
    for (size_t half = 1; half < SPECTRUM_SIZE; half *= 2) {
        for (size_t k = 0; k < half; k++) {
            const double complex turn = cexp(-I * two_pi * (double)k / (double)(2 * half));
            for (size_t i = k; i < SPECTRUM_SIZE; i += 2 * half) {
                const double complex odd = turn * x[i + half];
                x[i + half] = x[i] - odd;
                x[i] += odd;
            }
        }
    }
}

static double window_at(size_t n)
{
    const double t = two_pi * (double)n / SPECTRUM_SIZE;
    return 0.35875 - 0.48829 * cos(t) + 0.14128 * cos(2 * t) - 0.01168 * cos(3 * t);
}

static double stray_in(const float *sound, const double *window, double tone, double away)
{
    static double complex x[SPECTRUM_SIZE];
    double worst = 0;
    for (size_t n = 0; n < SPECTRUM_SIZE; n++) {
        x[n] = window[n] * (double)sound[n];
    }
    transform(x);
    for (size_t k = 0; k <= SPECTRUM_SIZE / 2; k++) {
        const double amplitude = cabs(x[k]) * 2 / (0.35875 * SPECTRUM_SIZE);
        if (fabs((double)k / SPECTRUM_SIZE - tone) > away && !(amplitude <= worst)) {
            worst = amplitude;
        }
    }
    return worst;
}

double spectrum_stray(const float *sound, size_t count, double tone, double away)
{
    static double window[SPECTRUM_SIZE];
    double worst = 0;
    for (size_t n = 0; n < SPECTRUM_SIZE; n++) {
        window[n] = window_at(n);
    }
    for (size_t at = 0; at + SPECTRUM_SIZE <= count; at += STEP) {
        const double stray = stray_in(sound + at, window, tone, away);
        worst = stray <= worst ? worst : stray;
    }
    return worst;
}
