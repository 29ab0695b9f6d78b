/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The process callback's sense of time: gaps, frame numbers, timestamps, heartbeat, lateness. */
#include "tests/unit/jack-client/rt/rig.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <string.h>

#define LOAD(atomic) atomic_load_explicit(&(atomic), memory_order_relaxed)
#define STORE(atomic, value) atomic_store_explicit(&(atomic), value, memory_order_relaxed)

static struct analysis_config small(void)
{
    struct analysis_config config = ANALYSIS_DEFAULTS;
    config.channels = 2;
    config.window = 256;
    config.hop = 64;
    return config;
}

static void run(struct rig *rig, uint32_t count, int cycles)
{
    for (int i = 0; i < cycles; i++) {
        rig_fill_noise(rig, count);
        rig_cycle(rig, count);
    }
}

static struct metrics_snapshot latest(const struct rig *rig)
{
    struct metrics_snapshot snapshot = {0};
    CU_ASSERT_EQUAL(telemetry_read_metrics(rig->rt->telemetry, &snapshot), STATUS_OK);
    return snapshot;
}

/* --- gaps --- */

static void check_gap(int64_t jump)
{
    struct rig rig;
    const struct analysis_config config = small();
    rig_open(&rig, &config);
    run(&rig, 96, 10);
    CU_ASSERT_EQUAL(LOAD(rig.rt->reports.gaps), 0);
    CU_ASSERT_EQUAL(LOAD(rig.rt->reports.stream_start), 1000);
    const uint64_t frames = LOAD(rig.rt->reports.frames);
    CU_ASSERT_EQUAL(frames, (960 - 256) / 64 + 1);

    rig_skip(&rig, jump);
    const uint32_t start = (uint32_t)rig.frame;
    run(&rig, 85, 3); /* 255 samples: not yet a window */
    CU_ASSERT_EQUAL(LOAD(rig.rt->reports.gaps), 1);
    CU_ASSERT_EQUAL(LOAD(rig.rt->reports.stream_start), start);
    CU_ASSERT_EQUAL(LOAD(rig.rt->reports.frames), frames);
    run(&rig, 1, 1);
    CU_ASSERT_EQUAL(LOAD(rig.rt->reports.frames), frames + 1);
    CU_ASSERT_EQUAL(latest(&rig).frame, frames);
    run(&rig, 64, 1);
    CU_ASSERT_EQUAL(LOAD(rig.rt->reports.frames), frames + 2);
    CU_ASSERT_EQUAL(LOAD(rig.rt->reports.gaps), 1);
    rig_close(&rig);
}

static void gaps_restart_the_window(void)
{
    check_gap(1);
    check_gap(64);
    check_gap(1000000);
    check_gap(-1);
    check_gap(-500);
}

/* After the gap the old tone has left no trace: the frame is a fresh analysis' first, in all but criticality.
 */
static void nothing_from_before_a_gap_is_in_the_window(void)
{
    struct rig rig;
    const struct analysis_config config = small();
    rig_open(&rig, &config);
    run(&rig, 200, 10);
    rig_skip(&rig, 77);
    for (uint32_t i = 0; i < 2; i++) {
        memset(offline_input(i), 0, 256 * sizeof(float));
        signal_add_tone(offline_input(i), 256, 0.5, 20.0 / 256, 0);
    }
    rig_cycle(&rig, 256);
    const struct metrics_snapshot snapshot = latest(&rig);
    CU_ASSERT_DOUBLE_EQUAL(snapshot.channel[0].frequency, 20 * 48000.0 / 256, 0.02);
    CU_ASSERT_DOUBLE_EQUAL(snapshot.channel[0].amplitude, 0.5, 0.5 * 5e-4);
    CU_ASSERT_DOUBLE_EQUAL(snapshot.channel[0].phase, 0, 1e-3);
    rig_close(&rig);
}

/* JACK's count is 32 bits wide and comes round after a day. */
static void a_count_that_comes_round_is_no_gap(void)
{
    struct rig rig;
    const struct analysis_config config = small();
    rig_open(&rig, &config);
    rig.frame = UINT64_C(0xFFFFFFFF) - 500;
    run(&rig, 64, 32);
    CU_ASSERT((uint32_t)rig.frame < 2000);
    CU_ASSERT_EQUAL(LOAD(rig.rt->reports.gaps), 0);
    CU_ASSERT_EQUAL(LOAD(rig.rt->reports.frames), (rig.samples - 256) / 64 + 1);
    rig_close(&rig);
}

/* --- frame numbers --- */

static void frame_numbers_never_go_back(void)
{
    static const uint32_t rates[] = {44100, 96000, 48000};
    struct rig rig;
    struct analysis_config config = small();
    rig_open(&rig, &config);
    run(&rig, 100, 20);
    for (size_t i = 0; i < 3; i++) {
        const uint64_t frames = LOAD(rig.rt->reports.frames);
        offline_input(0)[0] = NAN;
        rig_cycle(&rig, 1);
        const uint64_t refused = LOAD(rig.rt->reports.refused);
        CU_ASSERT_EQUAL(refused, i + 1);

        rt_release(rig.rt);
        config.sample_rate = rates[i];
        CU_ASSERT_EQUAL_FATAL(rig_prepare(rig.rt, &config), STATUS_OK);
        const uint64_t gaps = LOAD(rig.rt->reports.gaps);
        rig.frame = 7; /* a new server counts anew, and that is no gap */
        run(&rig, 256, 1);
        CU_ASSERT_EQUAL(latest(&rig).frame, frames);
        CU_ASSERT_EQUAL(LOAD(rig.rt->reports.frames), frames + 1);
        CU_ASSERT_EQUAL(LOAD(rig.rt->reports.gaps), gaps);
        CU_ASSERT_EQUAL(LOAD(rig.rt->reports.refused), refused);
        run(&rig, 64, 5);
        CU_ASSERT_EQUAL(latest(&rig).frame, frames + 5);
    }
    rig_close(&rig);
}

/* --- times --- */

static const int64_t realtime_offset = 1700000000123456;
static const int64_t monotonic_offset = -4000000;

/* Drives odd periods; at every frame, compares the times with those of the window's centre. */
static void check_times(uint32_t channels, uint32_t rate, uint32_t period, uint32_t capture)
{
    struct rig rig;
    struct analysis_config config = small();
    config.channels = channels;
    config.sample_rate = rate;
    rig_open(&rig, &config);
    STORE(rig.rt->inputs.realtime_offset_us, realtime_offset);
    STORE(rig.rt->inputs.monotonic_offset_us, monotonic_offset);
    STORE(rig.rt->inputs.capture_latency, capture);
    offline_lateness(123);
    uint64_t seen = 0;
    for (int i = 0; i < 300; i++) {
        const double began = rig_time_us(&rig, (double)rig.samples) + 123;
        rig_fill_noise(&rig, period);
        rig_cycle(&rig, period);
        CU_ASSERT_DOUBLE_EQUAL((double)LOAD(rig.rt->reports.last_cycle_us), began, 1);
        CU_ASSERT_DOUBLE_EQUAL((double)LOAD(rig.rt->telemetry->heartbeat_us),
                               began + (double)monotonic_offset, 1);
        if (LOAD(rig.rt->reports.frames) == seen) {
            continue;
        }
        seen = LOAD(rig.rt->reports.frames);
        const struct metrics_snapshot snapshot = latest(&rig);
        const double ahead = fmax(0, (double)period - 128 - capture); /* only a program's sound can be */
        const double centre = rig_time_us(&rig, 128 + 64 * (double)snapshot.frame - ahead);
        const double captured = centre - capture * 1e6 / rate;
        CU_ASSERT_DOUBLE_EQUAL((double)snapshot.centre_us, centre + (double)monotonic_offset, 2);
        CU_ASSERT_DOUBLE_EQUAL((snapshot.timestamp - 1.7e9) * 1e6, captured + 123456, 3);
        CU_ASSERT_DOUBLE_EQUAL((double)snapshot.published_us, began + (double)monotonic_offset, 1);
        CU_ASSERT((snapshot.timestamp - 1.7e9) * 1e6 - 123456 <= began);
    }
    CU_ASSERT(seen > 3);
    rig_close(&rig);
}

static void timestamps_are_the_windows_centre(void)
{
    check_times(1, 48000, 64, 0);
    check_times(1, 48000, 64, 1024);
    check_times(8, 48000, 1024, 256);
    check_times(2, 44100, 97, 333);
    check_times(1, 96000, 8192, 8192);
    check_times(1, 48000, 4096, 0);
    check_times(2, 48000, 4096, 100);
    check_times(64, 48000, 16, 64); /* frames spread over later periods: the centre stays where it was */
    check_times(64, 44100, 7, 0);
}

/* A server that catches up predicts its cycle's start later than it wakes us: what it would date later than
 * now, is now. */
static void no_timestamp_lies_ahead(void)
{
    static const uint32_t captures[] = {0, 256};
    for (size_t i = 0; i < 2; i++) {
        struct rig rig;
        const struct analysis_config config = small();
        rig_open(&rig, &config);
        STORE(rig.rt->inputs.realtime_offset_us, realtime_offset);
        STORE(rig.rt->inputs.capture_latency, captures[i]);
        offline_lateness(-20000);
        const double woken = rig_time_us(&rig, 0) - 20000;
        run(&rig, 256, 1);
        const struct metrics_snapshot snapshot = latest(&rig);
        CU_ASSERT_DOUBLE_EQUAL((snapshot.timestamp - 1.7e9) * 1e6, woken + 123456, 3);
        CU_ASSERT_DOUBLE_EQUAL((double)snapshot.centre_us, woken + captures[i] * 1e6 / 48000, 2);
        CU_ASSERT_DOUBLE_EQUAL((double)snapshot.published_us, woken, 1);
        rig_close(&rig);
    }
}

/* Without a step, an offset that shrinks holds timestamps up and never sends them back. A step of the clock
 * reaches the timestamp, and nothing but the timestamp. */
static void a_step_of_the_system_clock_moves_timestamps_only(void)
{
    struct rig rig;
    const struct analysis_config config = small();
    rig_open(&rig, &config);
    STORE(rig.rt->inputs.realtime_offset_us, realtime_offset);
    run(&rig, 64, 4);
    const struct metrics_snapshot before = latest(&rig);
    STORE(rig.rt->inputs.realtime_offset_us, realtime_offset - 3600000000);
    run(&rig, 64, 1);
    CU_ASSERT_EQUAL(latest(&rig).timestamp, before.timestamp);
    STORE(rig.rt->inputs.clock_steps, 1);
    run(&rig, 64, 1);
    const struct metrics_snapshot after = latest(&rig);
    CU_ASSERT_DOUBLE_EQUAL(after.timestamp - before.timestamp, 128.0 / 48000 - 3600, 3e-6);
    CU_ASSERT_DOUBLE_EQUAL((double)(after.centre_us - before.centre_us), 128e6 / 48000, 2);
    CU_ASSERT_EQUAL(after.frame, before.frame + 2);
    rig_close(&rig);
}

/* Before JACK's delay-locked loop has run there is only the frame count, and the time of waking. */
static void without_cycle_times_the_wakeup_stands_in(void)
{
    struct rig rig;
    const struct analysis_config config = small();
    rig_open(&rig, &config);
    offline_cycle_times(false);
    offline_lateness(500);
    run(&rig, 64, 4);
    const double centre = rig_time_us(&rig, 128) + 500;
    CU_ASSERT_DOUBLE_EQUAL((double)latest(&rig).centre_us, centre, 2);
    CU_ASSERT_EQUAL(LOAD(rig.rt->reports.gaps), 0);
    CU_ASSERT_EQUAL(LOAD(rig.rt->reports.jitter_ns), 0);
    rig_skip(&rig, 10);
    run(&rig, 64, 1);
    CU_ASSERT_EQUAL(LOAD(rig.rt->reports.gaps), 1);
    rig_close(&rig);
}

/* --- reports --- */

/* The clock moves with each reading, so a callback with a frame reads it three times, one without twice. */
static void worst_us_is_the_longest_callback(void)
{
    struct rig rig;
    const struct analysis_config config = small();
    rig_open(&rig, &config);
    offline_tick(10);
    run(&rig, 64, 1);
    CU_ASSERT_EQUAL(LOAD(rig.rt->reports.worst_us), 10);
    offline_tick(500);
    run(&rig, 64, 1);
    CU_ASSERT_EQUAL(LOAD(rig.rt->reports.worst_us), 500);
    offline_tick(10);
    run(&rig, 64, 2); /* the second publishes */
    CU_ASSERT_EQUAL(LOAD(rig.rt->reports.worst_us), 500);
    offline_tick(1000);
    run(&rig, 64, 1);
    CU_ASSERT_EQUAL(LOAD(rig.rt->reports.worst_us), 2000);
    rig_close(&rig);
}

static void jitter_is_the_deviation_of_the_lateness(void)
{
    struct rig rig;
    const struct analysis_config config = small();
    rig_open(&rig, &config);
    for (int i = 0; i < 1000; i++) {
        offline_lateness(i % 2 ? 150 : -50); /* deviation 100 us, whatever the mean */
        run(&rig, 64, 1);
    }
    CU_ASSERT_DOUBLE_EQUAL(LOAD(rig.rt->reports.jitter_ns), 100000, 100);
    rig_close(&rig);
}

static void heartbeat_is_zero_until_the_first_period(void)
{
    struct rig rig;
    const struct analysis_config config = small();
    rig_open(&rig, &config);
    CU_ASSERT_EQUAL(LOAD(rig.rt->telemetry->heartbeat_us), 0);
    CU_ASSERT_EQUAL(LOAD(rig.rt->reports.last_cycle_us), 0);
    run(&rig, 1, 1);
    CU_ASSERT_EQUAL(LOAD(rig.rt->telemetry->heartbeat_us), rig.origin_us);
    CU_ASSERT_EQUAL(LOAD(rig.rt->reports.callbacks), 1);
    rig_close(&rig);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"gaps restart the window", gaps_restart_the_window},
        {"nothing from before a gap is in the window", nothing_from_before_a_gap_is_in_the_window},
        {"a count that comes round is no gap", a_count_that_comes_round_is_no_gap},
        {"frame numbers never go back", frame_numbers_never_go_back},
        {"timestamps are the window's centre", timestamps_are_the_windows_centre},
        {"no timestamp lies ahead", no_timestamp_lies_ahead},
        {"a step of the clock moves timestamps only", a_step_of_the_system_clock_moves_timestamps_only},
        {"without cycle times the wake-up stands in", without_cycle_times_the_wakeup_stands_in},
        {"worst_us is the longest callback", worst_us_is_the_longest_callback},
        {"jitter is the deviation of the lateness", jitter_is_the_deviation_of_the_lateness},
        {"heartbeat is zero until the first period", heartbeat_is_zero_until_the_first_period},
        CU_TEST_INFO_NULL,
    };
    return unit_run("process_time", tests);
}
