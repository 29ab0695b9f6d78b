/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engine: its parts in their order, what it says of a frame, commands, and going on after a release. */
#include "jack-client/engine.h"
#include "tests/unit/jack-client/dsp/signals.h"
#include "tests/unit/jack-client/scene.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double two_pi = 6.28318530717958647692;

static struct engine engine;
static struct metrics_snapshot snapshot; /* the latest */
static struct event events[64];          /* all so far */
static uint32_t event_count;
static uint64_t passed; /* samples */

static struct engine_config small(void)
{
    struct engine_config config = ENGINE_DEFAULTS;
    config.analysis.channels = 2;
    return config;
}

static void begin(const struct engine_config *config)
{
    memset(&engine, 0, sizeof engine);
    event_count = 0;
    passed = 0;
    CU_ASSERT_EQUAL_FATAL(engine_prepare(&engine, config), STATUS_OK);
}

/* One block, in place; every frame of it is checked by `look`, which may be NULL. */
static void pass(float *const *channels, uint32_t count, bool gap,
                 void (*look)(const struct analysis_frame *))
{
    struct analysis_frame frame;
    engine_pass(&engine, (const float *const *)channels, channels, count, gap);
    while (engine_step(&engine, &frame)) {
        const double centre = (double)passed + engine_centre(&engine, &frame);
        CU_ASSERT_FATAL(event_count + ENGINE_EVENTS_MAX <= 64);
        event_count += engine_describe(&engine, &frame, centre / SCENE_RATE, &snapshot, &events[event_count]);
        if (look) {
            look(&frame);
        }
    }
    passed += count;
}

/* Noise, the same in every channel. */
static void pass_noise(uint32_t count)
{
    static struct random random = {4};
    static float sound[CHANNELS_MAX][8192];
    float *channels[CHANNELS_MAX];
    memset(sound[0], 0, sizeof sound[0]);
    signal_add_noise(sound[0], count, NOISE_WHITE, 0.1, &random);
    for (uint32_t i = 0; i < engine.channels; i++) {
        memcpy(sound[i], sound[0], sizeof sound[0]);
        channels[i] = sound[i];
    }
    pass(channels, count, false, NULL);
}

static void command(uint32_t kind, double value)
{
    const struct command made = {.kind = kind, .value = value};
    engine_command(&engine, &made);
}

/* --- preparing --- */

static void wrong_configurations_are_refused(void)
{
    struct engine_config wrong[] = {small(), small(), small(), small()};
    wrong[0].analysis.window = 1000;
    wrong[1].ici_threshold = 1.5;
    wrong[2].criticality_threshold = -1;
    wrong[3].ici_threshold = NAN;
    for (size_t i = 0; i < 4; i++) {
        memset(&engine, 0, sizeof engine);
        CU_ASSERT_EQUAL(engine_prepare(&engine, &wrong[i]), STATUS_BAD_ARG);
        CU_ASSERT_PTR_NULL(engine.analysis);
        engine_release(&engine); /* does no harm */
    }
}

static void the_configuration_is_where_it_begins(void)
{
    struct engine_config config = small();
    config.breathing = true;
    config.phi_depth = 0.25;
    config.phi_phase = 3;
    config.phi_rate = 2;
    config.auto_phi = true;
    begin(&config);
    CU_ASSERT(engine.breathing.on && engine.auto_phi.on);
    CU_ASSERT_EQUAL(engine.breathing.depth.value, 0.25);
    CU_ASSERT_DOUBLE_EQUAL(engine.breathing.theta, 3, 1e-12);
    CU_ASSERT_EQUAL(engine.breathing.rate.value, 2);
    CU_ASSERT_EQUAL(engine.breathing.power.value, 1); /* from the first sample on */
    engine_release(&engine);
    begin(&(struct engine_config){.analysis = config.analysis});
    CU_ASSERT(!engine.breathing.on && !engine.auto_phi.on);
    engine_release(&engine);
}

/* --- what is analysed, and what is said --- */

static double worst_phase;

/* Breathing was on from sample 0, where theta was 0. */
static void look_at_phase(const struct analysis_frame *frame)
{
    const double centre = (double)frame->end - 0.5 * engine.window;
    const double theta = two_pi * fmod(engine.breathing.rate.to * centre / SCENE_RATE, 1);
    keep_worst(&worst_phase, fabs(remainder((double)snapshot.phi_phase - theta, two_pi)));
    CU_ASSERT(snapshot.phi_phase >= 0 && (double)snapshot.phi_phase < two_pi);
    CU_ASSERT_EQUAL(snapshot.phi_breathing_active, 1);
}

static void phi_phase_is_theta_at_the_windows_centre(void)
{
    static const struct {
        uint32_t channels;
        uint32_t window;
        uint32_t block;
    } cases[] = {{1, 2048, 64},  {2, 2048, 1024},  {64, 2048, 16}, {64, 16384, 97},
                 {8, 256, 8192}, {2, 16384, 8192}, {3, 1024, 333}};
    static float sound[CHANNELS_MAX][8192];
    float *channels[CHANNELS_MAX];
    worst_phase = 0;
    for (uint32_t i = 0; i < CHANNELS_MAX; i++) {
        channels[i] = sound[i];
    }
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        for (int fast = 0; fast < 2; fast++) {
            struct engine_config config = small();
            config.analysis.channels = cases[c].channels;
            config.analysis.window = cases[c].window;
            config.analysis.hop = 256;
            config.breathing = true;
            config.phi_rate = fast ? 10 : BREATHING_RATE_DEFAULT;
            begin(&config);
            memset(sound, 0, sizeof sound);
            while (passed < 60000) {
                pass(channels, cases[c].block, false, look_at_phase);
            }
            CU_ASSERT(snapshot.frame > 150);
            engine_release(&engine);
        }
    }
    printf("\n  phi_phase within %.1e rad", worst_phase);
    CU_ASSERT(worst_phase < 1e-3);
}

/* In blocks of any size, and wherever the frames fall. */
static void the_scene_has_its_events(void)
{
    static const uint32_t blocks[] = {64, 1024, 777};
    struct event reference[SCENE_EVENTS];
    struct engine_config config = small();
    config.analysis.channels = SCENE_CHANNELS;
    for (uint32_t run = 0; run < 16 + 2; run++) { /* 16 leads, then other blocks at the last of them */
        const uint32_t lead = run < 16 ? 32 * run : 480;
        const uint32_t block = blocks[run < 16 ? 0 : run - 15];
        struct take take = scene_new(lead);
        begin(&config);
        for (uint32_t at = 0; at < take.length; at += block) {
            float *channels[SCENE_CHANNELS];
            for (uint32_t i = 0; i < SCENE_CHANNELS; i++) {
                channels[i] = take.channel[i] + at;
            }
            pass(channels, take.length - at < block ? take.length - at : block, false, NULL);
        }
        scene_check(events, event_count, 0, lead);
        if (run >= 16) {
            scene_compare(events, 0, reference, 0);
        }
        memcpy(reference, events, sizeof reference);
        engine_release(&engine);
        take_free(&take);
    }
}

/* --- commands --- */

static void commands_move_what_they_name(void)
{
    struct engine_config config = small();
    begin(&config);
    command(COMMAND_DEPTH, 0.125);
    command(COMMAND_RATE, 3);
    command(COMMAND_PHASE, 2.5);
    pass_noise(4096);
    CU_ASSERT_EQUAL(snapshot.phi_depth, 0.125F);
    CU_ASSERT_DOUBLE_EQUAL(snapshot.phi_phase, 2.5, 1e-6); /* off: it stands still, and is set at once */
    CU_ASSERT_EQUAL(snapshot.phi_breathing_active, 0);
    CU_ASSERT_EQUAL(breathing_rate(&engine.breathing), 3);
    command(COMMAND_BREATHING, 1);
    pass_noise(4096);
    CU_ASSERT_EQUAL(snapshot.phi_breathing_active, 1);
    command(COMMAND_BREATHING, 0);
    pass_noise(4096);
    CU_ASSERT_EQUAL(snapshot.phi_breathing_active, 0);
    engine_release(&engine);
}

static bool auto_phi_moves(void)
{
    const double before = breathing_depth(&engine.breathing);
    for (int i = 0; i < 48; i++) {
        pass_noise(1000);
    }
    return breathing_depth(&engine.breathing) != before;
}

static void a_hand_suspends_auto_phi(void)
{
    static const uint32_t hands[] = {COMMAND_DEPTH, COMMAND_PHASE};
    struct engine_config config = small();
    config.breathing = config.auto_phi = true;
    begin(&config);
    CU_ASSERT(auto_phi_moves());
    for (size_t i = 0; i < 2; i++) {
        command(hands[i], 0.5);
        CU_ASSERT(!auto_phi_moves());
        command(COMMAND_RATE, 1); /* does not wake it */
        command(COMMAND_BREATHING, 1);
        CU_ASSERT(!auto_phi_moves());
        command(COMMAND_AUTO, 1);
        CU_ASSERT(auto_phi_moves());
        command(COMMAND_RATE, 0.7); /* nor suspends it */
        CU_ASSERT(auto_phi_moves());
    }
    command(COMMAND_AUTO, 0);
    CU_ASSERT(!auto_phi_moves());
    command(COMMAND_AUTO, 1);
    engine.hold_auto_phi = true; /* freewheel */
    event_count = 0;
    CU_ASSERT(!auto_phi_moves());
    CU_ASSERT_EQUAL(event_count, 0);
    engine.hold_auto_phi = false;
    CU_ASSERT(auto_phi_moves());
    command(COMMAND_BREATHING, 0);
    CU_ASSERT(!auto_phi_moves());
    engine_release(&engine);
}

/* --- going on --- */

static void theta_goes_on_through_gaps_and_releases(void)
{
    static const uint32_t rates[] = {44100, 96000, 48000};
    static float silence[1000];
    float *channels[] = {silence, silence};
    struct engine_config config = small();
    config.breathing = true;
    begin(&config);
    command(COMMAND_DEPTH, 0.3);
    command(COMMAND_RATE, 4);
    for (int i = 0; i < 20; i++) {
        pass(channels, 997, false, NULL);
    }
    const double before = breathing_phase(&engine.breathing, 0);
    pass(channels, 1, true, NULL); /* samples are missing before this one */
    CU_ASSERT_DOUBLE_EQUAL(breathing_phase(&engine.breathing, 0), before + two_pi * 4 / SCENE_RATE, 1e-6);
    for (size_t i = 0; i < 3; i++) {
        const double phase = breathing_phase(&engine.breathing, 0);
        const uint64_t frame = snapshot.frame;
        engine_release(&engine);
        config.analysis.sample_rate = rates[i];
        config.phi_depth = 0.9; /* what was said at the start no longer counts */
        CU_ASSERT_EQUAL_FATAL(engine_prepare(&engine, &config), STATUS_OK);
        CU_ASSERT_DOUBLE_EQUAL(breathing_phase(&engine.breathing, 0), phase, 1e-9);
        CU_ASSERT_EQUAL(breathing_depth(&engine.breathing), 0.3);
        CU_ASSERT(engine.breathing.on);
        pass(channels, 900, false, NULL);
        const double moved = two_pi * 4 * 900 / rates[i];
        CU_ASSERT(fabs(remainder(breathing_phase(&engine.breathing, 0) - phase - moved, two_pi)) < 1e-6);
        for (int n = 0; n < 5; n++) {
            pass(channels, 1000, false, NULL);
        }
        CU_ASSERT(snapshot.frame > frame);
    }
    engine_release(&engine);
}

/* From coherent to coherent there is nothing to tell, whatever the server did in between. */
static void the_state_goes_on(void)
{
    struct engine_config config = small();
    begin(&config);
    for (int i = 0; i < 96; i++) {
        pass_noise(1000);
    }
    CU_ASSERT_EQUAL_FATAL(event_count, 1);
    CU_ASSERT_EQUAL(events[0].state_change.to_state, STATE_COHERENT);
    engine_release(&engine);
    config.analysis.sample_rate = 44100;
    CU_ASSERT_EQUAL_FATAL(engine_prepare(&engine, &config), STATUS_OK);
    for (int i = 0; i < 96; i++) {
        pass_noise(1000);
    }
    CU_ASSERT_EQUAL(event_count, 1);
    CU_ASSERT_EQUAL(events[0].frame, 14);
    engine_release(&engine);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"wrong configurations are refused", wrong_configurations_are_refused},
        {"the configuration is where it begins", the_configuration_is_where_it_begins},
        {"phi_phase is theta at the window's centre", phi_phase_is_theta_at_the_windows_centre},
        {"the scene has its events", the_scene_has_its_events},
        {"commands move what they name", commands_move_what_they_name},
        {"a hand suspends auto-phi", a_hand_suspends_auto_phi},
        {"theta goes on through gaps and releases", theta_goes_on_through_gaps_and_releases},
        {"the state goes on", the_state_goes_on},
        CU_TEST_INFO_NULL,
    };
    return unit_run("engine", tests);
}
