/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands out of a broadcaster's control segment: which are passed on, and which are not. */
#include "jack-client/client/inbox.h"
#include "shared/control.h"
#include "shared/log.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { LOOK_MS = 250 };

static char name[32];
static struct segment broadcaster = {.fd = -1};
static struct inbox inbox;
static struct ring passed_on;
static uint64_t next; /* of passed_on */
static uint64_t now_ms;
static double calibrate;

static void start_broadcaster(void)
{
    CU_ASSERT_EQUAL_FATAL(segment_create(&broadcaster, &control_kind, name, (gid_t)-1), STATUS_OK);
}

static struct ring *commands(void)
{
    return &((struct control *)broadcaster.memory)->commands;
}

static void begin(void)
{
    inbox_init(&inbox, name);
    memset(&passed_on, 0, sizeof passed_on);
    next = 0;
    now_ms = 1000;
    calibrate = NAN;
}

static void end(void)
{
    inbox_close(&inbox);
    segment_close(&broadcaster);
}

static void poll_after(uint64_t ms)
{
    now_ms += ms;
    inbox_poll(&inbox, &passed_on, &calibrate, now_ms);
}

/* While messages are expected on standard error. */
static void poll_quietly(uint64_t ms)
{
    fflush(stderr);
    const int kept = dup(2);
    const int null = open("/dev/null", O_WRONLY);
    CU_ASSERT_FATAL(kept >= 0 && null >= 0);
    dup2(null, 2);
    poll_after(ms);
    dup2(kept, 2);
    close(kept);
    close(null);
}

static void ask(uint32_t kind, double value)
{
    const struct command command = {.kind = kind, .value = value};
    command_push(commands(), &command);
}

/* Past all checks, as a broken broadcaster would. */
static void ask_anything(uint32_t kind, double value)
{
    const struct command command = {.kind = kind, .value = value};
    uint64_t words[RING_WORDS];
    memcpy(words, &command, sizeof words);
    ring_push(commands(), words);
}

static void expect(uint32_t kind, double value)
{
    struct command command = {0};
    CU_ASSERT_EQUAL(command_read(&passed_on, &next, &command, NULL), STATUS_OK);
    CU_ASSERT_EQUAL(command.kind, kind);
    CU_ASSERT_EQUAL(command.value, value);
}

static void expect_no_more(void)
{
    struct command command;
    CU_ASSERT_EQUAL(command_read(&passed_on, &next, &command, NULL), STATUS_EMPTY);
}

/* --- who is there --- */

static void without_a_broadcaster_nothing_happens(void)
{
    begin();
    for (int i = 0; i < 100; i++) {
        poll_after(10);
    }
    expect_no_more();
    CU_ASSERT_PTR_NULL(inbox.segment.memory);
    end();
}

static void what_was_asked_before_is_not_carried_out(void)
{
    begin();
    start_broadcaster();
    ask(COMMAND_DEPTH, 0.1);
    ask(COMMAND_AUTO, 1);
    poll_after(0);
    expect_no_more();
    ask(COMMAND_DEPTH, 0.3);
    poll_after(10);
    expect(COMMAND_DEPTH, 0.3);
    poll_after(10);
    expect_no_more();
    end();
}

/* The name is looked up four times a second, and of a broadcaster that came after us all is news. */
static void a_new_broadcaster_is_obeyed_from_its_first_word(void)
{
    begin();
    poll_after(0);
    start_broadcaster();
    ask(COMMAND_RATE, 2);
    ask(COMMAND_PHASE, -1e6);
    poll_after(LOOK_MS - 1);
    expect_no_more();
    poll_after(1);
    expect(COMMAND_RATE, 2);
    expect(COMMAND_PHASE, -1e6);
    expect_no_more();
    end();
}

/* Killed, or ended: what it had been asked is still done, and its successor is found. */
static void a_dead_broadcaster_is_replaced(void)
{
    begin();
    start_broadcaster();
    poll_after(0);
    for (int round = 0; round < 20; round++) {
        ask(COMMAND_DEPTH, 0.5);
        if (round % 2) {
            segment_close(&broadcaster);
        } else {
            segment_leave(&broadcaster); /* its name stays, as if it had been killed */
        }
        poll_after(10);
        expect(COMMAND_DEPTH, 0.5);
        expect_no_more();
        CU_ASSERT_PTR_NULL(inbox.segment.memory);
        poll_after(LOOK_MS); /* a dead one's leavings are not believed */
        expect_no_more();
        CU_ASSERT_PTR_NULL(inbox.segment.memory);
        start_broadcaster();
        ask(COMMAND_RATE, 1);
        poll_after(LOOK_MS);
        expect(COMMAND_RATE, 1);
        expect_no_more();
    }
    end();
}

/* Another one takes the name between two polls. */
static void a_quick_successor_is_found(void)
{
    begin();
    start_broadcaster();
    poll_after(0);
    segment_leave(&broadcaster);
    start_broadcaster();
    ask(COMMAND_DEPTH, 0.25);
    poll_after(10); /* sees that the old one is dead */
    poll_after(LOOK_MS);
    expect(COMMAND_DEPTH, 0.25);
    end();
}

static void a_segment_cut_short_is_left(void)
{
    begin();
    start_broadcaster();
    poll_after(0);
    CU_ASSERT_PTR_NOT_NULL(inbox.segment.memory);
    ask(COMMAND_DEPTH, 0.25);
    CU_ASSERT_EQUAL(ftruncate(broadcaster.fd, 64), 0);
    poll_after(10); /* would be a SIGBUS */
    CU_ASSERT_PTR_NULL(inbox.segment.memory);
    expect_no_more();
    end();
}

/* --- what is asked --- */

static void out_of_range_is_refused(void)
{
    static const struct {
        uint32_t kind;
        double value;
    } wrong[] = {
        {COMMAND_DEPTH, 1.001},
        {COMMAND_DEPTH, -0.001},
        {COMMAND_DEPTH, NAN},
        {COMMAND_PHASE, INFINITY},
        {COMMAND_PHASE, 2e6},
        {COMMAND_RATE, 0.009},
        {COMMAND_RATE, 10.01},
        {COMMAND_BREATHING, 0.5},
        {COMMAND_AUTO, 2},
        {COMMAND_CALIBRATE, 0.01},
        {0, 0},
        {COMMAND_CONNECT, 0}, /* without a source */
        {COMMAND_DISCONNECT, 64},
        {9, 0},
        {UINT32_MAX, 1},
    };
    begin();
    start_broadcaster();
    poll_after(0);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        ask_anything(wrong[i].kind, wrong[i].value);
    }
    ask(COMMAND_BREATHING, 1);
    poll_quietly(10);
    expect(COMMAND_BREATHING, 1);
    expect_no_more();
    CU_ASSERT(isnan(calibrate));
    CU_ASSERT_EQUAL(inbox.patch_count, 0);
    end();
}

static void calibration_is_the_control_threads_own(void)
{
    begin();
    start_broadcaster();
    poll_after(0);
    ask(COMMAND_CALIBRATE, -20);
    ask(COMMAND_DEPTH, 1);
    poll_after(10);
    CU_ASSERT_EQUAL(calibrate, -20);
    expect(COMMAND_DEPTH, 1);
    expect_no_more();
    end();
}

static void patches_are_kept_for_the_control_thread(void)
{
    begin();
    start_broadcaster();
    poll_after(0);
    for (uint32_t i = 0; i < INBOX_PATCHES_MAX + 2; i++) {
        const struct command command = {.kind = COMMAND_CONNECT, .value = i % 64, .source = i + 1};
        command_push(commands(), &command);
    }
    ask(COMMAND_DEPTH, 1);
    poll_after(10);
    poll_quietly(10); /* two too many: they are lost, and it is said */
    CU_ASSERT_EQUAL(inbox.patch_count, INBOX_PATCHES_MAX);
    CU_ASSERT_EQUAL(inbox.losses, 1);
    CU_ASSERT_EQUAL(inbox.patch[INBOX_PATCHES_MAX - 1].source, INBOX_PATCHES_MAX);
    expect(COMMAND_DEPTH, 1);
    expect_no_more();
    end();
}

enum { FLOOD = 10000 };

/* Faster than they can be looked at: the newest are kept, in order, and the rest is known to be lost. */
static void a_flood_at_once_keeps_the_newest(void)
{
    begin();
    start_broadcaster();
    poll_after(0);
    for (int i = 0; i < FLOOD; i++) {
        ask(COMMAND_DEPTH, (double)i / FLOOD);
    }
    int polls = 0;
    while (ring_head(&passed_on) < RING_SLOTS - 1 && polls < 1000) {
        const uint64_t before = ring_head(&passed_on);
        poll_quietly(10);
        CU_ASSERT(ring_head(&passed_on) - before <= 64); /* a poll's work is bounded */
        polls++;
    }
    CU_ASSERT(polls <= 17);
    for (int i = FLOOD - RING_SLOTS + 1; i < FLOOD; i++) {
        expect(COMMAND_DEPTH, (double)i / FLOOD);
    }
    expect_no_more();
    poll_after(10);
    expect_no_more();
    end();
}

static void a_flood_that_can_be_followed_is_whole(void)
{
    begin();
    start_broadcaster();
    poll_after(0);
    for (int i = 0; i < FLOOD; i++) {
        ask(COMMAND_DEPTH, (double)i / FLOOD);
        if (i % 60 == 59 || i == FLOOD - 1) {
            poll_after(10);
            for (int k = i - i % 60; k <= i; k++) {
                expect(COMMAND_DEPTH, (double)k / FLOOD);
            }
        }
    }
    expect_no_more();
    end();
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"without a broadcaster nothing happens", without_a_broadcaster_nothing_happens},
        {"what was asked before is not carried out", what_was_asked_before_is_not_carried_out},
        {"a new broadcaster is obeyed from its first word", a_new_broadcaster_is_obeyed_from_its_first_word},
        {"a dead broadcaster is replaced", a_dead_broadcaster_is_replaced},
        {"a quick successor is found", a_quick_successor_is_found},
        {"a segment cut short is left", a_segment_cut_short_is_left},
        {"out of range is refused", out_of_range_is_refused},
        {"calibration is the control thread's own", calibration_is_the_control_threads_own},
        {"patches are kept for the control thread", patches_are_kept_for_the_control_thread},
        {"a flood at once keeps the newest", a_flood_at_once_keeps_the_newest},
        {"a flood that can be followed is whole", a_flood_that_can_be_followed_is_whole},
        CU_TEST_INFO_NULL,
    };
    log_open("test_hands");
    snprintf(name, sizeof name, "inbox%d", getpid());
    return unit_run("inbox", tests);
}
