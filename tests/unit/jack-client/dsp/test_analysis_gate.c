/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When a channel is active: the RMS of the used bins against the gate, with 6 dB of hysteresis. */
#include "tests/unit/jack-client/dsp/signals.h"
#include "tests/unit/unit.h"

#include <math.h>

static struct analysis *analysis;
static struct analysis_config config;

static void open_with_gate(double gate_db)
{
    config = ANALYSIS_DEFAULTS;
    config.channels = 2;
    config.window = 1024;
    config.gate_db = gate_db;
    CU_ASSERT_EQUAL_FATAL(analysis_create(&config, &analysis), STATUS_OK);
}

/* One window of two channels: a tone of that RMS in each, on bin 100. */
static struct analysis_frame frame_of(double rms_a, double rms_b)
{
    struct analysis_frame frame = {0};
    struct take take = take_new(2, 1024);
    signal_add_tone(take.channel[0], 1024, sqrt(2) * rms_a, 100.0 / 1024, 0.3);
    signal_add_tone(take.channel[1], 1024, sqrt(2) * rms_b, 100.0 / 1024, 0.3);
    analysis_restart_window(analysis);
    struct frames frames = take_feed(&take, analysis, config.hop, 0, 1024, 256);
    CU_ASSERT_EQUAL(frames.count, 1);
    if (frames.count == 1) {
        frame = frames.frame[0];
        CU_ASSERT(frame_is_good(&frame, &config)); /* an inactive channel reports 0, 0, 0, false */
    }
    frames_free(&frames);
    take_free(&take);
    return frame;
}

static void opens_at_the_gate(void)
{
    static const double gates[] = {-120, -90, -60, -37.5, -6, 0};
    for (size_t i = 0; i < sizeof gates / sizeof gates[0]; i++) {
        open_with_gate(gates[i]);
        const double gate = from_db(gates[i]);
        CU_ASSERT_EQUAL(frame_of(gate * (1 - 1e-5), 0).active_channels, 0);
        CU_ASSERT_EQUAL(frame_of(0, gate * (1 - 1e-5)).active_channels, 0);
        const struct analysis_frame open = frame_of(gate * (1 + 1e-5), 0);
        CU_ASSERT_EQUAL(open.active_channels, 1);
        CU_ASSERT_EQUAL(open.channel[0].active, 1);
        CU_ASSERT_DOUBLE_EQUAL((double)open.channel[0].amplitude / (sqrt(2) * gate), 1, 5e-4);
        analysis_destroy(analysis);
    }
}

static void closes_6_db_below(void)
{
    open_with_gate(-60);
    const double gate = from_db(-60);
    const double low = from_db(-66);
    CU_ASSERT_EQUAL(frame_of(low * (1 + 1e-5), 0).active_channels, 0); /* never was open */
    CU_ASSERT_EQUAL(frame_of(gate * 2, gate * 2).active_channels, 2);
    CU_ASSERT_EQUAL(frame_of(low * (1 + 1e-5), gate).active_channels, 2);
    CU_ASSERT_EQUAL(frame_of(low * (1 + 1e-5), gate).active_channels, 2); /* for as long as it lasts */
    CU_ASSERT_EQUAL(frame_of(low * (1 - 1e-5), gate).active_channels, 1);
    CU_ASSERT_EQUAL(frame_of(low * (1 + 1e-5), gate).active_channels, 1); /* and does not come back there */
    CU_ASSERT_EQUAL(frame_of(gate * (1 - 1e-5), gate).active_channels, 1);
    CU_ASSERT_EQUAL(frame_of(gate * (1 + 1e-5), low * (1 - 1e-5)).active_channels, 1);
    CU_ASSERT_EQUAL(frame_of(0, 0).active_channels, 0);
    analysis_destroy(analysis);
}

/* The level is the RMS of the whole, not of one bin, and the unused bins have no part in it. */
static void the_level_is_the_rms_of_the_used_bins(void)
{
    open_with_gate(-40);
    for (int above = 0; above < 2; above++) {
        struct take take = take_new(2, 1024);
        /* Four tones, far apart, of 1/4 of the power each; and outside the used bins a lot more. */
        const double rms = from_db(-40) * (above ? 1 + 1e-4 : 1 - 1e-4);
        for (int tone = 0; tone < 4; tone++) {
            signal_add_tone(take.channel[0], 1024, sqrt(2) * rms / 2, (50.0 + 100 * tone) / 1024, tone);
        }
        signal_add_constant(take.channel[0], 1024, 0.3);
        signal_add_tone(take.channel[0], 1024, 0.3, 0.5, 0); /* Nyquist: leaks into W/2 - 1 and no further */
        struct frames frames = take_feed(&take, analysis, config.hop, 0, 1024, 1024);
        CU_ASSERT_EQUAL_FATAL(frames.count, 1);
        CU_ASSERT_EQUAL(frames.frame[0].active_channels, (uint32_t)above);
        frames_free(&frames);
        take_free(&take);
        analysis_restart_window(analysis);
    }
    analysis_destroy(analysis);
}

/* In a stream: a tone that fades by 1 dB per frame and comes back. */
static void a_fading_tone_opens_and_closes_once(void)
{
    open_with_gate(-60);
    struct take take = take_new(2, 200 * 512);
    for (uint32_t n = 0; n < take.length; n++) {
        const double db = -100 + fabs((double)n - 100 * 512) / 512;
        take.channel[0][n] = (float)(from_db(db) * sqrt(2) * cos(0.7 * n));
    }
    struct frames frames = take_feed(&take, analysis, config.hop, 0, take.length, 64);
    uint32_t changes = 0;
    for (uint32_t m = 1; m < frames.count; m++) {
        changes += frames.frame[m].active_channels != frames.frame[m - 1].active_channels;
        const double centre = 512.0 * m + 512; /* of the window: the level there, to within a decibel */
        const double db = -100 + fabs(centre - 100 * 512) / 512;
        const bool falling = centre < 100 * 512;
        if (fabs(db - (falling ? -66 : -60)) > 1) {
            CU_ASSERT_EQUAL(frames.frame[m].active_channels, db > (falling ? -66 : -60));
        }
    }
    CU_ASSERT_EQUAL(changes, 2);
    frames_free(&frames);
    take_free(&take);
    analysis_destroy(analysis);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"opens at the gate", opens_at_the_gate},
        {"closes 6 dB below", closes_6_db_below},
        {"the level is the RMS of the used bins", the_level_is_the_rms_of_the_used_bins},
        {"a fading tone opens and closes once", a_fading_tone_opens_and_closes_once},
        CU_TEST_INFO_NULL,
    };
    return unit_run("analysis_gate", tests);
}
