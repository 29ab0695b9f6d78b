/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The loop on made-up frames: its law, and what it reports. */
#include "jack-client/dsp/auto_phi.h"
#include "tests/unit/jack-client/dsp/signals.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <string.h>

static const double two_pi = 6.28318530717958647692;
static const double hop_s = 512.0 / 48000;

static struct breathing breathing;
static struct auto_phi loop;

/* Every report so far, and when. */
static struct phi_adaptation report[1024];
static double reported_at[1024];
static uint32_t reports;
static double now;

static void begin(double depth, double rate)
{
    breathing_init(&breathing, 48000, 2);
    breathing_set_depth(&breathing, depth);
    breathing_set_rate(&breathing, rate);
    breathing_set_on(&breathing, true);
    breathing_resume(&breathing, 48000, 2);
    loop = (struct auto_phi){0};
    auto_phi_set_on(&loop, &breathing, true);
    reports = 0;
    now = 0;
}

/* The sound passes, too, so that what glides arrives. */
static void frame(double criticality, double coherence, bool active)
{
    static float sound[512];
    float *channels[] = {sound, sound};
    breathing_pass(&breathing, (const float *const *)channels, channels, 512);
    now += hop_s;
    const struct auto_phi_frame f = {.seconds = hop_s,
                                     .criticality = criticality,
                                     .coherence = coherence,
                                     .phase = breathing_phase(&breathing, 0),
                                     .active = active};
    CU_ASSERT_FATAL(reports < 1024);
    if (auto_phi_frame(&loop, &breathing, &f, &report[reports])) {
        const struct event event = {.kind = EVENT_PHI_ADAPTATION, .phi_adaptation = report[reports]};
        CU_ASSERT_EQUAL(event_check(&event), STATUS_OK);
        reported_at[reports++] = now;
    }
}

static void run(double seconds, double criticality, double coherence)
{
    for (double until = now + seconds; now < until;) {
        frame(criticality, coherence, true);
    }
}

/* --- the law --- */

static void depth_moves_by_a_quarter_of_the_error_per_second(void)
{
    static const double criticality[] = {0, 0.5, 0.9, 1, 1.1, 1.5};
    for (size_t i = 0; i < sizeof criticality / sizeof criticality[0]; i++) {
        begin(0.5, 1);
        run(1.2, criticality[i], 0.5);
        const double moved = breathing_depth(&breathing) - 0.5;
        CU_ASSERT_DOUBLE_EQUAL(moved, 0.25 * (1 - criticality[i]) * 1.2,
                               0.25 * fabs(1 - criticality[i]) * 0.1001);
    }
}

static void depth_stays_in_its_range(void)
{
    begin(0.9, 1);
    run(5, 0, 0.5);
    CU_ASSERT_EQUAL(breathing_depth(&breathing), 1);
    run(1, 3, 0.5); /* leaves the end at once */
    CU_ASSERT(breathing_depth(&breathing) < 0.95);
    run(20, 3, 0.5);
    CU_ASSERT_EQUAL(breathing_depth(&breathing), 0);
}

/* A criticality that swings with the breath moves depth no more than its mean does. */
static void the_average_is_over_one_breath(void)
{
    static const double rates[] = {BREATHING_RATE_DEFAULT, 0.1, 1, 2.3, 0.37};
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        const double breath = 1 / rates[i];
        begin(0.5, rates[i]);
        while (now < breath) { /* fills the average; depth has not settled by then */
            frame(1, 0.5, true);
        }
        double least = 1;
        double most = 0;
        while (now < 30 + 5 * breath) {
            frame(1 + 0.5 * sin(two_pi * rates[i] * now), 0.5, true);
            if (now > 2 * breath + 1) {
                least = fmin(least, breathing_depth(&breathing));
                most = fmax(most, breathing_depth(&breathing));
            }
        }
        CU_ASSERT(most - least < 0.004);
        CU_ASSERT(fabs(most - 0.5) < 0.25 * 0.5 / (two_pi * rates[i]) * 2.1); /* of the first breath alone */
    }
}

static void phase_follows_coherence(void)
{
    begin(0.5, BREATHING_RATE_MIN);
    run(1, 1, 0.2);
    const double before = breathing_phase(&breathing, 0);
    run(1, 1, 0.9);
    run(1, 1, 0.4);
    const double moved = remainder(breathing_phase(&breathing, 0) - before, two_pi);
    CU_ASSERT_DOUBLE_EQUAL(moved, 0.1 * (0.4 - 0.2) + two_pi * BREATHING_RATE_MIN * 2, 1e-3);
    CU_ASSERT_EQUAL(breathing_depth(&breathing), 0.5);
}

/* A window of a second or more: fewer ticks come due, but none is forgotten. */
static void long_hops_move_as_far(void)
{
    begin(0.2, 1);
    for (int i = 0; i < 4; i++) {
        const struct auto_phi_frame f = {.seconds = 0.37, .criticality = 0.5, .active = true};
        (void)auto_phi_frame(&loop, &breathing, &f, &report[0]);
    }
    CU_ASSERT_DOUBLE_EQUAL(breathing_depth(&breathing), 0.2 + 0.25 * 0.5 * 4 * 0.37, 0.25 * 0.5 * 0.1);
}

/* --- acting or not --- */

static void nothing_moves(double seconds, bool active)
{
    const double depth = breathing_depth(&breathing);
    const uint32_t before = reports;
    for (double until = now + seconds; now < until;) {
        frame(0.2, sin(now), active);
    }
    CU_ASSERT_EQUAL(breathing_depth(&breathing), depth);
    CU_ASSERT_EQUAL(reports, before);
    CU_ASSERT_EQUAL(breathing.shift.to, 0);
}

static void it_acts_only_when_it_may(void)
{
    begin(0.3, 1);
    nothing_moves(10, false);
    breathing_set_on(&breathing, false);
    nothing_moves(10, true);
    breathing_set_on(&breathing, true);
    auto_phi_set_on(&loop, &breathing, false);
    nothing_moves(10, true);
    auto_phi_set_on(&loop, &breathing, true);
    run(1, 0.2, 0.5);
    CU_ASSERT(breathing_depth(&breathing) > 0.4);
    nothing_moves(10, false);
    run(1, 0.2, 0.5);
    CU_ASSERT(breathing_depth(&breathing) > 0.55);
}

/* What was before a pause says nothing about what comes after it. */
static void a_pause_is_forgotten(void)
{
    begin(0.5, 0.1);
    run(10, 1, 0.1);
    for (int i = 0; i < 10; i++) {
        frame(0, 0, false);
    }
    breathing_set_depth(&breathing, 0.5);
    const double phase = breathing_phase(&breathing, 0);
    const double began = now;
    run(1, 0, 0.9);
    CU_ASSERT_DOUBLE_EQUAL(breathing_depth(&breathing), 0.75, 0.03);
    const double moved = remainder(breathing_phase(&breathing, 0) - phase, two_pi);
    CU_ASSERT_DOUBLE_EQUAL(moved, two_pi * 0.1 * (now - began), 1e-3);
}

/* --- reports --- */

static void reports_come_at_most_twice_a_second(void)
{
    begin(0, 1);
    run(3.4, 0, 0.5); /* 0.025 every tick: always more than the threshold */
    CU_ASSERT_EQUAL(reports, 6);
    for (uint32_t i = 0; i < reports; i++) {
        const double since = i == 0 ? reported_at[0] : reported_at[i] - reported_at[i - 1];
        CU_ASSERT(since >= 0.5 - 1e-9 && since < 0.5 + 2 * hop_s);
        CU_ASSERT_EQUAL(report[i].reason, REASON_CRITICALITY_OPTIMIZATION);
        CU_ASSERT_EQUAL(report[i].old_depth, i == 0 ? 0 : report[i - 1].new_depth); /* one chain */
        CU_ASSERT_DOUBLE_EQUAL(report[i].new_depth - report[i].old_depth, 0.125, 0.0251);
        CU_ASSERT_EQUAL(report[i].old_phase, report[i].new_phase);
    }
    CU_ASSERT_DOUBLE_EQUAL(report[5].new_depth, breathing_depth(&breathing), 0.11);
}

/* At an error of 0.0215 depth goes 0.00054 a tick: ten ticks to 0.005. */
static void small_moves_wait_until_they_add_up(void)
{
    begin(0.5, 1);
    run(0.9, 0.9785, 0.5);
    CU_ASSERT_EQUAL(reports, 0);
    run(0.2, 0.9785, 0.5);
    CU_ASSERT_EQUAL(reports, 1);
    CU_ASSERT_DOUBLE_EQUAL(report[0].new_depth - report[0].old_depth, 0.005375, 1e-6);
    run(1.1, 0.9785, 0.5);
    CU_ASSERT_EQUAL(reports, 2);
    run(20, 1, 0.5);
    CU_ASSERT_EQUAL(reports, 2); /* and at the target there is nothing to say */
    CU_ASSERT_EQUAL(report[1].old_depth, report[0].new_depth);
}

static void coherence_is_the_other_reason(void)
{
    begin(0.5, 1);
    run(1, 1, 0.5);
    run(1, 1, 0.69); /* 0.019 rad */
    CU_ASSERT_EQUAL(reports, 0);
    run(0.2, 1, 0.72); /* 0.022 rad */
    CU_ASSERT_EQUAL_FATAL(reports, 1);
    CU_ASSERT_EQUAL(report[0].reason, REASON_COHERENCE_TRACKING);
    CU_ASSERT_EQUAL(report[0].old_depth, report[0].new_depth);
    CU_ASSERT_DOUBLE_EQUAL(remainder((double)report[0].new_phase - (double)report[0].old_phase, two_pi),
                           0.022, 1e-5);
    CU_ASSERT(report[0].new_phase >= 0 && (double)report[0].new_phase < two_pi);
    /* Half a second in which depth goes four times its threshold and phase twice its own. */
    run(0.5, 0.2, 0.32);
    CU_ASSERT_EQUAL_FATAL(reports, 2);
    CU_ASSERT_EQUAL(report[1].reason, REASON_CRITICALITY_OPTIMIZATION);
}

/* theta turns by itself; what is old and what new lies apart by what the loop did, also across zero. */
static void phases_in_reports_are_in_range(void)
{
    struct random random = {5};
    begin(0.5, 10);
    while (reports < 200) {
        frame(1, random_uniform(&random), true);
        if (reports > 0) {
            const struct phi_adaptation *r = &report[reports - 1];
            CU_ASSERT(r->old_phase >= 0 && (double)r->old_phase < two_pi);
            CU_ASSERT(r->new_phase >= 0 && (double)r->new_phase < two_pi);
            CU_ASSERT(fabs(remainder((double)(r->new_phase - r->old_phase), two_pi)) <= 0.1 + 1e-6);
        }
    }
    CU_ASSERT_EQUAL(breathing_angle(-1e-18), 0);
    CU_ASSERT_EQUAL(breathing_angle(6.2831853), 0); /* the nearest float lies above two pi */
    CU_ASSERT_DOUBLE_EQUAL(breathing_angle(-1), two_pi - 1, 1e-6);
}

/* A hand in between: the chain begins anew where the hand has left depth. */
static void switching_on_again_starts_from_there(void)
{
    begin(0.5, 1);
    run(2, 0.5, 0.5);
    auto_phi_set_on(&loop, &breathing, false);
    breathing_set_depth(&breathing, 0.2);
    auto_phi_set_on(&loop, &breathing, true);
    const uint32_t before = reports;
    run(0.6, 0.5, 0.5);
    CU_ASSERT_EQUAL_FATAL(reports, before + 1);
    CU_ASSERT_EQUAL(report[before].old_depth, 0.2F);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"depth moves by a quarter of the error a second", depth_moves_by_a_quarter_of_the_error_per_second},
        {"depth stays in its range", depth_stays_in_its_range},
        {"the average is over one breath", the_average_is_over_one_breath},
        {"phase follows coherence", phase_follows_coherence},
        {"long hops move as far", long_hops_move_as_far},
        {"it acts only when it may", it_acts_only_when_it_may},
        {"a pause is forgotten", a_pause_is_forgotten},
        {"reports come at most twice a second", reports_come_at_most_twice_a_second},
        {"small moves wait until they add up", small_moves_wait_until_they_add_up},
        {"coherence is the other reason", coherence_is_the_other_reason},
        {"phases in reports are in range", phases_in_reports_are_in_range},
        {"switching on again starts from there", switching_on_again_starts_from_there},
        CU_TEST_INFO_NULL,
    };
    return unit_run("auto_phi", tests);
}
