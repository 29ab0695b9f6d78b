/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/jack-client/dsp/reference.h"

#include <complex.h>
#include <math.h>
#include <stdlib.h>

static const double pi = 3.14159265358979323846;

struct smooth {
    double moment, amplitude, length, agreeing, possible, power;
};

struct reference {
    struct analysis_config config;
    uint32_t w;
    double *hann;          /* W */
    double complex *turn;  /* W: e^(-j 2 pi n / W) */
    double complex *x;     /* channels * (W/2), of this frame: X_i[k] */
    double *mean, *square; /* channels * (W/2): the averages of P and P^2 */
    double weight;
    bool smoothing;
    struct smooth smooth;
    bool active[CHANNELS_MAX];
};

static void *zeroed(size_t count, size_t size)
{
    void *memory = calloc(count, size);
    if (!memory) {
        abort();
    }
    return memory;
}

struct reference *reference_new(const struct analysis_config *config)
{
    struct reference *r = zeroed(1, sizeof *r);
    const uint32_t w = config->window;
    const size_t cells = (size_t)config->channels * (w / 2);
    r->config = *config;
    r->w = w;
    r->hann = zeroed(w, sizeof *r->hann);
    r->turn = zeroed(w, sizeof *r->turn);
    r->x = zeroed(cells, sizeof *r->x);
    r->mean = zeroed(cells, sizeof *r->mean);
    r->square = zeroed(cells, sizeof *r->square);
    for (uint32_t n = 0; n < w; n++) {
        r->hann[n] = 0.5 * (1 - cos(2 * pi * n / w));
        r->turn[n] = cexp(-I * 2 * pi * n / w);
    }
    return r;
}

void reference_free(struct reference *r)
{
    free(r->hann);
    free(r->turn);
    free(r->x);
    free(r->mean);
    free(r->square);
    free(r);
}

static double power(double complex x)
{
    return creal(x) * creal(x) + cimag(x) * cimag(x);
}

/* X[k] = (4/W) sum w[n] x[n] e^(-j 2 pi k (n - W/2) / W), for k = 1 ... W/2 - 1. */
static void transform(const struct reference *r, const float *samples, double complex *x)
{
    const uint32_t w = r->w;
    for (uint32_t k = 1; k < w / 2; k++) {
        double complex sum = 0;
        for (uint32_t n = 0; n < w; n++) {
            sum += r->hann[n] * (double)samples[n] * r->turn[(uint64_t)k * (n + w - w / 2) % w];
        }
        x[k] = 4.0 / w * sum;
    }
}

static void judge(struct reference *r, uint32_t i, const double complex *x)
{
    const double gate = pow(10, r->config.gate_db / 20) * (r->active[i] ? pow(10, -6.0 / 20) : 1);
    double sum = 0;
    for (uint32_t k = 2; k <= r->w / 2 - 2; k++) {
        sum += power(x[k]);
    }
    r->active[i] = sqrt(sum / 3) >= gate;
}

static struct reference_channel tone_of(const struct reference *r, const double complex *x)
{
    uint32_t peak = 2;
    for (uint32_t k = 3; k <= r->w / 2 - 2; k++) {
        peak = cabs(x[k]) > cabs(x[peak]) ? k : peak;
    }
    bool ambiguous = false;
    for (uint32_t k = 2; k <= r->w / 2 - 2; k++) {
        const bool apart = k + 1 < peak || k > peak + 1;
        ambiguous = ambiguous || (apart && power(x[k]) > (1 - 1e-5) * power(x[peak]));
    }
    const bool up = cabs(x[peak + 1]) > cabs(x[peak - 1]);
    ambiguous = ambiguous || fabs(cabs(x[peak + 1]) - cabs(x[peak - 1])) < 1e-5 * cabs(x[peak]);
    const double alpha = cabs(x[up ? peak + 1 : peak - 1]) / cabs(x[peak]);
    const double size = (2 * alpha - 1) / (alpha + 1);
    const double d = up ? size : -size;
    const double lobe = fabs(d) < 1e-9 ? 1 : sin(pi * d) / (pi * d) / (1 - d * d);
    return (struct reference_channel){
        .active = true,
        .ambiguous = ambiguous || size > 1.4,
        .frequency = (peak + d) * r->config.sample_rate / r->w,
        .amplitude = cabs(x[peak]) / lobe,
        .phase = carg(x[peak]),
    };
}

static void average(struct reference *r, double share)
{
    const uint32_t half = r->w / 2;
    for (uint32_t i = 0; i < r->config.channels; i++) {
        for (uint32_t k = 2; k <= half - 2; k++) {
            const size_t cell = (size_t)i * half + k;
            const double p = r->active[i] ? power(r->x[cell]) : 0;
            r->mean[cell] += share * (p - r->mean[cell]);
            r->square[cell] += share * (p * p - r->square[cell]);
        }
    }
    r->weight += share * (1 - r->weight);
}

static double criticality(const struct reference *r, double share)
{
    const uint32_t half = r->w / 2;
    double squares = 0;
    double means = 0;
    for (size_t cell = 0; cell < (size_t)r->config.channels * half; cell++) {
        squares += r->square[cell] / r->weight;
        means += r->mean[cell] * r->mean[cell] / (r->weight * r->weight);
    }
    const double kappa = 1 / (1 - share / (2 - share));
    const double argument = means > 0 ? kappa * (squares / means - 1) : 0;
    return argument > 0 ? sqrt(argument) : 0;
}

static struct smooth sums_across(const struct reference *r, uint32_t active)
{
    const uint32_t half = r->w / 2;
    struct smooth sums = {0};
    for (uint32_t k = 2; k <= half - 2; k++) {
        double s1 = 0;
        double s2 = 0;
        double complex resultant = 0;
        for (uint32_t i = 0; i < r->config.channels; i++) {
            const double complex x = r->active[i] ? r->x[(size_t)i * half + k] : 0;
            s1 += cabs(x);
            s2 += power(x);
            resultant += x;
        }
        sums.moment += (double)k * r->config.sample_rate / r->w * s1;
        sums.amplitude += s1;
        sums.length += cabs(resultant);
        sums.agreeing += active > 1 ? power(resultant) - s2 : 0;
        sums.power += s2;
        sums.possible += active > 1 ? s1 * s1 - s2 : 0;
    }
    return sums;
}

static void follow(double *y, double step, double v)
{
    *y += step * (v - *y);
}

static void across(struct reference *r, struct reference_frame *frame)
{
    const double tau = r->config.smooth_ms / 1000;
    const double hop_s = (double)r->config.hop / r->config.sample_rate;
    const double step = r->smoothing && tau > 0 ? 1 - exp(-hop_s / tau) : 1;
    const struct smooth v = sums_across(r, frame->active_channels);
    follow(&r->smooth.moment, step, v.moment);
    follow(&r->smooth.amplitude, step, v.amplitude);
    follow(&r->smooth.length, step, v.length);
    follow(&r->smooth.agreeing, step, v.agreeing);
    follow(&r->smooth.possible, step, v.possible);
    follow(&r->smooth.power, step, v.power);
    r->smoothing = true;
    frame->spectral_centroid = r->smooth.moment / r->smooth.amplitude;
    frame->phase_coherence = r->smooth.length / r->smooth.amplitude;
    frame->paired = r->smooth.possible / r->smooth.power;
    frame->ici = frame->active_channels > 1 ? 0.5 * (1 + r->smooth.agreeing / r->smooth.possible) : 1;
}

struct reference_frame reference_next(struct reference *r, const float *const *window)
{
    const double tau = r->config.criticality_ms / 1000;
    const double share = 1 - exp(-(double)r->config.hop / r->config.sample_rate / tau);
    struct reference_frame frame = {0};
    for (uint32_t i = 0; i < r->config.channels; i++) {
        double complex *x = r->x + (size_t)i * (r->w / 2);
        transform(r, window[i], x);
        judge(r, i, x);
        if (r->active[i]) {
            frame.active_channels++;
            frame.channel[i] = tone_of(r, x);
        }
    }
    average(r, share);
    if (frame.active_channels > 0) {
        across(r, &frame);
        frame.criticality = criticality(r, share);
    } else {
        r->smoothing = false;
    }
    return frame;
}
