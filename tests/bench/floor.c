/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/bench/floor.h"

#include <fftw3.h>
#include <math.h>
#include <stdlib.h>

/* Built as the product's loops are: with the same flags, for the same vector widths. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define KERNEL __attribute__((target_clones("arch=x86-64-v4", "arch=haswell", "default")))
#else
#define KERNEL
#endif

struct floor {
    uint32_t window;
    float *shape;
    float *windowed;
    fftwf_complex *spectrum;
    fftwf_plan plan;
};

struct floor *floor_create(uint32_t window)
{
    struct floor *f = calloc(1, sizeof *f);
    if (!f) {
        exit(1);
    }
    f->window = window;
    f->shape = fftwf_malloc(window * sizeof(float));
    f->windowed = fftwf_malloc(window * sizeof(float));
    f->spectrum = fftwf_malloc((window / 2 + 1) * sizeof(fftwf_complex));
    f->plan = fftwf_plan_dft_r2c_1d((int)window, f->windowed, f->spectrum, FFTW_MEASURE);
    for (uint32_t n = 0; n < window; n++) {
        f->shape[n] = (float)(0.5 * (1 - cos(6.283185307179586 * n / window)));
    }
    return f;
}

void floor_destroy(struct floor *f)
{
    fftwf_destroy_plan(f->plan);
    fftwf_free(f->shape);
    fftwf_free(f->windowed);
    fftwf_free(f->spectrum);
    free(f);
}

KERNEL static void apply(const float *restrict x, const float *restrict shape, float *restrict out,
                         uint32_t count)
{
    for (uint32_t n = 0; n < count; n++) {
        out[n] = x[n] * shape[n];
    }
}

void floor_pass(struct floor *f, const float *x)
{
    apply(x, f->shape, f->windowed, f->window);
    fftwf_execute(f->plan);
}
