/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/dsp/bins.h"

#include <math.h>
#include <string.h>

/* On x86-64 each kernel is compiled for several vector widths and the loader picks one for the machine it
 * runs on. 64-bit Arm's baseline already has the vectors. Sanitizers run before the loader's choice can be
 * made, so they get one. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) &&     \
    !defined(__SANITIZE_THREAD__)
#define KERNEL __attribute__((target_clones("arch=x86-64-v4", "arch=haswell", "default")))
#else
#define KERNEL
#endif

enum { FIND_BLOCK = 64 };

RT_SAFE KERNEL struct ingest_sums ingest_block(const float *restrict in, float *restrict out, size_t count)
{
    /* Judged by the bits, so that it holds under any floating-point mode: the exponents of denormals lie
     * below the least normal number's bits, those of NaN, infinity and the absurd above those of 1e8. */
    const int32_t least_bits = 0x00800000;
    const int32_t most_bits = 0x4CBEBC20;
    int32_t refused = 0;
    float energy = 0;

    for (size_t n = 0; n < count; n++) {
        int32_t bits;
        memcpy(&bits, &in[n], sizeof bits);
        const int32_t size = bits & 0x7FFFFFFF;
        const int32_t bad = (size < least_bits) | (size > most_bits);
        const int32_t kept = bad ? 0 : bits;
        float sample;
        memcpy(&sample, &kept, sizeof sample);
        refused += bad & (size != 0);
        energy += sample * sample;
        out[n] = sample;
    }
    return (struct ingest_sums){energy, (uint32_t)refused};
}

/* The signal a quarter and half a sample on, from eight samples; three quarters are a quarter from the other
 * end. Least squares: within 0.03 dB up to 0.3 of the sample rate, and below the truth beyond. */
enum { PEAK_TAPS = LEVEL_HISTORY + 1 };
static const float at_quarter[PEAK_TAPS] = {-0.00666858F, 0.03404643F,  -0.12255508F, 0.86456338F,
                                            0.30578732F,  -0.10515802F, 0.03868277F,  -0.00988600F};
static const float at_half[PEAK_TAPS] = {-0.01159493F, 0.05056292F,  -0.15530535F, 0.61549359F,
                                         0.61549359F,  -0.15530535F, 0.05056292F,  -0.01159493F};

RT_SAFE KERNEL struct level_sums level_block(const float *samples, size_t count)
{
    const float *from = samples - LEVEL_HISTORY;
    float energy = 0;
    float peak = 0;
    int32_t clipped = 0;
    for (size_t n = 0; n < count; n++) {
        const float size = fabsf(samples[n]);
        float quarter = 0;
        float half = 0;
        float three = 0;
        for (int t = 0; t < PEAK_TAPS; t++) {
            quarter += at_quarter[t] * from[n + (size_t)t];
            half += at_half[t] * from[n + (size_t)t];
            three += at_quarter[PEAK_TAPS - 1 - t] * from[n + (size_t)t];
        }
        quarter = fabsf(quarter);
        half = fabsf(half);
        three = fabsf(three);
        quarter = quarter > three ? quarter : three;
        half = half > size ? half : size;
        half = half > quarter ? half : quarter;
        peak = peak > half ? peak : half;
        energy += size * size;
        clipped += size >= 1;
    }
    return (struct level_sums){energy, peak, (uint32_t)clipped};
}

RT_SAFE KERNEL void bins_bands(const float *restrict power, const struct band_bins *restrict band,
                               size_t bands, float *restrict sums)
{
    for (size_t b = 0; b < bands; b++) {
        const float *whole = power + band[b].first + 1;
        const uint32_t count = band[b].count;
        float sum = 0;
        for (uint32_t k = 0; k < count; k++) {
            sum += whole[k];
        }
        sums[b] = sum + band[b].head * power[band[b].first] + band[b].tail * whole[count];
    }
}

RT_SAFE KERNEL void bins_log(const float *restrict in, float scale, float *restrict out, size_t count)
{
    for (size_t k = 0; k < count; k++) {
        const float x = 1 + scale * in[k];
        int32_t bits;
        memcpy(&bits, &x, sizeof bits);
        /* x = m * 2^e with m from 2/3 on: then |t| is 1/5 at most, and the series is short. */
        const int32_t exponent = (bits - 0x3F2AAAAB) >> 23;
        const int32_t mantissa = bits - (int32_t)((uint32_t)exponent << 23);
        float m;
        memcpy(&m, &mantissa, sizeof m);
        const float t = (m - 1) / (m + 1);
        const float s = t * t;
        const float ln_m = 2 * t * (1 + s * (1.0F / 3 + s * (1.0F / 5 + s * (1.0F / 7 + s / 9))));
        out[k] = ln_m + 0.69314718F * (float)exponent;
    }
}

RT_SAFE KERNEL struct rise_sums bins_rise(const float *restrict now, const float *restrict before,
                                          const float *restrict floor, float dead, size_t count)
{
    float all = 0;
    float sum = 0;
    for (size_t k = 0; k < count; k++) {
        float rise = now[k] - before[k] - dead;
        float most = now[k] - floor[k] - dead;
        rise = rise > 0 ? rise : 0;
        most = most > 0 ? most : 0;
        most = most < rise ? most : rise;
        all += rise;
        sum += most;
    }
    return (struct rise_sums){all, sum};
}

RT_SAFE KERNEL void bins_widen(const float *restrict in, float *restrict out, size_t count)
{
    for (size_t k = 1; k + 1 < count; k++) {
        const float side = in[k - 1] > in[k + 1] ? in[k - 1] : in[k + 1];
        out[k] = in[k] > side ? in[k] : side;
    }
    if (count > 1) {
        out[0] = in[0] > in[1] ? in[0] : in[1];
        out[count - 1] = in[count - 1] > in[count - 2] ? in[count - 1] : in[count - 2];
    } else if (count == 1) {
        out[0] = in[0];
    }
}

RT_SAFE KERNEL float window_block(const float *restrict in, const float *restrict window, float *restrict out,
                                  size_t count)
{
    float energy = 0;
    for (size_t n = 0; n < count; n++) {
        const float y = in[n] * window[n];
        energy += y * y;
        out[n] = y;
    }
    return energy;
}

RT_SAFE KERNEL void bins_pass(const float *restrict spectrum, size_t count, float keep, float gain,
                              float *restrict mean, float *restrict amplitude, float *restrict resultant_re,
                              float *restrict resultant_im, float *restrict power, struct bin_sums *sums)
{
    float squared = 0;
    float mean_squared = 0;
    float peak = 0;
    float agreeing = 0;
    float possible = 0;

    for (size_t k = 0; k < count; k++) {
        const float re = spectrum[2 * k];
        const float im = spectrum[2 * k + 1];
        const float p = re * re + im * im;
        const float m = keep * mean[k] + gain * p;
        const float a = sqrtf(p);
        const float sum_re = resultant_re[k];
        const float sum_im = resultant_im[k];
        const float sum_a = amplitude[k];
        agreeing += re * sum_re + im * sum_im;
        possible += a * sum_a;
        resultant_re[k] = sum_re + re;
        resultant_im[k] = sum_im + im;
        amplitude[k] = sum_a + a;
        mean[k] = m;
        power[k] = p;
        squared += p * p;
        mean_squared += m * m;
        peak = p > peak ? p : peak;
    }
    *sums = (struct bin_sums){squared, mean_squared, peak, agreeing, possible};
}

RT_SAFE KERNEL float bins_power(const float *spectrum, size_t count)
{
    float total = 0;
    for (size_t j = 0; j < 2 * count; j++) {
        total += spectrum[j] * spectrum[j];
    }
    return total;
}

RT_SAFE KERNEL size_t bins_find(const float *power, size_t count, float value)
{
    for (size_t start = 0; start < count; start += FIND_BLOCK) {
        const size_t end = start + FIND_BLOCK < count ? start + FIND_BLOCK : count;
        int32_t hit = 0;
        for (size_t k = start; k < end; k++) {
            hit |= power[k] == value;
        }
        for (size_t k = start; hit && k < end; k++) {
            if (power[k] == value) {
                return k;
            }
        }
    }
    return count;
}

RT_SAFE KERNEL struct across_sums bins_across(float *restrict amplitude, float *restrict resultant_re,
                                              float *restrict resultant_im, size_t count, float first_bin)
{
    float sum = 0;
    float moment = 0;
    float length = 0;

    for (size_t k = 0; k < count; k++) {
        const float re = resultant_re[k];
        const float im = resultant_im[k];
        const float a = amplitude[k];
        sum += a;
        moment += a * (first_bin + (float)(int32_t)k);
        length += sqrtf(re * re + im * im);
    }
    memset(amplitude, 0, count * sizeof *amplitude);
    memset(resultant_re, 0, count * sizeof *resultant_re);
    memset(resultant_im, 0, count * sizeof *resultant_im);
    return (struct across_sums){sum, moment, length};
}
