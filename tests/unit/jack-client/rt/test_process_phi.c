/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The process callback's moving half under the guard: breathing, auto-phi, commands, MIDI, events. */
#include "tests/unit/jack-client/rt/rig.h"
#include "tests/unit/jack-client/rt/rt_guard.h"
#include "tests/unit/jack-client/scene.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define LOAD(atomic) atomic_load_explicit(&(atomic), memory_order_relaxed)
#define STORE(atomic, value) atomic_store_explicit(&(atomic), value, memory_order_relaxed)

static const double two_pi = 6.28318530717958647692;

static struct rig rig;

static void begin(uint32_t channels)
{
    struct analysis_config config = ANALYSIS_DEFAULTS;
    config.channels = channels;
    rig_open(&rig, &config);
    rig.rt->midi_map = MIDI_DEFAULTS;
}

static struct metrics_snapshot latest(void)
{
    struct metrics_snapshot snapshot = {0};
    CU_ASSERT_EQUAL(telemetry_read_metrics(rig.rt->telemetry, &snapshot), STATUS_OK);
    return snapshot;
}

/* As the control thread does. */
static void ask(uint32_t kind, double value)
{
    const struct command command = {.kind = kind, .value = value};
    command_push(&rig.rt->inputs.commands, &command);
}

static void turn(uint8_t controller, uint8_t value)
{
    const uint8_t message[] = {0xB0, controller, value};
    rig_midi(&rig, message, sizeof message);
}

/* Cycles until so many samples have passed. */
static void run(uint32_t period, uint32_t samples)
{
    for (uint32_t passed = 0; passed < samples; passed += period) {
        rig_fill_noise(&rig, period);
        rig_cycle(&rig, period);
    }
}

/* --- breathing --- */

static void everything_at_once_does_nothing_forbidden(void)
{
    static const uint32_t channels[] = {1, 8, 64};
    for (size_t c = 0; c < 3; c++) {
        begin(channels[c]);
        rig.breathes = true;
        ask(COMMAND_BREATHING, 1);
        ask(COMMAND_AUTO, 1);
        for (int i = 0; i < 400; i++) {
            const uint32_t count = random_range(&rig.random, 1, i % 10 ? 700 : OFFLINE_PERIOD_MAX);
            if (i % 7 == 0) {
                rig_fill_bits(&rig, count);
            } else {
                rig_fill_noise(&rig, count);
            }
            if (i % 5 == 0) {
                turn((uint8_t)random_range(&rig.random, 1, 3), (uint8_t)random_range(&rig.random, 0, 127));
                turn(65, 127);
            }
            if (i % 3 == 0) {
                ask(COMMAND_DEPTH, random_uniform(&rig.random));
                ask(COMMAND_BREATHING, i % 2);
                ask(COMMAND_AUTO, 1);
            }
            if (i % 50 == 49) {
                rig_skip(&rig, 12345);
            }
            rig_cycle(&rig, count);
        }
        const struct metrics_snapshot snapshot = latest();
        CU_ASSERT_EQUAL(snapshot.frame + 1, LOAD(rig.rt->reports.frames));
        rig_close(&rig);
    }
}

static void outputs_follow_the_formula(void)
{
    static const uint32_t periods[] = {16, 64, 97, 1024, 8192};
    for (size_t p = 0; p < 5; p++) {
        double worst = 0;
        begin(8);
        rig.breathes = true;
        ask(COMMAND_BREATHING, 1);
        run(periods[p], 9600);
        const double passed = ceil(9600.0 / periods[p]) * periods[p];
        const double theta = two_pi * fmod(BREATHING_RATE_DEFAULT * passed / 48000, 1);
        run(periods[p], 1);
        for (uint32_t i = 0; i < 8; i++) {
            for (uint32_t n = 0; n < periods[p]; n++) {
                const double in = (double)offline_input(i)[n];
                const double at = theta + two_pi * BREATHING_RATE_DEFAULT * n / 48000 +
                                  i * two_pi * (1 - 0.61803398874989485);
                const double gain = 1 - 0.61803398874989485 * 0.5 * (1 - sin(at));
                keep_worst(&worst, fabs((double)offline_output(i)[n] - gain * in));
            }
        }
        CU_ASSERT(worst < 1e-4);
        rig_close(&rig);
    }
}

/* At full depth and theta = -pi/2, channel 0 is silent, however loud its input. */
static void analysis_is_of_what_leaves(void)
{
    begin(1);
    rig.breathes = true;
    ask(COMMAND_DEPTH, 1);
    ask(COMMAND_RATE, BREATHING_RATE_MIN);
    ask(COMMAND_PHASE, -0.25 * two_pi);
    run(512, 512); /* off: they arrive at once */
    ask(COMMAND_BREATHING, 1);
    run(512, 16384);
    CU_ASSERT_EQUAL(latest().active_channels, 0);
    ask(COMMAND_PHASE, 0.25 * two_pi);
    run(512, 16384);
    CU_ASSERT_EQUAL(latest().active_channels, 1);
    rig_close(&rig);
}

/* Once the glide is over, rig_cycle compares the bits again, NaN payloads and all. */
static void off_again_is_bit_exact(void)
{
    static const uint32_t periods[] = {16, 64, 97, 1024, 8192};
    for (size_t p = 0; p < 5; p++) {
        begin(2);
        rig.breathes = true;
        ask(COMMAND_BREATHING, 1);
        run(periods[p], 20000);
        ask(COMMAND_BREATHING, 0);
        run(periods[p], 4800 + BREATHING_SEGMENT);
        rig.breathes = false;
        for (int i = 0; i < 20; i++) {
            rig_fill_bits(&rig, periods[p]);
            rig_cycle(&rig, periods[p]);
        }
        CU_ASSERT_EQUAL(rig.differing, 0);
        rig_close(&rig);
    }
}

static void theta_survives_a_new_server(void)
{
    struct analysis_config config = ANALYSIS_DEFAULTS;
    begin(8);
    rig.breathes = true;
    ask(COMMAND_DEPTH, 0.25);
    ask(COMMAND_BREATHING, 1);
    run(97, 48000);
    rig_skip(&rig, 5000);
    run(97, 4800);
    const double passed = (double)(rig.samples - 5000);
    const double theta = breathing_phase(&rig.rt->engine.breathing, 0);
    CU_ASSERT(fabs(remainder(theta - two_pi * BREATHING_RATE_DEFAULT * passed / 48000, two_pi)) < 1e-4);
    rt_release(rig.rt);
    config.sample_rate = 96000;
    CU_ASSERT_EQUAL_FATAL(rig_prepare(rig.rt, &config), STATUS_OK);
    CU_ASSERT_DOUBLE_EQUAL(breathing_phase(&rig.rt->engine.breathing, 0), theta, 1e-9);
    run(97, 4096);
    CU_ASSERT_EQUAL(latest().phi_depth, 0.25F);
    CU_ASSERT_EQUAL(latest().phi_breathing_active, 1);
    rig_close(&rig);
}

static void freewheeling_holds_auto_phi(void)
{
    begin(2);
    rig.breathes = true;
    ask(COMMAND_BREATHING, 1);
    ask(COMMAND_AUTO, 1);
    run(1024, 96000);
    STORE(rig.rt->inputs.freewheeling, true);
    const float depth = latest().phi_depth;
    CU_ASSERT(depth != (float)BREATHING_DEPTH_DEFAULT);
    run(1024, 96000);
    CU_ASSERT_EQUAL(latest().phi_depth, depth);
    STORE(rig.rt->inputs.freewheeling, false);
    run(1024, 96000);
    CU_ASSERT(latest().phi_depth != depth);
    rig_close(&rig);
}

/* --- hands --- */

static void commands_are_obeyed_in_order(void)
{
    begin(1);
    ask(COMMAND_DEPTH, 0.9);
    ask(COMMAND_DEPTH, 0.1);
    ask(COMMAND_PHASE, 3);
    run(256, 4096);
    CU_ASSERT_EQUAL(latest().phi_depth, 0.1F);
    CU_ASSERT_DOUBLE_EQUAL(latest().phi_phase, 3, 1e-6);
    rig_close(&rig);
}

/* All that the ring holds, in one period: a switch asked for before a thousand moves of a fader counts. */
static void a_full_ring_is_obeyed_at_once(void)
{
    begin(1);
    rig.breathes = true;
    ask(COMMAND_BREATHING, 1);
    for (int i = 0; i < RING_SLOTS - 2; i++) {
        ask(COMMAND_DEPTH, (double)i / RING_SLOTS);
    }
    run(2048, 2048);
    CU_ASSERT_EQUAL(latest().phi_breathing_active, 1);
    CU_ASSERT_EQUAL(latest().phi_depth, (float)(RING_SLOTS - 3) / RING_SLOTS);
    for (int i = 0; i < 10000; i++) { /* more than it holds: the last word counts */
        ask(COMMAND_DEPTH, 1 - i / 10000.0);
    }
    run(2048, 4096);
    CU_ASSERT_DOUBLE_EQUAL(latest().phi_depth, 1 - 9999 / 10000.0, 1e-6);
    rig_close(&rig);
}

static void midi_moves_what_it_should(void)
{
    begin(1);
    rig.breathes = true;
    turn(1, 127);
    turn(2, 32);
    run(512, 4096);
    CU_ASSERT_EQUAL(latest().phi_depth, 1);
    CU_ASSERT_DOUBLE_EQUAL(latest().phi_phase, two_pi / 4, 1e-6);
    turn(3, 127);
    turn(64, 127);
    turn(65, 127);
    run(512, 4096);
    CU_ASSERT_EQUAL(latest().phi_breathing_active, 1);
    CU_ASSERT(rig.rt->engine.auto_phi.on);
    CU_ASSERT_DOUBLE_EQUAL(breathing_rate(&rig.rt->engine.breathing), 10, 1e-12);
    turn(1, 0);
    turn(64, 0);
    run(512, 4096);
    CU_ASSERT_EQUAL(latest().phi_depth, 0);
    CU_ASSERT_EQUAL(latest().phi_breathing_active, 0);
    CU_ASSERT(!rig.rt->engine.auto_phi.on); /* a hand on depth */
    rig_close(&rig);
}

static void other_midi_moves_nothing(void)
{
    static const uint8_t others[][3] = {{0x90, 1, 127}, {0xB0, 4, 127},  {0xC0, 1, 0}, {0xE0, 1, 1},
                                        {0xF8, 1, 1},   {0xB0, 0x81, 1}, {1, 1, 1}};
    begin(1);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        for (size_t size = 0; size <= 3; size++) {
            rig_midi(&rig, others[i], size);
        }
    }
    turn(1, 64);
    rig.size[rig.messages - 1] = 2; /* cut short */
    run(512, 4096);
    CU_ASSERT_EQUAL(latest().phi_depth, (float)BREATHING_DEPTH_DEFAULT);
    CU_ASSERT_EQUAL(latest().phi_phase, 0);
    CU_ASSERT_EQUAL(latest().phi_breathing_active, 0);
    rig.rt->ports.midi_in = NULL; /* and without a port there is none */
    run(512, 1024);
    rig_close(&rig);
}

/* --- events --- */

static const int64_t realtime_offset = 1700000000123456;

/* The scene through the callback; its events, as a reader of the ring gets them. */
static double play_scene(uint32_t period, uint32_t lead, struct event events[SCENE_EVENTS])
{
    struct take take = scene_new(lead);
    uint64_t next = 0;
    uint64_t lost = 0;
    uint32_t count = 0;
    begin(SCENE_CHANNELS);
    STORE(rig.rt->inputs.realtime_offset_us, realtime_offset);
    STORE(rig.rt->inputs.monotonic_offset_us, -1000);
    for (uint32_t at = 0; at + period <= take.length; at += period) {
        struct event event;
        for (uint32_t i = 0; i < SCENE_CHANNELS; i++) {
            memcpy(offline_input(i), take.channel[i] + at, period * sizeof(float));
        }
        const double began = rig_time_us(&rig, (double)rig.samples);
        rig_cycle(&rig, period);
        while (event_read(&rig.rt->telemetry->events, &next, &event, &lost) == STATUS_OK) {
            CU_ASSERT_FATAL(count < SCENE_EVENTS);
            /* It happened in a frame that this very period completed, and is as new as that. */
            CU_ASSERT_DOUBLE_EQUAL((double)event.published_us, began - 1000, 1);
            const uint64_t frames = LOAD(rig.rt->reports.frames);
            CU_ASSERT(event.frame < frames && event.frame + (period + 511) / 512 >= frames);
            events[count++] = event;
        }
    }
    CU_ASSERT_EQUAL(lost, 0);
    CU_ASSERT_EQUAL(next, SCENE_EVENTS);
    const double start = ((double)rig.origin_us + (double)realtime_offset) * 1e-6;
    scene_check(events, count, start, lead);
    rig_close(&rig);
    take_free(&take);
    return start;
}

static void events_are_the_same_at_any_period(void)
{
    struct event at_64[SCENE_EVENTS];
    struct event other[SCENE_EVENTS];
    static const uint32_t periods[] = {1024, 256, 96};
    const double start = play_scene(64, 0, at_64);
    for (size_t i = 0; i < 3; i++) {
        const double again = play_scene(periods[i], 0, other);
        scene_compare(at_64, start, other, again);
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"everything at once does nothing forbidden", everything_at_once_does_nothing_forbidden},
        {"outputs follow the formula", outputs_follow_the_formula},
        {"analysis is of what leaves", analysis_is_of_what_leaves},
        {"off again is bit-exact", off_again_is_bit_exact},
        {"theta survives a new server", theta_survives_a_new_server},
        {"freewheeling holds auto-phi", freewheeling_holds_auto_phi},
        {"commands are obeyed in order", commands_are_obeyed_in_order},
        {"a full ring is obeyed at once", a_full_ring_is_obeyed_at_once},
        {"MIDI moves what it should", midi_moves_what_it_should},
        {"other MIDI moves nothing", other_midi_moves_nothing},
        {"events are the same at any period", events_are_the_same_at_any_period},
        CU_TEST_INFO_NULL,
    };
    if (!rt_guard_armed()) {
        puts("no guard in this build: forbidden calls go unseen");
    }
    return unit_run("process_phi", tests);
}
