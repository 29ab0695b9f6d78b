/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/dsp/analysis.h"
#include "jack-client/dsp/analysis_state.h"
#include "jack-client/dsp/bands.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PEAK_RELEASE_MS = 300 };

enum { ALIGN_FLOATS = 16 /* 64 bytes: a cache line, and the widest vector */ };

static bool power_of_two(uint32_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

static bool within(double value, double low, double high)
{
    return value >= low && value <= high; /* false for NaN */
}

static bool config_good(const struct analysis_config *c)
{
    return within(c->sample_rate, 1000, 1000000) && within(c->channels, 1, CHANNELS_MAX) &&
           within(c->window, ANALYSIS_WINDOW_MIN, ANALYSIS_WINDOW_MAX) && power_of_two(c->window) &&
           within(c->hop, ANALYSIS_HOP_MIN, c->window) && power_of_two(c->hop) &&
           within(c->gate_db, ANALYSIS_GATE_MIN, ANALYSIS_GATE_MAX) &&
           within(c->smooth_ms, 0, ANALYSIS_SMOOTH_MAX) &&
           within(c->criticality_ms, ANALYSIS_CRITICALITY_MIN, ANALYSIS_CRITICALITY_MAX) &&
           within(c->bands, 0, BANDS_MAX) && within(c->band_release_ms, 0, ANALYSIS_RELEASE_MAX) &&
           within(c->onset_threshold, 0, ONSETS_THRESHOLD_MAX);
}

/* The share of the new value in an exponential average over one hop. */
static double step_of(const struct analysis_config *c, double tau_ms)
{
    return tau_ms > 0 ? -expm1(-1000.0 * c->hop / (c->sample_rate * tau_ms)) : 1;
}

static size_t padded(size_t floats)
{
    return (floats + ALIGN_FLOATS - 1) / ALIGN_FLOATS * ALIGN_FLOATS;
}

/* Hands out consecutive pieces of one block. With no block it only counts. */
struct cutter {
    float *block;
    size_t used;
};

static float *cut(struct cutter *cutter, size_t floats)
{
    float *piece = cutter->block ? cutter->block + cutter->used : NULL;
    cutter->used += padded(floats);
    return piece;
}

static struct onsets_config onsets_of(const struct analysis *a)
{
    return (struct onsets_config){.sample_rate = a->config.sample_rate,
                                  .window = a->config.window,
                                  .hop = a->config.hop,
                                  .first_bin = FIRST_BIN,
                                  .bins = a->bins,
                                  .gate = sqrt(a->open_power / 3),
                                  .threshold = a->config.onset_threshold,
                                  .groups = a->config.bands};
}

static size_t lay_out(struct analysis *a, float *block)
{
    const size_t window = a->config.window;
    const struct onsets_config onsets = onsets_of(a);
    struct cutter cutter = {block, 0};
    a->window = cut(&cutter, window);
    a->windowed = cut(&cutter, window);
    a->spectrum = cut(&cutter, window + 2);
    a->power = cut(&cutter, a->bins);
    a->amplitude = cut(&cutter, a->bins);
    a->resultant_re = cut(&cutter, a->bins);
    a->resultant_im = cut(&cutter, a->bins);
    a->onsets.before = cut(&cutter, onsets_floats(&onsets));
    for (uint32_t i = 0; i < a->config.channels; i++) {
        float *ring = cut(&cutter, HISTORY + 2 * window);
        a->channel[i].samples = ring ? ring + HISTORY : NULL;
        a->channel[i].mean = cut(&cutter, a->bins);
    }
    return cutter.used;
}

static void fill_window(struct analysis *a)
{
    static const double two_pi = 6.28318530717958647692;
    const double length = a->config.window;
    for (uint32_t n = 0; n < a->config.window; n++) {
        a->window[n] = (float)(4 / length * 0.5 * (1 - cos(two_pi * n / length)));
    }
}

static void fill_constants(struct analysis *a)
{
    const struct analysis_config *c = &a->config;
    const double gate = pow(10, c->gate_db / 20);
    const double six_db = pow(10, -6.0 / 20);

    a->bins = c->window / 2 - 3;
    a->levels = c->window / c->hop;
    a->open_power = 3 * gate * gate; /* level^2 = sum P / 3 */
    a->close_power = a->open_power * six_db * six_db;
    a->smooth = step_of(c, c->smooth_ms);
    /* a such that 1 - a is a 32-bit number, as bins_pass needs it: a long memory shows the difference. */
    a->decay = 1 - (double)(float)(1 - step_of(c, c->criticality_ms));
    /* kappa grows without bound as the memory falls below a hop; there it would only blow up rounding. */
    a->bias = fmin(1 / (1 - a->decay / (2 - a->decay)), 1000);
    a->hz_per_bin = (double)c->sample_rate / c->window;
    a->due = c->window;
    a->peak_keep = (float)(1 - step_of(c, PEAK_RELEASE_MS));
    a->band_keep = (float)(1 - step_of(c, c->band_release_ms));
    bands_lay_out(a->band, c->bands, c->sample_rate, a->hz_per_bin, FIRST_BIN, a->bins);
}

enum status analysis_create(const struct analysis_config *config, struct analysis **analysis)
{
    *analysis = NULL;
    if (!config_good(config)) {
        return STATUS_BAD_ARG;
    }
    struct analysis *a = calloc(1, sizeof *a);
    if (!a) {
        return STATUS_NO_MEMORY;
    }
    a->config = *config;
    fill_constants(a);
    a->memory_bytes = lay_out(a, NULL) * sizeof(float);
    if (posix_memalign(&a->memory, ALIGN_FLOATS * sizeof(float), a->memory_bytes) != 0) {
        a->memory = NULL;
        analysis_destroy(a);
        return STATUS_NO_MEMORY;
    }
    lay_out(a, a->memory);
    /* Planning measures by running, and so writes over its arrays: first plan, then clear. What turns out
     * fastest differs from run to run, and so does how it rounds. */
    a->plan = fftwf_plan_dft_r2c_1d((int)config->window, a->windowed, (fftwf_complex *)a->spectrum,
                                    config->repeatable ? FFTW_ESTIMATE : FFTW_MEASURE);
    if (!a->plan) {
        analysis_destroy(a);
        return STATUS_NO_MEMORY;
    }
    memset(a->memory, 0, a->memory_bytes);
    fftwf_execute(a->plan); /* all of its code and data has been used once now; of silence comes silence */
    fill_window(a);
    const struct onsets_config onsets = onsets_of(a);
    onsets_prepare(&a->onsets, &onsets, a->onsets.before);
    *analysis = a;
    return STATUS_OK;
}

struct analysis_memory analysis_memory(struct analysis *a)
{
    return (struct analysis_memory){
        .state = a,
        .state_bytes = sizeof *a,
        .arrays = a->memory,
        .arrays_bytes = a->memory_bytes,
        .plan = a->plan,
        .code = (const void *)fftwf_execute,
    };
}

void analysis_destroy(struct analysis *a)
{
    if (a) {
        if (a->plan) {
            fftwf_destroy_plan(a->plan);
        }
        free(a->memory);
        free(a);
    }
}
