/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recordings of a few lines, played by a clock of the test's own; only the reading ahead takes real time. */
#include "broadcaster/source/replay.h"
#include "shared/clock.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE = 20000 }; /* ms */

static struct replay replay;
static struct source *const source = &replay.base;
static char path[64];
static char error[OPTION_ERROR_MAX];
static int fd;
static uint64_t now;

static void put(const char *text)
{
    CU_ASSERT_EQUAL(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

static void put_frame(double t, uint64_t frame)
{
    char line[512];
    snprintf(line, sizeof line,
             "{\"t\":%.6f,\"stream\":\"metrics\",\"message\":{\"frame\":%llu,\"timestamp\":%.6f,\"ici\":0.5,"
             "\"criticality\":1.0,"
             "\"phase_coherence\":0.5,\"spectral_centroid\":440.0,\"phi_depth\":0.5,\"phi_phase\":0.0,"
             "\"phi_breathing_active\":false,\"active_channels\":0,\"channel_metrics\":[]}}\n",
             t, (unsigned long long)frame, t - 0.25);
    put(line);
}

static void put_event(double t, double strength)
{
    char line[256];
    snprintf(line, sizeof line,
             "{\"t\":%.6f,\"stream\":\"events\",\"message\":{\"type\":\"onset\",\"timestamp\":%.6f,"
             "\"strength\":%.7g,\"band\":0}}\n",
             t, t, strength);
    put(line);
}

/* Ten frames, ten a second. */
static void put_second(double t, uint64_t first)
{
    for (uint64_t i = 0; i < 10; i++) {
        put_frame(t + (double)i / 10, first + i);
    }
}

static void make(void)
{
    fd = memfd_create("recording", MFD_CLOEXEC);
    CU_ASSERT_FATAL(fd >= 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    put("{\"phicast\":\"recording\",\"version\":1,\"name\":\"stage\"}\n");
}

static enum status begin(struct replay_choice choice)
{
    choice.path = path;
    choice.speed = choice.speed > 0 ? choice.speed : 1;
    now = 1000000000;
    enum status status = replay_open(&replay, &choice, "phicast", error);
    if (status == STATUS_OK) {
        status = replay_start(&replay, error);
    }
    return status;
}

static void end(void)
{
    source_close(source);
    close(fd);
}

static bool is_there(void)
{
    return tape_peek(replay.tape) != NULL;
}

/* Until what is read ahead is there. */
static void wait_for_tape(void)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    for (int i = 0; i < PATIENCE && !is_there(); i++) {
        nanosleep(&pause, NULL);
    }
    CU_ASSERT_FATAL(is_there());
}

/* The clock goes on to what comes next; returns how long that took, in seconds. */
static double next_step(void)
{
    const uint64_t then = now;
    const uint64_t frames = source->frames;
    while (source->frames == frames && !replay.has_event && !source->replay.ended && now - then < 100000000) {
        wait_for_tape();
        const uint64_t next = source_step(source, now);
        now =
            source->frames == frames && !replay.has_event && !source->replay.ended && next > now ? next : now;
    }
    return (double)(now - then) / 1e6;
}

static void expect_frame(uint64_t frame, double after)
{
    const double took = next_step();
    CU_ASSERT_EQUAL(source->metrics.frame, frame);
    if (!(fabs(took - after) < 2e-6)) {
        fprintf(stderr, "frame %llu after %.6f, and not %.6f\n", (unsigned long long)frame, took, after);
        CU_FAIL("the schedule is another");
    }
}

static struct replay_wish wish(double position, double speed, int paused)
{
    return (struct replay_wish){.has_paused = paused >= 0,
                                .has_position = position >= 0,
                                .has_speed = speed > 0,
                                .paused = paused > 0,
                                .position = position,
                                .speed = speed};
}

static void steer(double position, double speed, int paused)
{
    const struct replay_wish asked = wish(position, speed, paused);
    CU_ASSERT_EQUAL(source_steer(source, &asked, now), STATUS_OK);
}

static void in_order_and_time(void)
{
    make();
    put_second(100, 1);
    CU_ASSERT_EQUAL_FATAL(begin((struct replay_choice){0}), STATUS_OK);
    CU_ASSERT_STRING_EQUAL(source->name, "stage");
    CU_ASSERT_EQUAL(source->state, SOURCE_REPLAY);
    expect_frame(1, 0);
    for (uint64_t i = 2; i <= 10; i++) {
        expect_frame(i, 0.1);
    }
    CU_ASSERT_EQUAL(source->frames, 10);
    next_step();
    CU_ASSERT(source->replay.ended);
    source_poll(source, now);
    CU_ASSERT(strstr(source->why, "at the end") != NULL);
    steer(-1, 0, 0); /* play */
    expect_frame(1, 0);
    end();
}

static void times(void)
{
    for (int original = 0; original < 2; original++) {
        make();
        put_frame(100, 1);
        CU_ASSERT_EQUAL_FATAL(begin((struct replay_choice){.original_time = original}), STATUS_OK);
        expect_frame(1, 0);
        const double fresh = (double)clock_unix_us() / 1e6 - 0.25; /* as old as it was */
        CU_ASSERT(fabs(source->metrics.timestamp - (original ? 99.75 : fresh)) < (original ? 1e-6 : 60));
        end();
    }
}

static void speeds(void)
{
    make();
    put_second(100, 1);
    CU_ASSERT_EQUAL_FATAL(begin((struct replay_choice){.speed = 0.25}), STATUS_OK);
    expect_frame(1, 0);
    expect_frame(2, 0.4);
    steer(-1, 8, -1);
    expect_frame(3, 0.0125);
    now += 6250;
    steer(-1, 0.5, -1); /* in the middle */
    expect_frame(4, 0.1);
    end();
}

/* A loop that was held up makes up for it, without one left out. */
static void late_loop(void)
{
    make();
    put_second(100, 1);
    CU_ASSERT_EQUAL_FATAL(begin((struct replay_choice){0}), STATUS_OK);
    expect_frame(1, 0);
    now += 350000;
    expect_frame(2, 0);
    expect_frame(3, 0);
    expect_frame(4, 0);
    expect_frame(5, 0.05);
    end();
}

static void pauses(void)
{
    make();
    put_second(100, 1);
    CU_ASSERT_EQUAL_FATAL(begin((struct replay_choice){0}), STATUS_OK);
    expect_frame(1, 0);
    now += 50000;
    steer(-1, 0, 1);
    now += 5000000;
    CU_ASSERT(source_step(source, now) > now);
    CU_ASSERT_EQUAL(source->metrics.frame, 1);
    source_poll(source, now);
    CU_ASSERT_DOUBLE_EQUAL(source->replay.position_s, 0.05, 1e-6);
    steer(-1, 0, 0);
    expect_frame(2, 0.05);
    steer(-1, 0, 1);
    steer(0.65, 0, -1); /* shows what is there, and stays */
    expect_frame(8, 0);
    now += 5000000;
    CU_ASSERT(source_step(source, now) > now);
    CU_ASSERT_EQUAL(source->metrics.frame, 8);
    end();
}

static void seeks(void)
{
    make();
    put_second(100, 1);
    put_second(101, 11);
    CU_ASSERT_EQUAL_FATAL(begin((struct replay_choice){.from = 1.5}), STATUS_OK);
    expect_frame(16, 0);
    expect_frame(17, 0.1);
    steer(0.25, 0, -1);
    expect_frame(4, 0.05);
    source_poll(source, now);
    CU_ASSERT_DOUBLE_EQUAL(source->replay.position_s, 0.3, 1e-6);
    steer(100, 0, -1);
    next_step();
    CU_ASSERT(source->replay.ended);
    steer(0, 0, -1);
    expect_frame(1, 0);
    end();
}

/* From the last to the first is one period as from any to the next. */
static void loops(void)
{
    make();
    put_second(100, 1);
    CU_ASSERT_EQUAL_FATAL(begin((struct replay_choice){.loops = true}), STATUS_OK);
    expect_frame(1, 0);
    for (uint64_t i = 1; i < 35; i++) {
        expect_frame(1 + i % 10, 0.1);
        source_poll(source, now);
        CU_ASSERT_DOUBLE_EQUAL(source->replay.position_s, (double)(i % 10) / 10, 1e-6);
    }
    end();
}

static void events_once_each(void)
{
    struct event event;
    make();
    put_frame(100, 1);
    put_event(100, 0.25);
    put_event(100, 0.5);
    put_frame(100.1, 2);
    put_event(100.15, 0.75);
    put_frame(100.2, 3);
    CU_ASSERT_EQUAL_FATAL(begin((struct replay_choice){0}), STATUS_OK);
    expect_frame(1, 0);
    CU_ASSERT_EQUAL(source_event(source, &event), STATUS_EMPTY);
    for (uint64_t i = 1; i <= 3; i++) {
        next_step();
        if (!replay.has_event) {
            next_step();
        }
        CU_ASSERT_EQUAL(source_event(source, &event), STATUS_OK);
        CU_ASSERT_EQUAL(event.onset.strength, 0.25F * (float)i);
        CU_ASSERT_EQUAL(source->event_next, i);
        CU_ASSERT_EQUAL(source_event(source, &event), STATUS_EMPTY);
    }
    end();
}

static void damaged_lines(void)
{
    make();
    put_frame(100, 1);
    put("{\"t\":100.05,\"stream\":\"metrics\",\"mess\n");
    put("\xff\xfe\n");
    put_frame(100.1, 2);
    put("{\"t\":100.2,\"stream\":\"metr"); /* cut short */
    CU_ASSERT_EQUAL_FATAL(begin((struct replay_choice){0}), STATUS_OK);
    expect_frame(1, 0);
    expect_frame(2, 0.1);
    next_step();
    CU_ASSERT(source->replay.ended);
    source_poll(source, now);
    CU_ASSERT_EQUAL(source->replay.troubles, 2);
    CU_ASSERT(strstr(source->replay.trouble, "line 4: not valid JSON") != NULL);
    end();
}

static void refused(const char *text, bool has_head, const char *words)
{
    fd = memfd_create("recording", MFD_CLOEXEC);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (has_head) {
        put("{\"phicast\":\"recording\",\"version\":1}\n");
    }
    put(text);
    CU_ASSERT_NOT_EQUAL(begin((struct replay_choice){0}), STATUS_OK);
    if (!strstr(error, words)) {
        fprintf(stderr, "\"%s\" lacks \"%s\"\n", error, words);
        CU_FAIL("the reason is another");
    }
    if (replay.tape) {
        source_close(source);
    }
    close(fd);
}

static void what_is_refused(void)
{
    refused("", false, "is empty");
    refused("", true, "holds no message");
    refused("RIFF....WAVE", false, "line 1: not valid JSON");
    refused("frame,ici\n0,1\n", false, "line 1:");
    refused("{\"colour\":1}\n{\"colour\":2}\n", false, "holds no message");
    refused("{\"phicast\":\"recording\",\"version\":9}\n", false, "version 9");
    refused("{\"t\":1,\"stream\":\"metrics\",\"message\":{}}\n", true, "line 2: channel_metrics");
    refused("\x1f\x8b nonsense", false, "compressed data are damaged");
    snprintf(path, sizeof path, "/nowhere/at/all");
    CU_ASSERT_EQUAL(begin((struct replay_choice){0}), STATUS_NOT_FOUND);
    CU_ASSERT(strstr(error, "/nowhere/at/all") != NULL);
    snprintf(path, sizeof path, "/");
    CU_ASSERT_EQUAL(begin((struct replay_choice){0}), STATUS_BAD_ARG);
}

int main(void)
{
    const CU_TestInfo tests[] = {
        {"in order and time", in_order_and_time},
        {"times", times},
        {"speeds", speeds},
        {"late loop", late_loop},
        {"pauses", pauses},
        {"seeks", seeks},
        {"loops", loops},
        {"events once each", events_once_each},
        {"damaged lines", damaged_lines},
        {"what is refused", what_is_refused},
        CU_TEST_INFO_NULL,
    };
    return unit_run("replay", tests);
}
