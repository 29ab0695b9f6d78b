/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sinusoid under a peak, from spectra made of the Hann window's exact main lobe. */
#include "jack-client/dsp/sinusoid.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <string.h>

static const double pi = 3.14159265358979323846;
enum { BINS = 1024 };

static double lobe(double d)
{
    if (fabs(d) < 1e-9) {
        return 1;
    }
    if (fabs(fabs(d) - 1) < 1e-9) {
        return 0.5;
    }
    return sin(pi * d) / (pi * d) / (1 - d * d);
}

/* A spectrum as the transform gives it: not referred to the window's centre, so bin k is turned by k half
 * turns. */
static void fill(float spectrum[2 * BINS], double bin, double amplitude, double phase)
{
    memset(spectrum, 0, 2 * BINS * sizeof *spectrum);
    for (int k = (int)bin - 4; k <= (int)bin + 4; k++) {
        if (k >= 0 && k < BINS) {
            const double value = amplitude * lobe(k - bin) * (k % 2 ? -1 : 1);
            spectrum[2 * k] = (float)(value * cos(phase));
            spectrum[2 * k + 1] = (float)(value * sin(phase));
        }
    }
}

static void check(double bin, uint32_t peak, double amplitude, double phase)
{
    static float spectrum[2 * BINS];
    fill(spectrum, bin, amplitude, phase);
    const struct sinusoid got = sinusoid_at(spectrum, peak);
    CU_ASSERT_DOUBLE_EQUAL(got.bin, bin, 1e-6 * peak + 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(got.amplitude / amplitude, 1, 5e-6);
    CU_ASSERT_DOUBLE_EQUAL(remainder(got.phase - phase, 2 * pi), 0, 1e-6);
}

/* Noise alone in the neighbours, or nothing at all: still a number, and one within the lobe. */
static void peaks_that_are_no_sinusoid(void)
{
    static float spectrum[2 * BINS];
    memset(spectrum, 0, sizeof spectrum);
    spectrum[2 * 50] = 1;
    struct sinusoid got = sinusoid_at(spectrum, 50); /* alone: narrower than any sinusoid */
    CU_ASSERT(isfinite(got.bin) && isfinite(got.amplitude) && isfinite(got.phase));
    CU_ASSERT(got.bin >= 49 && got.bin <= 51 && got.amplitude >= 1);
    spectrum[2 * 49] = spectrum[2 * 51] = 1; /* flat, as of a click */
    got = sinusoid_at(spectrum, 50);
    CU_ASSERT_DOUBLE_EQUAL(fabs((double)got.bin - 50), 0.5, 1e-6);
    memset(spectrum, 0, sizeof spectrum);
    spectrum[2 * 2] = 1e-12F; /* an offset a hundred thousand times as strong in bin 1 */
    spectrum[2 * 1] = 1;
    got = sinusoid_at(spectrum, 2);
    CU_ASSERT(isfinite(got.amplitude) && got.bin >= 0 && got.bin <= 2);
}

static void exact_for_any_offset_from_the_bin(void)
{
    for (int step = -50; step <= 50; step++) {
        const double d = step / 100.0;
        check(100 + d, 100, 0.5, 0.3);
        check(101 + d, 101, 0.5, 0.3); /* an odd bin is turned the other way */
        check(3 + d, 3, 0.5, -2);
        check(1000 + d, 1000, 0.5, 3);
    }
}

static void next_to_the_places_where_the_formula_is_singular(void)
{
    static const double off[] = {0, 1e-12, 1e-9, 1e-7, 1e-6, 1e-5, 1e-3, 0.4999999, 0.5};
    for (size_t i = 0; i < sizeof off / sizeof off[0]; i++) {
        check(200 + off[i], 200, 1, 1);
        check(200 - off[i], 200, 1, 1);
        check(1 + off[i], 2, 1, 1); /* a whole bin away, where the lobe is one half */
        check(1 - off[i], 2, 1, 1);
    }
}

/* The peak is 2 and the sinusoid below: bin 1 is the larger, alpha above 1. */
static void the_neighbour_may_be_the_larger(void)
{
    for (double bin = 0.55; bin < 1.5; bin += 0.05) {
        check(bin, 2, 0.7, 0.4);
    }
}

static void any_amplitude(void)
{
    for (double amplitude = 1e-6; amplitude < 1e9; amplitude *= 10) {
        check(300.3, 300, amplitude, 1);
    }
}

/* (-pi, pi]: half a turn is +pi, whatever the sign of zero. */
static void the_phase_is_in_its_range(void)
{
    static float spectrum[2 * BINS];
    for (uint32_t peak = 10; peak < 12; peak++) {
        for (int sign = -1; sign <= 1; sign += 2) {
            memset(spectrum, 0, sizeof spectrum);
            spectrum[2 * peak] = peak % 2 ? 1 : -1;
            spectrum[2 * peak + 1] = copysignf(0, (float)sign);
            const double got = (double)sinusoid_at(spectrum, peak).phase;
            CU_ASSERT_DOUBLE_EQUAL(got, pi, 1e-6);
        }
    }
    for (int step = 0; step < 64; step++) {
        const double phase = remainder(2 * pi * step / 64 + 0.01, 2 * pi);
        check(400.2, 400, 1, phase);
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"peaks that are no sinusoid", peaks_that_are_no_sinusoid},
        {"exact for any offset from the bin", exact_for_any_offset_from_the_bin},
        {"next to the singular places", next_to_the_places_where_the_formula_is_singular},
        {"the neighbour may be the larger", the_neighbour_may_be_the_larger},
        {"any amplitude", any_amplitude},
        {"the phase is in its range", the_phase_is_in_its_range},
        CU_TEST_INFO_NULL,
    };
    return unit_run("sinusoid", tests);
}
