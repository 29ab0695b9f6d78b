/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/dsp/loopback.h"

#include <fftw3.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* A return this near the strongest one is the same return, seen through a converter's filter. */
enum { SAME_RETURN = 32, CLIPPED_SAMPLES = 4, INTERPOLATION_REACH = 32 /* samples either way */ };

static const float full_scale = 0.999F;
static const double silence = 1e-5; /* RMS; -100 dBFS */
static const double rival = 0.5;    /* of the strongest return */
static const double pi = 3.14159265358979323846;

/* Of the correlation with a return that is nothing but the signal: the least that noise cannot be taken for.
 * Noise alone has a deviation of 1/sqrt(LOOPBACK_SIGNAL) = 1/128 and reaches 5 times that in a million lags.
 */
static const double stands_out = 10.0 / 128;

void loopback_signal(float *out, float level)
{
    uint32_t state = 0x2545F491;
    for (uint32_t n = 0; n < LOOPBACK_SIGNAL; n++) {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        out[n] = state & 0x10000 ? level : -level;
    }
}

/* As the analysis takes it: what is no sound is 0. */
static float sound(float x)
{
    return fabsf(x) < 1e8F ? x : 0;
}

/* c[d] = sum_n recording[n + d] signal[n], by way of the frequency domain; `size` is a power of two that
 * holds both, so that nothing wraps round. */
static enum status correlate(const float *recording, uint32_t length, float level, uint32_t size, float *c)
{
    float *signal = fftwf_alloc_real(size);
    fftwf_complex *a = fftwf_alloc_complex(size / 2 + 1);
    fftwf_complex *b = fftwf_alloc_complex(size / 2 + 1);
    enum status status = STATUS_NO_MEMORY;
    if (signal && a && b) {
        fftwf_plan forth_signal = fftwf_plan_dft_r2c_1d((int)size, signal, a, FFTW_ESTIMATE);
        fftwf_plan forth_recording = fftwf_plan_dft_r2c_1d((int)size, c, b, FFTW_ESTIMATE);
        fftwf_plan back = fftwf_plan_dft_c2r_1d((int)size, b, c, FFTW_ESTIMATE);
        memset(signal, 0, size * sizeof *signal);
        loopback_signal(signal, level);
        memset(c, 0, size * sizeof *c);
        for (uint32_t n = 0; n < length; n++) {
            c[n] = sound(recording[n]);
        }
        if (forth_signal && forth_recording && back) {
            fftwf_execute(forth_signal);
            fftwf_execute(forth_recording);
            for (uint32_t k = 0; k <= size / 2; k++) { /* b times the conjugate of a */
                const float re = b[k][0] * a[k][0] + b[k][1] * a[k][1];
                const float im = b[k][1] * a[k][0] - b[k][0] * a[k][1];
                b[k][0] = re;
                b[k][1] = im;
            }
            fftwf_execute(back);
            status = STATUS_OK;
        }
        fftwf_destroy_plan(forth_signal);
        fftwf_destroy_plan(forth_recording);
        fftwf_destroy_plan(back);
    }
    fftwf_free(signal);
    fftwf_free(a);
    fftwf_free(b);
    return status;
}

/* The largest |c[d]| for d of 0...lags-1, leaving out those closer than SAME_RETURN to `except` (< 0: none).
 */
static uint32_t strongest(const float *c, uint32_t lags, int64_t except)
{
    uint32_t best = except == 0 && lags > SAME_RETURN ? SAME_RETURN : 0;
    for (uint32_t d = 0; d < lags; d++) {
        const bool skip = except >= 0 && llabs((int64_t)d - except) < SAME_RETURN;
        if (!skip && fabsf(c[d]) > fabsf(c[best])) {
            best = d;
        }
    }
    return best;
}

/* The correlation between two of its samples: limited to half the sample rate, as all that is recorded is. */
static double correlation_at(const float *c, uint32_t size, double lag)
{
    const int64_t nearest = llround(lag);
    double sum = 0;
    for (int64_t k = nearest - INTERPOLATION_REACH; k <= nearest + INTERPOLATION_REACH; k++) {
        const double x = pi * (lag - (double)k);
        const double sinc = fabs(x) < 1e-9 ? 1 : sin(x) / x;
        const double taper = 0.5 * (1 + cos(x / (INTERPOLATION_REACH + 1)));
        sum += (double)c[(uint64_t)k & (size - 1)] * sinc * taper; /* lags below 0 stand at the end */
    }
    return sum;
}

/* Where around lag `top` the correlation, times sign, is largest: the tops of smaller and smaller parabolas.
 */
static double refine(const float *c, uint32_t size, uint32_t top, double sign)
{
    double lag = top;
    double step = 0.5;
    for (int i = 0; i < 7; i++, step /= 4) {
        const double left = sign * correlation_at(c, size, lag - step);
        const double middle = sign * correlation_at(c, size, lag);
        const double right = sign * correlation_at(c, size, lag + step);
        const double bend = left - 2 * middle + right;
        lag += bend < 0 ? step * fmin(fmax(0.5 * (left - right) / bend, -1), 1) : 0;
    }
    return fmin(fmax(lag, top - 0.5), top + 0.5);
}

static double root_mean_square(const float *recording, uint32_t count)
{
    double sum = 0;
    for (uint32_t n = 0; n < count; n++) {
        const double x = (double)sound(recording[n]);
        sum += x * x;
    }
    return sqrt(sum / count);
}

static bool is_clipped(const float *recording, uint32_t length)
{
    uint32_t count = 0;
    for (uint32_t n = 0; n < length; n++) {
        count += fabsf(sound(recording[n])) >= full_scale;
    }
    return count >= CLIPPED_SAMPLES;
}

static void judge(const float *c, uint32_t size, const float *recording, uint32_t lags, double level,
                  struct loopback_result *result)
{
    const uint32_t top = strongest(c, lags, -1);
    const double peak = fabs((double)c[top]);
    const uint32_t next = strongest(c, lags, top);
    const double second = llabs((int64_t)next - top) < SAME_RETURN ? 0 : fabs((double)c[next]);
    /* What the signal itself would give, so loud: transforms there and back multiply by the size. */
    const double scale = (double)size * LOOPBACK_SIGNAL * level;

    result->delay = fmin(fmax(refine(c, size, top, c[top] < 0 ? -1 : 1), 0), lags - 1);
    result->gain = (double)c[top] / (scale * level);
    result->confidence = peak > 0 ? 1 - second / peak : 0;
    if (result->verdict == LOOPBACK_FOUND) {
        const double all_of_it = scale * root_mean_square(recording + top, LOOPBACK_SIGNAL);
        result->verdict = peak < stands_out * all_of_it ? LOOPBACK_NOISE
                          : second > rival * peak       ? LOOPBACK_AMBIGUOUS
                                                        : LOOPBACK_FOUND;
    }
}

enum status loopback_find(const float *recording, uint32_t length, float level,
                          struct loopback_result *result)
{
    *result = (struct loopback_result){.verdict = LOOPBACK_SILENT};
    if (length < LOOPBACK_SIGNAL || length > UINT32_C(1) << 24 || !(level > 0)) {
        return STATUS_BAD_ARG;
    }
    if (root_mean_square(recording, length) < silence) {
        return STATUS_OK;
    }
    uint32_t size = 1;
    while (size < length + LOOPBACK_SIGNAL) {
        size *= 2;
    }
    float *c = fftwf_alloc_real(size);
    enum status status = c ? correlate(recording, length, level, size, c) : STATUS_NO_MEMORY;
    if (status == STATUS_OK) {
        result->verdict = is_clipped(recording, length) ? LOOPBACK_CLIPPED : LOOPBACK_FOUND;
        judge(c, size, recording, length - LOOPBACK_SIGNAL + 1, (double)level, result);
    }
    fftwf_free(c);
    return status;
}

const char *loopback_verdict_str(enum loopback_verdict verdict)
{
    switch (verdict) {
    case LOOPBACK_FOUND: return "found";
    case LOOPBACK_SILENT: return "nothing came back: check the cable, and that the return is not muted";
    case LOOPBACK_CLIPPED: return "what came back is clipped: turn the return or the test signal down";
    case LOOPBACK_NOISE:
        return "only noise came back: turn the test signal up, or check which input the cable is in";
    case LOOPBACK_AMBIGUOUS:
        return "the signal came back twice, about equally loud: there may be two ways from output to input";
    }
    return "unknown";
}
