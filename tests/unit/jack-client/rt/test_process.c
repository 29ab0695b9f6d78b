/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The process callback under the guard of rt_guard.h: nothing forbidden is called, and what comes in goes
 * out. */
#include "tests/unit/jack-client/rt/rig.h"
#include "tests/unit/jack-client/rt/rt_guard.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static struct analysis_config with(uint32_t channels, uint32_t window, uint32_t hop)
{
    struct analysis_config config = ANALYSIS_DEFAULTS;
    config.channels = channels;
    config.window = window;
    config.hop = hop;
    config.channel_bands = rig_wanted != 0;
    return config;
}

/* What has been published is readable and as new as the reports say. */
static void check_telemetry(const struct rig *rig)
{
    struct metrics_snapshot snapshot;
    const uint64_t frames = atomic_load(&rig->rt->reports.frames);
    const enum status status = telemetry_read_metrics(rig->rt->telemetry, &snapshot);
    if (frames == 0) {
        CU_ASSERT_EQUAL(status, STATUS_EMPTY);
        return;
    }
    CU_ASSERT_EQUAL(status, STATUS_OK);
    CU_ASSERT_EQUAL(snapshot.frame, frames - 1);
    CU_ASSERT_EQUAL(snapshot.channel_count, rig->rt->ports.channels);
    CU_ASSERT_EQUAL(snapshot.parts, rig_wanted ? rig_wanted | PART_CHANNEL_BANDS : 0);
}

static void wrong_configurations_are_refused(void)
{
    static struct rt rt;
    const struct analysis_config wrong[] = {
        with(0, 2048, 512), with(65, 2048, 512), with(8, 2000, 512), with(8, 32768, 512),
        with(8, 2048, 32),  with(8, 2048, 4096), with(8, 2048, 500),
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        CU_ASSERT_EQUAL(rig_prepare(&rt, &wrong[i]), STATUS_BAD_ARG);
        CU_ASSERT_PTR_NULL(rt.engine.analysis);
        rt_release(&rt); /* releasing what was never prepared does no harm */
    }
}

/* The guard sees into FFTW: making a plan, which may allocate, is caught where running one is not. */
static void preparing_is_no_work_for_the_callback(void)
{
    static struct rt rt;
    const struct analysis_config config = with(1, 256, 64);
    rt_guard_enter();
    const enum status status = rig_prepare(&rt, &config);
    const uint32_t calls = rt_guard_leave();
    CU_ASSERT_EQUAL(status, STATUS_OK);
    CU_ASSERT(calls > 10 || !rt_guard_armed());
    rt_release(&rt);
}

static void first_periods_publish_nothing(void)
{
    struct rig rig;
    const struct analysis_config config = with(2, 2048, 512);
    rig_open(&rig, &config);
    check_telemetry(&rig);
    for (int i = 0; i < 31; i++) {
        rig_fill_noise(&rig, 64);
        rig_cycle(&rig, 64);
        check_telemetry(&rig);
    }
    CU_ASSERT_EQUAL(atomic_load(&rig.rt->reports.frames), 0);
    rig_fill_noise(&rig, 64);
    rig_cycle(&rig, 64);
    CU_ASSERT_EQUAL(atomic_load(&rig.rt->reports.frames), 1);
    check_telemetry(&rig);
    rig_close(&rig);
}

/* Every usual period, with 1, 8 and 64 channels: frames as many as samples ask for. */
static void steady_periods(void)
{
    static const uint32_t channels[] = {1, 8, 64};
    for (size_t c = 0; c < 3; c++) {
        for (uint32_t period = 16; period <= OFFLINE_PERIOD_MAX; period *= 2) {
            struct rig rig;
            const struct analysis_config config = with(channels[c], 2048, 512);
            rig_open(&rig, &config);
            const uint32_t cycles = 16384 / period + 8;
            for (uint32_t i = 0; i < cycles; i++) {
                rig_fill_noise(&rig, period);
                rig_cycle(&rig, period);
            }
            const uint64_t due = (rig.samples - 2048) / 512 + 1;
            const uint64_t frames = atomic_load(&rig.rt->reports.frames);
            CU_ASSERT(frames == due || (channels[c] > 8 && frames + 1 == due));
            CU_ASSERT_EQUAL(atomic_load(&rig.rt->reports.callbacks), cycles);
            CU_ASSERT_EQUAL(atomic_load(&rig.rt->reports.period), period);
            CU_ASSERT_EQUAL(atomic_load(&rig.rt->reports.gaps), 0);
            check_telemetry(&rig);
            rig_close(&rig);
        }
    }
}

static void periods_of_any_size(void)
{
    static const uint32_t channels[] = {1, 8, 64};
    for (size_t c = 0; c < 3; c++) {
        struct rig rig;
        const struct analysis_config config = with(channels[c], 1024, 128);
        rig_open(&rig, &config);
        uint64_t before = 0;
        for (int i = 0; i < 200; i++) {
            const uint32_t most = i % 3 == 0 ? OFFLINE_PERIOD_MAX : i % 3 == 1 ? 256 : 8;
            const uint32_t count = random_range(&rig.random, 1, most);
            if (i % 10 < 2) {
                rig_fill_bits(&rig, count);
            } else {
                rig_fill_noise(&rig, count);
            }
            rig_cycle(&rig, count);
            const uint64_t frames = atomic_load(&rig.rt->reports.frames);
            CU_ASSERT(frames >= before);
            before = frames;
            if (i % 50 == 49) {
                rig_skip(&rig, random_range(&rig.random, 1, 10000));
            }
        }
        CU_ASSERT(before > 500);
        CU_ASSERT_EQUAL(atomic_load(&rig.rt->reports.gaps), 3);
        check_telemetry(&rig);
        rig_close(&rig);
    }
}

/* FFTW may choose another way for each length; none of them may allocate when it runs. */
static void every_window_length(void)
{
    for (uint32_t window = 256; window <= 16384; window *= 2) {
        for (uint32_t hop = 64; hop <= window; hop *= 4) {
            struct rig rig;
            const struct analysis_config config = with(2, window, hop);
            rig_open(&rig, &config);
            for (uint32_t i = 0; i < 2 * window / 1024 + 4; i++) {
                rig_fill_noise(&rig, 1024);
                rig_cycle(&rig, 1024);
            }
            CU_ASSERT_EQUAL(atomic_load(&rig.rt->reports.frames), (rig.samples - window) / hop + 1);
            rig_close(&rig);
        }
    }
}

/* NaN of every payload, quiet and signalling, of either sign: out goes what came in, and each is counted. */
static void nan_payloads_pass_and_are_counted(void)
{
    struct rig rig;
    const struct analysis_config config = with(1, 256, 64);
    uint32_t payload = 1;
    uint64_t fed = 0;
    rig_open(&rig, &config);
    for (int cycle = 0; cycle < 32; cycle++) {
        float *in = offline_input(0);
        for (uint32_t n = 0; n < 256; n++) {
            const uint32_t bits = 0x7F800000U | (n % 2 ? 0x80000000U : 0) | payload;
            memcpy(&in[n], &bits, sizeof bits);
            payload = payload * 1664525U + 1013904223U;
            payload = (payload & 0x7FFFFFU) | (payload % 0x800000U == 0);
            fed++;
        }
        rig_cycle(&rig, 256);
        CU_ASSERT_EQUAL(atomic_load(&rig.rt->reports.refused), fed);
    }
    struct metrics_snapshot snapshot;
    CU_ASSERT_EQUAL(telemetry_read_metrics(rig.rt->telemetry, &snapshot), STATUS_OK);
    CU_ASSERT_EQUAL(snapshot.active_channels, 0);
    rig_close(&rig);
}

static void infinities_denormals_and_zeros_pass(void)
{
    static const uint32_t bits[] = {0x7F800000U, 0xFF800000U, 0x00000001U, 0x807FFFFFU,
                                    0x7F7FFFFFU, 0xFF7FFFFFU, 0x00000000U, 0x80000000U};
    struct rig rig;
    const struct analysis_config config = with(8, 256, 64);
    rig_open(&rig, &config);
    for (int cycle = 0; cycle < 16; cycle++) {
        for (uint32_t i = 0; i < 8; i++) {
            for (uint32_t n = 0; n < 100; n++) {
                memcpy(&offline_input(i)[n], &bits[i], sizeof bits[i]);
            }
        }
        rig_cycle(&rig, 100);
    }
    CU_ASSERT_EQUAL(atomic_load(&rig.rt->reports.refused), 6 * 1600); /* all but the two zeros */
    check_telemetry(&rig);
    rig_close(&rig);
}

/* What is published is what the analysis found: a tone in one channel of two. */
static void published_numbers_are_the_analysis(void)
{
    struct rig rig;
    const struct analysis_config config = with(2, 2048, 512);
    struct metrics_snapshot snapshot;
    rig_open(&rig, &config);
    for (int cycle = 0; cycle < 40; cycle++) {
        float *in = offline_input(1);
        memset(in, 0, 128 * sizeof *in);
        const double phase = 6.28318530717958647692 * fmod(1000.0 / 48000 * (double)rig.samples, 1);
        signal_add_tone(in, 128, 0.25, 1000.0 / 48000, phase);
        rig_cycle(&rig, 128);
    }
    CU_ASSERT_EQUAL(telemetry_read_metrics(rig.rt->telemetry, &snapshot), STATUS_OK);
    CU_ASSERT_EQUAL(snapshot.active_channels, 1);
    CU_ASSERT_EQUAL(snapshot.channel_count, 2);
    CU_ASSERT_EQUAL(snapshot.ici, 1);
    CU_ASSERT_EQUAL(snapshot.channel[0].active, 0);
    CU_ASSERT_EQUAL(snapshot.channel[1].active, 1);
    CU_ASSERT_DOUBLE_EQUAL(snapshot.channel[1].frequency, 1000, 0.02);
    CU_ASSERT_DOUBLE_EQUAL(snapshot.channel[1].amplitude, 0.25, 0.25 * 5e-4);
    CU_ASSERT_DOUBLE_EQUAL(snapshot.phi_depth, BREATHING_DEPTH_DEFAULT, 1e-6);
    CU_ASSERT_EQUAL(snapshot.phi_breathing_active, 0);
    rig_close(&rig);
}

/* The same once more, with levels, bands and onsets. */
static void everything_asked_for(void)
{
    rig_wanted = PARTS_ALL;
    first_periods_publish_nothing();
    steady_periods();
    periods_of_any_size();
    every_window_length();
    nan_payloads_pass_and_are_counted();
    infinities_denormals_and_zeros_pass();
    rig_wanted = 0;
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"wrong configurations are refused", wrong_configurations_are_refused},
        {"preparing is no work for the callback", preparing_is_no_work_for_the_callback},
        {"the first periods publish nothing", first_periods_publish_nothing},
        {"steady periods", steady_periods},
        {"periods of any size", periods_of_any_size},
        {"every window length", every_window_length},
        {"NaN payloads pass and are counted", nan_payloads_pass_and_are_counted},
        {"infinities, denormals and zeros pass", infinities_denormals_and_zeros_pass},
        {"published numbers are the analysis", published_numbers_are_the_analysis},
        {"everything asked for", everything_asked_for},
        CU_TEST_INFO_NULL,
    };
    if (!rt_guard_armed()) {
        puts("no guard in this build: forbidden calls go unseen");
    }
    return unit_run("process", tests);
}
