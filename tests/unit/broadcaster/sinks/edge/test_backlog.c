/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An edge that is a list of what it has taken; connections break where the test says. */
#include "broadcaster/sinks/edge/backlog.h"
#include "tests/unit/unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { WRITER = 7, TAKEN_MAX = 2048 };

static struct source source = {.writer = WRITER};
static struct control control;
static const struct segment control_segment = {.fd = -1, .memory = &control};
static struct feed feed;
static struct eventlog event_log;
static struct backlog backlog;
static struct channel_note past[CHANNEL_NOTES];

static uint32_t taken;
static int take[TAKEN_MAX];

static struct edge_answer says(void)
{
    return (struct edge_answer){taken, taken + 1};
}

static void open_backlog(void)
{
    backlog = (struct backlog){.feed = &feed, .log = &event_log, .place = 3};
    backlog_open(&backlog, "ws://h/{stream}", "events", past);
}

static void begin(void)
{
    memset(&control, 0, sizeof control);
    memset(past, 0, sizeof past);
    source.event_next = 100;
    source.writer = WRITER;
    feed = (struct feed){.source = &source, .control = &control_segment, .cursor = {.writer = WRITER}};
    taken = 0;
    open_backlog();
}

static void end(void)
{
    eventlog_free(&event_log);
    event_log = (struct eventlog){0};
}

/* The analyser's next event, whose number is its place. */
static void happens(void)
{
    char text[16];
    const int length = snprintf(text, sizeof text, "%u", (unsigned)source.event_next);
    CU_ASSERT_EQUAL(eventlog_push(&event_log, text, (size_t)length, source.event_next), STATUS_OK);
    source.event_next++;
    (void)backlog_look(&backlog);
}

static bool send_next(void)
{
    char text[16] = "";
    const struct encoded *message = backlog_next(&backlog);
    if (message) {
        memcpy(text, wire_text(&message->plain), message->plain.length);
        take[taken] = atoi(text);
        backlog_sent(&backlog);
    }
    return message != NULL;
}

static void send_all(void)
{
    while (send_next()) {
        taken++;
        const struct edge_answer answer = says();
        backlog_acknowledge(&backlog, &answer);
    }
}

static void connect(void)
{
    if (backlog_asks(&backlog)) {
        const struct edge_answer answer = says();
        (void)backlog_account(&backlog, &answer);
    }
}

static void assert_taken(int first, uint32_t count)
{
    CU_ASSERT_EQUAL(taken, count);
    for (uint32_t i = 0; i < count; i++) {
        CU_ASSERT_EQUAL(take[i], first + (int)i);
    }
}

/* A successor, which reads from the ring what its predecessor's sinks had not all had. */
static void succeed(uint64_t from)
{
    const uint64_t next = source.event_next;
    for (uint32_t i = 0; i < CHANNEL_NOTES; i++) {
        past[i] = (struct channel_note){control.note[i].key, control.note[i].value};
    }
    memset(&control, 0, sizeof control);
    end();
    open_backlog();
    for (source.event_next = from; source.event_next < next;) {
        happens();
    }
}

static void broken_before_and_after(void)
{
    begin();
    CU_ASSERT_TRUE(backlog_asks(&backlog));
    connect();
    CU_ASSERT_FALSE(backlog_asks(&backlog));
    for (int i = 0; i < 4; i++) {
        happens();
    }
    CU_ASSERT_TRUE(send_next());
    taken++; /* it has arrived */
    backlog_break(&backlog);
    connect();
    CU_ASSERT_TRUE(send_next()); /* it has not */
    backlog_break(&backlog);
    connect();
    send_all();
    assert_taken(100, 4);
    CU_ASSERT_EQUAL(backlog.resent, 1);
    CU_ASSERT_EQUAL(backlog_reached(&backlog), UINT64_MAX);
    end();
}

static void an_edge_that_begins_anew(void)
{
    begin();
    connect();
    happens();
    send_all();
    happens();
    CU_ASSERT_TRUE(send_next());
    backlog_break(&backlog);
    taken = 0;
    connect();
    send_all();
    assert_taken(101, 1);
    end();
}

/* After each of the moments at which a broadcaster can be killed. */
static void a_successor(void)
{
    for (int moment = 0; moment < 4; moment++) {
        begin();
        connect();
        happens();
        happens();
        send_all();
        if (moment > 0) {
            happens();
        }
        if (moment > 1) {
            CU_ASSERT_TRUE(send_next());
            taken += moment > 2;
        }
        succeed(moment % 2 ? 101 : source.event_next); /* another edge was behind, or none */
        if (moment == 2) {
            succeed(102);
        }
        happens();
        connect();
        happens();
        send_all();
        assert_taken(100, moment > 0 && moment != 2 ? 5 : moment == 2 ? 5 : 4);
        end();
    }
}

/* It has arrived, and the successor connects before it has read it. */
static void a_successor_that_is_late(void)
{
    begin();
    connect();
    happens();
    send_all();
    happens();
    CU_ASSERT_TRUE(send_next());
    taken++;
    source.event_next = 101;
    succeed(101);
    connect();
    happens();
    happens();
    send_all();
    assert_taken(100, 3);
    end();
}

static void another_analyser(void)
{
    begin();
    connect();
    happens();
    send_all();
    feed.cursor.writer = source.writer = WRITER + 1;
    succeed(source.event_next = 1);
    CU_ASSERT_TRUE(backlog_asks(&backlog));
    CU_ASSERT_EQUAL(backlog.from, 0);
    connect();
    happens();
    send_all();
    CU_ASSERT_EQUAL(taken, 2);
    CU_ASSERT_EQUAL(take[1], 1);
    end();
}

static void away_for_too_long(void)
{
    begin();
    connect();
    for (int i = 0; i < EVENTLOG_LAG_MAX + 500; i++) {
        happens();
    }
    CU_ASSERT_EQUAL(backlog.lost, 500);
    CU_ASSERT_EQUAL(backlog_waiting(&backlog), EVENTLOG_LAG_MAX);
    CU_ASSERT_EQUAL(backlog_reached(&backlog), 600);
    CU_ASSERT_TRUE(send_next());
    happens(); /* which pushes the one on its way out */
    taken++;
    const struct edge_answer answer = says();
    backlog_acknowledge(&backlog, &answer);
    send_all();
    assert_taken(600, EVENTLOG_LAG_MAX + 1);
    CU_ASSERT_EQUAL(backlog.lost, 501);
    end();
}

int main(void)
{
    static const CU_TestInfo tests[] = {{"broken before and after", broken_before_and_after},
                                        {"an edge that begins anew", an_edge_that_begins_anew},
                                        {"a successor", a_successor},
                                        {"a successor that is late", a_successor_that_is_late},
                                        {"another analyser", another_analyser},
                                        {"away for too long", away_for_too_long},
                                        CU_TEST_INFO_NULL};
    return unit_run("edge_backlog", tests);
}
