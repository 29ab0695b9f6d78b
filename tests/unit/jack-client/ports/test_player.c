/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The calibration's player: in step whatever the periods, silent when idle, never outside its buffers. */
#include "jack-client/ports/player.h"
#include "tests/unit/jack-client/dsp/signals.h"
#include "tests/unit/jack-client/rt/rt_guard.h"
#include "tests/unit/unit.h"

#include <string.h>

enum { SIGNAL = 1000, LENGTH = 5000, PERIOD_MAX = 8192, MARGIN = 16, LINE = 777 /* the loop's delay */ };

static const float canary = 1234.5F;

/* A player on buffers with a margin on either side, and a line of known delay from out to in. */
struct bench {
    struct player player;
    float signal[SIGNAL];
    float recording[MARGIN + LENGTH + MARGIN];
    float out[MARGIN + PERIOD_MAX + MARGIN];
    float in[PERIOD_MAX];
    float played[4 * PERIOD_MAX]; /* all that went out so far */
    uint32_t at;
};

static void start(struct bench *b)
{
    *b = (struct bench){0};
    for (uint32_t n = 0; n < SIGNAL; n++) {
        b->signal[n] = (float)(n + 1);
    }
    for (uint32_t n = 0; n < MARGIN + LENGTH + MARGIN; n++) {
        b->recording[n] = canary;
    }
    b->player.signal = b->signal;
    b->player.signal_length = SIGNAL;
    b->player.recording = b->recording + MARGIN;
    b->player.length = LENGTH;
    atomic_store(&b->player.state, PLAYER_RUNNING);
}

static uint32_t state_of(struct bench *b)
{
    return atomic_load(&b->player.state);
}

static bool all_are(const float *values, uint32_t count, float value)
{
    uint32_t same = 0;
    for (uint32_t n = 0; n < count; n++) {
        same += values[n] == value;
    }
    return same == count;
}

static void pass(struct bench *b, uint32_t count, bool gap)
{
    float *out = b->out + MARGIN;
    for (uint32_t n = 0; n < MARGIN + PERIOD_MAX + MARGIN; n++) {
        b->out[n] = canary;
    }
    for (uint32_t n = 0; n < count; n++) {
        const uint32_t now = b->at + n;
        b->in[n] = now < LINE || now - LINE >= b->at ? -1 : b->played[now - LINE];
    }
    rt_guard_enter();
    player_pass(&b->player, b->in, out, count, gap);
    CU_ASSERT_EQUAL(rt_guard_leave(), 0);
    CU_ASSERT(all_are(b->out, MARGIN, canary));
    CU_ASSERT(all_are(out + count, MARGIN, canary));
    memcpy(b->played + b->at, out, count * sizeof *out);
    b->at += count;
}

/* What must have been recorded: -1 until the first sample has come round, then what was played. The period is
 * at most the line's delay here. */
static void check_recording(const struct bench *b)
{
    uint32_t wrong = 0;
    for (uint32_t n = 0; n < LENGTH; n++) {
        const uint32_t source = n - LINE;
        const float want = n < LINE ? -1 : source < SIGNAL ? (float)(source + 1) : 0;
        wrong += b->recording[MARGIN + n] != want;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT(all_are(b->recording, MARGIN, canary));
    CU_ASSERT(all_are(b->recording + MARGIN + LENGTH, MARGIN, canary));
}

static void idle_is_silent(void)
{
    static const uint32_t states[] = {PLAYER_IDLE, PLAYER_DONE, PLAYER_SPOILED};
    struct bench b;
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        start(&b);
        atomic_store(&b.player.state, states[i]);
        pass(&b, 64, false);
        pass(&b, 64, true);
        pass(&b, 0, false);
        CU_ASSERT(all_are(b.played, b.at, 0));
        CU_ASSERT(all_are(b.recording, MARGIN + LENGTH + MARGIN, canary));
        CU_ASSERT_EQUAL(state_of(&b), states[i]);
        CU_ASSERT_EQUAL(b.player.position, 0);
    }
    struct player none = {0}; /* without any buffers */
    float out[8] = {1, 1, 1, 1, 1, 1, 1, 1};
    player_pass(&none, b.in, out, 8, false);
    CU_ASSERT(all_are(out, 8, 0));
}

static void any_period_gives_the_same(void)
{
    static const uint32_t periods[] = {1, 2, 16, 63, 64, 250, 256, 333, 500, 512, 776, 777};
    for (size_t i = 0; i < sizeof periods / sizeof periods[0]; i++) {
        struct bench b;
        start(&b);
        pass(&b, periods[i], true); /* a gap before the first block is nobody's loss */
        while (state_of(&b) == PLAYER_RUNNING && b.at < LENGTH + PERIOD_MAX) {
            pass(&b, periods[i], false);
        }
        CU_ASSERT_EQUAL(state_of(&b), PLAYER_DONE);
        CU_ASSERT(b.at >= LENGTH && b.at < LENGTH + periods[i]);
        check_recording(&b);
    }
}

static void periods_that_change_give_the_same(void)
{
    struct random random = {3};
    for (int i = 0; i < 200; i++) {
        struct bench b;
        start(&b);
        while (state_of(&b) == PLAYER_RUNNING && b.at < LENGTH + PERIOD_MAX) {
            pass(&b, random_range(&random, 0, LINE), false);
        }
        CU_ASSERT_EQUAL(state_of(&b), PLAYER_DONE);
        check_recording(&b);
    }
}

/* A period longer than all there is to play and record. */
static void one_long_period(void)
{
    struct bench b;
    start(&b);
    pass(&b, PERIOD_MAX, false);
    CU_ASSERT_EQUAL(state_of(&b), PLAYER_DONE);
    CU_ASSERT_EQUAL(memcmp(b.played, b.signal, sizeof b.signal), 0);
    CU_ASSERT(all_are(b.played + SIGNAL, PERIOD_MAX - SIGNAL, 0));
    CU_ASSERT(all_are(b.recording + MARGIN, LENGTH, -1));
    CU_ASSERT(all_are(b.recording + MARGIN + LENGTH, MARGIN, canary));
}

static void a_gap_spoils_it(void)
{
    struct bench b;
    start(&b);
    pass(&b, 256, false);
    pass(&b, 256, true);
    CU_ASSERT_EQUAL(state_of(&b), PLAYER_SPOILED);
    CU_ASSERT(all_are(b.played + 256, 256, 0)); /* silent at once */
    pass(&b, 256, false);
    CU_ASSERT_EQUAL(state_of(&b), PLAYER_SPOILED);
    CU_ASSERT(all_are(b.played + 512, 256, 0));
    CU_ASSERT(all_are(b.recording + MARGIN + 256, LENGTH - 256, canary));
}

static void it_can_be_started_again(void)
{
    struct bench b;
    start(&b);
    pass(&b, 256, false);
    pass(&b, 256, true);
    b.player.position = 0;
    b.at = 0;
    atomic_store(&b.player.state, PLAYER_RUNNING);
    while (state_of(&b) == PLAYER_RUNNING && b.at < LENGTH + PERIOD_MAX) {
        pass(&b, 256, false);
    }
    CU_ASSERT_EQUAL(state_of(&b), PLAYER_DONE);
    check_recording(&b);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"idle is silent", idle_is_silent},
        {"any period gives the same", any_period_gives_the_same},
        {"periods that change give the same", periods_that_change_give_the_same},
        {"one long period", one_long_period},
        {"a gap spoils it", a_gap_spoils_it},
        {"it can be started again", it_can_be_started_again},
        CU_TEST_INFO_NULL,
    };
    return unit_run("player", tests);
}
