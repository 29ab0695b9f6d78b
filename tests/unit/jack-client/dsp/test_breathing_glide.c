/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The breathing while something changes: nothing clicks, and the phase that it tells is the phase it has. */
#include "jack-client/dsp/breathing.h"
#include "tests/unit/jack-client/dsp/signals.h"
#include "tests/unit/jack-client/dsp/spectrum.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { RATE = 48000, GLIDE = RATE / 10, LENGTH = 6 * RATE / 5, CHANGE_AT = RATE / 2, CHANNELS = 3 };

static const double two_pi = 6.28318530717958647692;
static const double phi = 1.6180339887498948482;

static struct breathing breathing;

static void begin(uint32_t channels, double depth, double rate, bool on)
{
    breathing_init(&breathing, RATE, channels);
    breathing_set_depth(&breathing, depth);
    breathing_set_rate(&breathing, rate);
    breathing_set_on(&breathing, on);
    breathing_resume(&breathing, RATE, channels);
}

static struct take tone(void)
{
    struct take take = take_new(CHANNELS, LENGTH);
    for (uint32_t i = 0; i < CHANNELS; i++) {
        signal_add_tone(take.channel[i], LENGTH, 1, 1000.0 / RATE, 0);
    }
    return take;
}

static void pass(struct take *take, uint32_t first, uint32_t count)
{
    float *channels[CHANNELS_MAX];
    for (uint32_t i = 0; i < take->channels; i++) {
        channels[i] = take->channel[i] + first;
    }
    breathing_pass(&breathing, (const float *const *)channels, channels, count);
}

/* --- clicks --- */

static void switch_on(uint32_t passed)
{
    if (passed == 0) {
        breathing_set_on(&breathing, true);
    }
}

static void switch_off(uint32_t passed)
{
    if (passed == 0) {
        breathing_set_on(&breathing, false);
    }
}

static void full_depth(uint32_t passed)
{
    if (passed == 0) {
        breathing_set_depth(&breathing, 1);
    }
}

static void turn_phase(uint32_t passed)
{
    if (passed == 0) {
        breathing_set_phase(&breathing, breathing_phase(&breathing, 0) + 3.1);
    }
}

static void speed_up(uint32_t passed)
{
    if (passed == 0) {
        breathing_set_rate(&breathing, 10);
    }
}

static void all_at_once(uint32_t passed)
{
    switch_on(passed);
    full_depth(passed);
    turn_phase(passed);
    speed_up(passed);
}

/* A change in the middle of a change: on, off, on ... every 50 ms. */
static void flicker(uint32_t passed)
{
    if (passed % (GLIDE / 2) == 0) {
        breathing_set_on(&breathing, passed / (GLIDE / 2) % 2 == 0);
    }
}

/* A fader that goes up and down in 127 steps each way, one every 2 ms. */
static void move_fader(uint32_t passed)
{
    if (passed % 96 == 0) {
        const uint32_t step = passed / 96 % 254;
        breathing_set_depth(&breathing, (step < 127 ? step : 254 - step) / 127.0);
    }
}

static void jump_about(uint32_t passed)
{
    static struct random random = {77};
    if (passed % 48 == 0) {
        breathing_set_depth(&breathing, random_uniform(&random));
        breathing_set_phase(&breathing, two_pi * random_uniform(&random));
        breathing_set_rate(&breathing, 10 * random_uniform(&random));
        breathing_set_on(&breathing, random_uniform(&random) < 0.5);
    }
}

/* The loudest in any window of any channel, dBFS; at most one block of 48 samples from command to command. */
static double loudest_stray(void (*change)(uint32_t passed), bool on)
{
    struct take take = tone();
    double worst = 0;
    begin(CHANNELS, 1 / phi, 1 / phi, on);
    for (uint32_t at = 0; at < LENGTH; at += 48) {
        if (at >= CHANGE_AT) {
            change(at - CHANGE_AT);
        }
        pass(&take, at, 48);
    }
    for (uint32_t i = 0; i < CHANNELS; i++) {
        keep_worst(&worst, spectrum_stray(take.channel[i], LENGTH, 1000.0 / RATE, 200.0 / RATE));
    }
    take_free(&take);
    return 20 * log10(worst);
}

static void nothing_clicks(void)
{
    static const struct {
        const char *what;
        void (*change)(uint32_t passed);
        bool on;
    } cases[] = {
        {"switched on", switch_on, false},    {"switched off", switch_off, true},
        {"depth to 1", full_depth, true},     {"phase turned by 3.1 rad", turn_phase, true},
        {"rate to 10 Hz", speed_up, true},    {"all at once", all_at_once, false},
        {"on and off", flicker, false},       {"a fader moved", move_fader, true},
        {"jumping about", jump_about, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const double stray = loudest_stray(cases[i].change, cases[i].on);
        printf("\n  %s: %.1f dBFS", cases[i].what, stray);
        CU_ASSERT(stray < -80);
    }
}

/* What the test above would hear if there were no glide. */
static void a_click_is_heard(void)
{
    struct take take = tone();
    for (uint32_t n = CHANGE_AT; n < LENGTH; n++) {
        take.channel[0][n] *= 0.7F;
    }
    CU_ASSERT(spectrum_stray(take.channel[0], LENGTH, 1000.0 / RATE, 200.0 / RATE) > from_db(-60));
    CU_ASSERT(spectrum_stray(take.channel[1], LENGTH, 1000.0 / RATE, 200.0 / RATE) < from_db(-90));
    take_free(&take);
}

/* A hand that never rests is followed all the same, not only once it rests. */
static void a_moving_fader_is_followed(void)
{
    enum { STEP = 96, STEPS = 500 };
    struct take take = take_new(1, STEP * (STEPS + 1));
    signal_add_constant(take.channel[0], take.length, 1);
    begin(1, 0, BREATHING_RATE_MIN, true);
    breathing_set_phase(&breathing, -0.25 * two_pi); /* where the gain is 1 - depth */
    breathing_resume(&breathing, RATE, 1);
    for (uint32_t i = 0; i <= STEPS; i++) {
        breathing_set_depth(&breathing, (double)i / STEPS);
        pass(&take, i * STEP, STEP);
    }
    double worst = 0;
    for (uint32_t n = GLIDE; n < take.length; n++) {
        const double wanted = (double)(n - GLIDE / 2) / STEP / STEPS; /* half a glide ago */
        keep_worst(&worst, fabs(1 - (double)take.channel[0][n] - wanted));
    }
    CU_ASSERT(worst < 0.02);
    take_free(&take);
}

/* --- phase --- */

static double apart(double a, double b)
{
    return fabs(remainder(a - b, two_pi));
}

/* theta at each sample, as the formulas and the 100 ms raised cosines give it. */
static double raised(double samples)
{
    const double part = samples / GLIDE;
    return part <= 0 ? 0 : part >= 1 ? 1 : 0.5 * (1 - cos(0.5 * two_pi * part));
}

enum { SCENE = RATE, RATE_AT = 9600, TURN_AT = 19200, STOP_AT = 33600 };

static void ask(uint32_t at)
{
    switch (at) {
    case 0: breathing_set_on(&breathing, true); break;
    case RATE_AT: breathing_set_rate(&breathing, 10); break;
    case TURN_AT: breathing_shift_phase(&breathing, -3); break;
    case STOP_AT: breathing_set_on(&breathing, false); break;
    default: break;
    }
}

static void expect_theta(double theta[SCENE + 1])
{
    theta[0] = 0;
    for (uint32_t n = 0; n < SCENE; n++) {
        const double rate = 0.5 + (10 - 0.5) * raised(n + 0.5 - RATE_AT);
        const double turn = -3 * (raised(n + 1.0 - TURN_AT) - raised((double)n - TURN_AT));
        const bool stands = n >= STOP_AT + GLIDE;
        theta[n + 1] = theta[n] + (stands ? 0 : two_pi * rate / RATE + turn);
    }
}

/* What was the phase `ago` samples before the block's end? And is it the one that the gain had? */
static void check_phases(const struct take *take, const double *theta, uint32_t end, double *worst,
                         double *worst_gain)
{
    static const uint32_t ago[] = {0, 1, 15, 16, 17, 100, 1024, 1536, 8192, 12000};
    for (size_t i = 0; i < sizeof ago / sizeof ago[0] && ago[i] <= end; i++) {
        const uint32_t n = end - ago[i];
        const double phase = breathing_phase(&breathing, ago[i]);
        CU_ASSERT(phase >= 0 && phase < two_pi);
        keep_worst(worst, apart(phase, theta[n]));
        if (n >= GLIDE && n < STOP_AT && n < end) {
            keep_worst(worst_gain, fabs((double)take->channel[0][n] - 1 + 0.5 * (1 - sin(phase))));
        }
    }
}

static void the_phase_told_is_the_phase_it_has(void)
{
    static const uint32_t blocks[] = {32, 25, 39}; /* 96 in all; in the middle of a segment, too */
    static double theta[SCENE + 1];
    double worst = 0;
    double worst_gain = 0;
    struct take take = take_new(1, SCENE);
    signal_add_constant(take.channel[0], SCENE, 1);
    expect_theta(theta);
    begin(1, 1, 0.5, false);
    for (uint32_t at = 0, block = 0; at < SCENE; at += blocks[block], block = (block + 1) % 3) {
        ask(at);
        pass(&take, at, blocks[block]);
        check_phases(&take, theta, at + blocks[block], &worst, &worst_gain);
    }
    printf("\n  phase within %.1e rad, its gain within %.1e", worst, worst_gain);
    CU_ASSERT(worst < 1e-3);
    CU_ASSERT(worst_gain < 1e-4);
    take_free(&take);
}

static void a_phase_asked_for_comes(void)
{
    static const double wanted[] = {0, 1, 3, 3.2, 6.2, -1, 100, -1e6, 1e6};
    for (int on = 0; on < 2; on++) {
        begin(1, 0.5, BREATHING_RATE_MIN, on);
        for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
            struct take take = take_new(1, GLIDE + 32);
            breathing_set_phase(&breathing, wanted[i]);
            pass(&take, 0, take.length);
            const double moved = on * two_pi * BREATHING_RATE_MIN * take.length / RATE;
            CU_ASSERT(apart(breathing_phase(&breathing, 0), wanted[i] + moved) < 1e-6);
            take_free(&take);
        }
    }
}

/* In the middle of a glide and of a segment, the server's rate changes. */
static void phase_goes_on_at_another_rate(void)
{
    static const double rates[] = {44100, 96000, 8000, 48000};
    struct take take = take_new(2, 1000);
    begin(2, 1, 10, true);
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        pass(&take, 0, 997);
        const double before = breathing_phase(&breathing, 0);
        breathing_resume(&breathing, rates[i], 2);
        CU_ASSERT(apart(breathing_phase(&breathing, 0), before) < 1e-9);
        CU_ASSERT(apart(breathing_phase(&breathing, 500), before) < 1e-9); /* there is no sound from then */
        pass(&take, 0, 400);
        const double moved = two_pi * 10 * 400 / rates[i];
        CU_ASSERT(apart(breathing_phase(&breathing, 0), before + moved) < 1e-6);
    }
    take_free(&take);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"a click is heard", a_click_is_heard},
        {"nothing clicks", nothing_clicks},
        {"a moving fader is followed", a_moving_fader_is_followed},
        {"the phase told is the phase it has", the_phase_told_is_the_phase_it_has},
        {"a phase asked for comes", a_phase_asked_for_comes},
        {"phase goes on at another rate", phase_goes_on_at_another_rate},
        CU_TEST_INFO_NULL,
    };
    return unit_run("breathing_glide", tests);
}
