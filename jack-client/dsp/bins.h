/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The loops over samples and bins: everything in the analysis whose cost counts.
 *
 * Plain C written for the compiler's vectoriser, built once per vector width and chosen at run time
 * (KERNEL). All inputs are finite: ingest_block sees to that.
 */
#ifndef PHICAST_JACK_CLIENT_DSP_BINS_H
#define PHICAST_JACK_CLIENT_DSP_BINS_H

#include "shared/rt_safe.h"

#include <stddef.h>
#include <stdint.h>

struct ingest_sums {
    float energy;     /* sum of squares of the samples taken */
    uint32_t refused; /* NaN, infinite, denormal or beyond 1e8: stored as 0 */
};

/* Sums over the bins of one channel in one frame. P is the bin's power, m its average over time. */
struct bin_sums {
    float power_squared; /* sum of P^2 */
    float mean_squared;  /* sum of m^2, after this frame */
    float peak;          /* largest P */
    float agreeing;      /* sum of Re(X * conj(R)), R the resultant of the channels before */
    float possible;      /* sum of A * S1, S1 the amplitudes of the channels before: agreeing is no larger */
};

/* Sums over bins once all channels have passed. */
struct across_sums {
    float amplitude;        /* sum of S1 = sum_i A_i */
    float amplitude_moment; /* sum of k S1 */
    float resultant;        /* sum of C = |sum_i X_i| */
};

enum { LEVEL_HISTORY = 7 }; /* samples before a block that its true peak needs */

/* Of a block of samples. */
struct level_sums {
    float energy;     /* sum of squares */
    float peak;       /* largest size of a sample, and of what lies between, 4 times as dense */
    uint32_t clipped; /* samples of size 1 or more */
};

/* Which bins a band has, from the first used one on: whole ones from `first` on, and parts of the two around
 * them. */
struct band_bins {
    uint32_t first; /* partly in the band */
    uint32_t count; /* of whole ones behind it */
    float head;     /* the part of bin `first`, 0...1 */
    float tail;     /* and of the bin behind the whole ones */
};

/* Copies count samples from in to out, the unusable ones as 0. */
RT_SAFE struct ingest_sums ingest_block(const float *in, float *out, size_t count);

/* out = in * window over count samples; returns the sum of squares of out. */
RT_SAFE float window_block(const float *in, const float *window, float *out, size_t count);

/* Passes one channel's bins: spectrum holds count complex bins (re, im, ...), from bin 2 on.
 *   mean[k]      := keep * mean[k] + gain * P[k]     the average power over time
 *   amplitude[k] += sqrt(P[k])
 *   resultant    += spectrum                         its real and its imaginary parts apart
 *   power[k]     := P[k]                             scratch, for bins_find */
RT_SAFE void bins_pass(const float *spectrum, size_t count, float keep, float gain, float *mean,
                       float *amplitude, float *resultant_re, float *resultant_im, float *power,
                       struct bin_sums *sums);

/* samples[-LEVEL_HISTORY] and on must be readable. */
RT_SAFE struct level_sums level_block(const float *samples, size_t count);

/* sums[b] := the sum of power over band b's bins; power must be readable up to the last band's tail. */
RT_SAFE void bins_bands(const float *power, const struct band_bins *band, size_t bands, float *sums);

/* out = ln(1 + scale * in), within 1e-6; in >= 0. */
RT_SAFE void bins_log(const float *in, float scale, float *out, size_t count);

/* Sums of what bands have risen from one frame to another. */
struct rise_sums {
    float all;
    float capped; /* by what stands over a floor */
};

/* By now[] - before[] less `dead`, where that is above 0; capped: by no more than now[] - floor[] less
 * `dead`.
 */
RT_SAFE struct rise_sums bins_rise(const float *now, const float *before, const float *floor, float dead,
                                   size_t count);

/* out[k] := the largest of in[k - 1], in[k], in[k + 1]. */
RT_SAFE void bins_widen(const float *in, float *out, size_t count);

/* Sum of P over count complex bins. */
RT_SAFE float bins_power(const float *spectrum, size_t count);

/* The index of the first element of power equal to value; count if there is none. */
RT_SAFE size_t bins_find(const float *power, size_t count, float value);

/* Sums across channels, for bins numbered from first_bin; leaves the arrays zeroed for the next
 * frame. */
RT_SAFE struct across_sums bins_across(float *amplitude, float *resultant_re, float *resultant_im,
                                       size_t count, float first_bin);

#endif
