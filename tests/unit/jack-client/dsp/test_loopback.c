/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The calibration's signal is found where it was put, and refused for the right reason. */
#include "jack-client/dsp/loopback.h"
#include "tests/unit/jack-client/dsp/signals.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SINC_REACH = 64 };

static const float level = 0.1F; /* -20 dBFS */
static const double pi = 3.14159265358979323846;

/* What came back: silence at first. */
struct recording {
    float *sample;
    uint32_t length;
};

static struct recording recording_new(uint32_t rate)
{
    const uint32_t length = LOOPBACK_SIGNAL + (uint32_t)(1.02 * rate);
    const struct recording r = {calloc(length, sizeof *r.sample), length};
    CU_ASSERT_PTR_NOT_NULL_FATAL(r.sample);
    return r;
}

/* A sinc of so many samples either way, under a Hann window. */
static double band_limited(double x)
{
    if (fabs(x) < 1e-9) {
        return 1;
    }
    return fabs(x) >= SINC_REACH ? 0 : sin(pi * x) / (pi * x) * 0.5 * (1 + cos(pi * x / SINC_REACH));
}

/* Adds the signal, so many samples late and so loud. */
static void add_return(const struct recording *r, double delay, double gain)
{
    static float signal[LOOPBACK_SIGNAL];
    loopback_signal(signal, level);
    const int64_t whole = (int64_t)floor(delay);
    const double part = delay - (double)whole;
    const int reach = part > 0 ? SINC_REACH : 0;
    for (int64_t n = 0; n < LOOPBACK_SIGNAL; n++) {
        for (int64_t k = -reach; k <= reach; k++) {
            const int64_t at = whole + n + k;
            if (at >= 0 && at < r->length) {
                r->sample[at] += (float)(gain * (double)signal[n] * band_limited((double)k - part));
            }
        }
    }
}

static void limit(const struct recording *r)
{
    for (uint32_t n = 0; n < r->length; n++) {
        r->sample[n] = fminf(fmaxf(r->sample[n], -1), 1);
    }
}

/* Judges and frees the recording. */
static struct loopback_result verdict_on(struct recording r)
{
    struct loopback_result result;
    CU_ASSERT_EQUAL(loopback_find(r.sample, r.length, level, &result), STATUS_OK);
    CU_ASSERT(isfinite(result.delay) && result.delay >= 0 && result.delay <= r.length - LOOPBACK_SIGNAL);
    CU_ASSERT(isfinite(result.gain));
    CU_ASSERT(result.confidence >= 0 && result.confidence <= 1);
    free(r.sample);
    return result;
}

static void expect(struct recording r, enum loopback_verdict verdict)
{
    const struct loopback_result result = verdict_on(r);
    CU_ASSERT_EQUAL(result.verdict, verdict);
    if (result.verdict != verdict) {
        printf("%s; delay %g, gain %g, confidence %g\n", loopback_verdict_str(result.verdict), result.delay,
               result.gain, result.confidence);
    }
}

/* How far off the delay was found. */
static double found(struct recording r, double delay)
{
    const struct loopback_result result = verdict_on(r);
    CU_ASSERT_EQUAL(result.verdict, LOOPBACK_FOUND);
    return fabs(result.delay - delay);
}

/* --- refusals --- */

static void wrong_parameters(void)
{
    static float zeros[LOOPBACK_SIGNAL];
    struct loopback_result result;
    CU_ASSERT_EQUAL(loopback_find(zeros, 0, level, &result), STATUS_BAD_ARG);
    CU_ASSERT_EQUAL(loopback_find(zeros, LOOPBACK_SIGNAL - 1, level, &result), STATUS_BAD_ARG);
    CU_ASSERT_EQUAL(loopback_find(zeros, (UINT32_C(1) << 24) + 1, level, &result), STATUS_BAD_ARG);
    CU_ASSERT_EQUAL(loopback_find(zeros, UINT32_MAX, level, &result), STATUS_BAD_ARG);
    CU_ASSERT_EQUAL(loopback_find(zeros, LOOPBACK_SIGNAL, 0, &result), STATUS_BAD_ARG);
    CU_ASSERT_EQUAL(loopback_find(zeros, LOOPBACK_SIGNAL, -0.1F, &result), STATUS_BAD_ARG);
    CU_ASSERT_EQUAL(loopback_find(zeros, LOOPBACK_SIGNAL, NAN, &result), STATUS_BAD_ARG);
    CU_ASSERT_EQUAL(loopback_find(zeros, LOOPBACK_SIGNAL, level, &result), STATUS_OK);
    CU_ASSERT_EQUAL(result.verdict, LOOPBACK_SILENT);
}

static void silence_is_called_silence(void)
{
    struct random random = {1};
    expect(recording_new(48000), LOOPBACK_SILENT);
    struct recording r = recording_new(48000);
    signal_add_noise(r.sample, r.length, NOISE_WHITE, 3e-6, &random); /* a converter's own, -110 dBFS */
    expect(r, LOOPBACK_SILENT);
}

static void what_is_not_the_signal_is_noise(void)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct random random = {seed};
        struct recording r = recording_new(48000);
        signal_add_noise(r.sample, r.length, (enum noise_colour)(seed % 3), 0.1, &random);
        limit(&r);
        expect(r, LOOPBACK_NOISE);
    }
    struct recording r = recording_new(48000);
    signal_add_tone(r.sample, r.length, 0.5, 50.0 / 48000, 0);
    expect(r, LOOPBACK_NOISE);
    r = recording_new(48000);
    signal_add_constant(r.sample, r.length, 0.25);
    expect(r, LOOPBACK_NOISE);
    r = recording_new(48000);
    signal_add_clicks(r.sample, r.length, 0.9, 1000);
    expect(r, LOOPBACK_NOISE);
}

/* It comes too late for the recording: only its beginning is there. */
static void a_delay_beyond_the_recording_is_noise(void)
{
    static const double delays[] = {50000, 55000, 60000};
    for (size_t i = 0; i < sizeof delays / sizeof delays[0]; i++) {
        struct recording r = recording_new(48000);
        add_return(&r, delays[i], 1);
        expect(r, LOOPBACK_NOISE);
    }
}

static void what_is_cut_off_is_clipped(void)
{
    static const double gains[] = {10.5, -15, 1000};
    for (size_t i = 0; i < sizeof gains / sizeof gains[0]; i++) {
        struct recording r = recording_new(48000);
        add_return(&r, 1234, gains[i]);
        limit(&r);
        expect(r, LOOPBACK_CLIPPED);
    }
    struct recording r = recording_new(48000);
    add_return(&r, 1234, 9.5);
    r.sample[100] = r.sample[200] = -1; /* two clicks are no clipping */
    CU_ASSERT(found(r, 1234) < 0.01);
}

static void two_returns_are_ambiguous(void)
{
    static const double gains[] = {1, 0.9, -1, -0.71}; /* of the second, to -3 dB */
    static const double distances[] = {33, 100, 4800, 40000};
    for (size_t g = 0; g < sizeof gains / sizeof gains[0]; g++) {
        for (size_t d = 0; d < sizeof distances / sizeof distances[0]; d++) {
            struct recording r = recording_new(48000);
            add_return(&r, 500, 1);
            add_return(&r, 500 + distances[d], gains[g]);
            expect(r, LOOPBACK_AMBIGUOUS);
        }
    }
}

/* --- finding --- */

static void the_signal_is_the_same_every_time(void)
{
    static float first[LOOPBACK_SIGNAL];
    static float again[LOOPBACK_SIGNAL];
    double sum = 0;
    loopback_signal(first, 0.5F);
    loopback_signal(again, 0.5F);
    CU_ASSERT_EQUAL(memcmp(first, again, sizeof first), 0);
    for (uint32_t n = 0; n < LOOPBACK_SIGNAL; n++) {
        CU_ASSERT_EQUAL(fabsf(first[n]), 0.5F); /* as loud as was asked, and no louder */
        sum += (double)first[n];
    }
    CU_ASSERT(fabs(sum) <
              0.02 * 0.5 * LOOPBACK_SIGNAL); /* no offset that a coupling capacitor would take away */
}

static void whole_delays_at_every_rate(void)
{
    static const uint32_t rates[] = {44100, 48000, 88200, 96000, 176400, 192000};
    static const uint32_t delays[] = {0, 1, 2, 31, 32, 100, 4800, 44100, 48000};
    double worst = 0;
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        for (size_t d = 0; d < sizeof delays / sizeof delays[0]; d++) {
            const uint32_t delay = delays[d] > rates[i] ? rates[i] : delays[d];
            struct recording r = recording_new(rates[i]);
            add_return(&r, delay, 1);
            keep_worst(&worst, found(r, delay));
        }
        struct recording r = recording_new(rates[i]);
        add_return(&r, rates[i], 0.5); /* one second */
        keep_worst(&worst, found(r, rates[i]));
    }
    printf("whole delays: worst %.6f samples\n", worst);
    CU_ASSERT(worst < 0.001);
}

static void fractions_of_a_sample(void)
{
    double worst = 0;
    for (int i = 0; i < 40; i++) {
        const double delay = 0.25 + i * 1201.0 + i * 0.025;
        struct recording r = recording_new(48000);
        add_return(&r, delay, 1);
        keep_worst(&worst, found(r, delay));
    }
    printf("fractions: worst %.4f samples\n", worst);
    CU_ASSERT(worst < 0.02);
}

static void gain_and_polarity(void)
{
    static const double gains[] = {1, -1, 9, -0.5, 0.1, -0.01, 0.001};
    for (size_t i = 0; i < sizeof gains / sizeof gains[0]; i++) {
        struct recording r = recording_new(48000);
        add_return(&r, 321, gains[i]);
        const struct loopback_result result = verdict_on(r);
        CU_ASSERT_EQUAL(result.verdict, LOOPBACK_FOUND);
        CU_ASSERT_DOUBLE_EQUAL(result.gain, gains[i], 1e-4 * fabs(gains[i]));
        CU_ASSERT_DOUBLE_EQUAL(result.delay, 321, 0.001);
        CU_ASSERT(result.confidence > 0.9);
    }
}

/* Noise beside the return, so many dB below it; the return anywhere up to a second. */
static double worst_in_noise(double db, enum noise_colour colour)
{
    double worst = 0;
    struct random random = {77};
    for (int i = 0; i < 30; i++) {
        const double delay = random_uniform(&random) * 48000;
        struct recording r = recording_new(48000);
        add_return(&r, delay, 1);
        signal_add_noise(r.sample, r.length, colour, (double)level * from_db(db), &random);
        keep_worst(&worst, found(r, delay));
    }
    return worst;
}

static void noise_beside_the_signal(void)
{
    const double clean = worst_in_noise(-20, NOISE_WHITE);
    const double equal = worst_in_noise(0, NOISE_WHITE);
    const double pink = worst_in_noise(-20, NOISE_PINK);
    printf("white noise at -20 dB: worst %.4f samples; at 0 dB: %.4f; pink at -20 dB: %.4f\n", clean, equal,
           pink);
    CU_ASSERT(clean < 0.1); /* asked for: 2 */
    CU_ASSERT(equal < 2);
    CU_ASSERT(pink < 0.1);
}

static void a_faint_echo_is_no_second_answer(void)
{
    static const double gains[] = {0.251, -0.251}; /* -12 dB */
    for (size_t i = 0; i < sizeof gains / sizeof gains[0]; i++) {
        struct recording r = recording_new(48000);
        add_return(&r, 700, 1);
        add_return(&r, 1900, gains[i]);
        CU_ASSERT(found(r, 700) < 0.1);
        r = recording_new(48000);
        add_return(&r, 700, gains[i]); /* a faint way round that is the shorter one: crosstalk */
        add_return(&r, 1900, 1);
        CU_ASSERT(found(r, 1900) < 0.1);
    }
}

/* Samples that are no sound count as 0. */
static void samples_that_are_no_numbers(void)
{
    static const float bad[] = {NAN, INFINITY, -INFINITY, 1e30F, -3e38F};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct recording r = recording_new(48000);
        r.sample[10] = r.sample[5000] = bad[i];
        expect(r, LOOPBACK_SILENT);
        r = recording_new(48000);
        add_return(&r, 4321, 1);
        r.sample[10] = r.sample[5000] = r.sample[60000] = bad[i];
        CU_ASSERT(found(r, 4321) < 0.05);
        r = recording_new(48000);
        for (uint32_t n = 0; n < r.length; n++) {
            r.sample[n] = bad[i];
        }
        CU_ASSERT_NOT_EQUAL(verdict_on(r).verdict, LOOPBACK_FOUND);
    }
}

static void every_verdict_has_words_of_its_own(void)
{
    for (int a = LOOPBACK_FOUND; a <= LOOPBACK_AMBIGUOUS; a++) {
        CU_ASSERT(strlen(loopback_verdict_str((enum loopback_verdict)a)) > 3);
        for (int b = LOOPBACK_FOUND; b < a; b++) {
            CU_ASSERT_STRING_NOT_EQUAL(loopback_verdict_str((enum loopback_verdict)a),
                                       loopback_verdict_str((enum loopback_verdict)b));
        }
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"wrong parameters", wrong_parameters},
        {"silence is called silence", silence_is_called_silence},
        {"what is not the signal is noise", what_is_not_the_signal_is_noise},
        {"a delay beyond the recording is noise", a_delay_beyond_the_recording_is_noise},
        {"what is cut off is clipped", what_is_cut_off_is_clipped},
        {"two returns are ambiguous", two_returns_are_ambiguous},
        {"the signal is the same every time", the_signal_is_the_same_every_time},
        {"whole delays at every rate", whole_delays_at_every_rate},
        {"fractions of a sample", fractions_of_a_sample},
        {"gain and polarity", gain_and_polarity},
        {"noise beside the signal", noise_beside_the_signal},
        {"a faint echo is no second answer", a_faint_echo_is_no_second_answer},
        {"samples that are no numbers", samples_that_are_no_numbers},
        {"every verdict has words of its own", every_verdict_has_words_of_its_own},
        CU_TEST_INFO_NULL,
    };
    return unit_run("loopback", tests);
}
