/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The way of events, the broadcaster's own among them, and the note that a successor finds. The analyser is a
 * segment of this process; "restarting the broadcaster" is a second feed that starts from the first one's
 * note. Its sinks: one that reads the log, for clients that the test speaks for; one that is given events.
 * More than 400 lines because all cases share the analyser and the sinks. */
#include "broadcaster/source/live.h"
#include "broadcaster/stream/feed.h"
#include "shared/clock.h"
#include "tests/unit/unit.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char name[64];
static struct live live;
static struct source *const source = &live.base;
static struct feed feed;
static struct control control; /* the note's place: a plain one does */
static const struct segment control_segment = {.fd = -1, .memory = &control};
static struct segment segment;
static uint64_t now; /* the test's own clock, started at the real one */

/* What clients have been sent: the event of the log that comes next, or all while there are none. */
static bool clients;
static uint64_t sent;

static uint64_t clients_reached(const struct sink *sink, uint64_t now_us)
{
    (void)sink;
    return clients ? feed_place(&feed, &feed.log, sent) : feed_is_replaying(&feed, now_us) ? 0 : UINT64_MAX;
}

static uint64_t given; /* events */
static struct event_id last;

static void take(struct sink *sink, const struct event *event, struct event_id id, uint64_t now_us)
{
    (void)sink, (void)event, (void)now_us;
    given++;
    last = id;
}

static const struct sink_kind log_reader = {.name = "log", .reached = clients_reached};
static const struct sink_kind taker = {.name = "taker", .event = take};
static struct sink first = {&log_reader};
static struct sink second = {&taker};

/* The note of one of them. */
static uint64_t noted(const char *sink)
{
    const struct event_cursor note = control_load_cursor(&control);
    for (size_t i = 0; i < EVENT_PLACES; i++) {
        if (strncmp(note.place[i].sink, sink, SINK_NAME_MAX) == 0) {
            return note.place[i].next;
        }
    }
    return UINT64_MAX;
}

static struct telemetry *analyser(void)
{
    CU_ASSERT_EQUAL_FATAL(segment_create(&segment, &telemetry_kind, name, (gid_t)-1), STATUS_OK);
    return segment.memory;
}

static void beat(struct telemetry *telemetry, uint64_t frame)
{
    const struct metrics_snapshot snapshot = {.frame = frame, .channel_count = 1};
    atomic_store(&telemetry->heartbeat_us, now);
    telemetry_write_metrics(telemetry, &snapshot);
}

static void start(void)
{
    const struct event_cursor past = control_load_cursor(&control);
    memset(&control, 0, sizeof control);
    usleep(1000); /* start times tell analysers and broadcasters apart */
    now = clock_now_us();
    live_init(&live, name, SEGMENT_TRUST_NONE);
    feed_init(&feed, source, &control_segment, &past, now);
    feed_add_sink(&feed, &first);
    feed_add_sink(&feed, &second);
    given = sent = 0;
}

static void stop(void)
{
    feed_free(&feed);
    source_close(source);
}

static void forget(void)
{
    memset(&control, 0, sizeof control);
}

/* A beat at that time. True: there may be more. */
static bool beat_at(bool with_clients, uint64_t at_us)
{
    clients = with_clients;
    const bool more = feed_beat(&feed);
    feed_note(&feed, at_us);
    return more;
}

/* What comes of the source at once. */
static void look(bool with_clients)
{
    source_poll(source, now);
    beat_at(with_clients, now);
}

static bool step(bool with_clients)
{
    now += SOURCE_RETRY_US;
    source_poll(source, now);
    return beat_at(with_clients, now);
}

/* A fresh analyser, and a broadcaster without a predecessor that has just found it. */
static struct telemetry *found_analyser(bool with_clients)
{
    forget();
    struct telemetry *telemetry = analyser();
    start();
    now += SOURCE_RETRY_US;
    beat(telemetry, 1);
    step(with_clients);
    return telemetry;
}

static void push_change(struct telemetry *telemetry, enum sound_state from, enum sound_state to)
{
    const struct event event = {
        .kind = EVENT_STATE_CHANGE,
        .state_change = {
            .from_state = from, .to_state = to, .trigger = TRIGGER_ICI_THRESHOLD, .confidence = 1}};
    event_push(&telemetry->events, &event);
}

static void push_number(struct telemetry *telemetry, int number)
{
    const struct event event = {.kind = EVENT_CRITICAL, .critical = {.criticality = (float)number}};
    event_push(&telemetry->events, &event);
}

/* Event `number` of the log contains that text. */
static void logged(uint64_t number, const char *part)
{
    const struct encoded *event = eventlog_get(&feed.log, number);
    const struct wire *wire = event ? &event->plain : NULL;
    if (!wire || !memmem(wire_text(wire), wire->length, part, strlen(part))) {
        fprintf(stderr, "event %d: %.*s lacks %s\n", (int)number, wire ? (int)wire->length : 4,
                wire ? (const char *)wire_text(wire) : "none", part);
        CU_FAIL("another event was expected");
    }
}

static void logged_number(uint64_t number, int value)
{
    char part[40];
    snprintf(part, sizeof part, "\"criticality\":%d.0,", value);
    logged(number, part);
}

static void no_analyser_no_event(void)
{
    forget();
    start();
    CU_ASSERT_FALSE(step(true));
    CU_ASSERT_EQUAL(feed.log.head, 0);
    CU_ASSERT_EQUAL(feed.published, 0);
    CU_ASSERT_EQUAL(control_load_cursor(&control).writer, 0);
    CU_ASSERT_EQUAL(feed_start(&feed, &feed.log, now), 0);
    stop();
}

static void found_and_lost(void)
{
    forget();
    start();
    step(true);
    usleep(1000);
    struct telemetry *telemetry = analyser();
    push_change(telemetry, STATE_IDLE, STATE_COHERENT); /* before it was found: still after the finding */
    beat(telemetry, 1);
    step(true);
    CU_ASSERT_EQUAL(feed.log.head, 2);
    logged(0, "\"from_state\":\"offline\",\"to_state\":\"idle\",\"trigger\":\"analyser_found\","
              "\"confidence\":1.0}");
    logged(1, "\"from_state\":\"idle\",\"to_state\":\"coherent\"");
    push_number(telemetry, 7); /* the last word of a dying analyser */
    segment_close(&segment);
    step(true);
    step(true);
    step(true);
    CU_ASSERT_EQUAL(feed.log.head, 4);
    logged_number(2, 7);
    logged(3, "\"from_state\":\"coherent\",\"to_state\":\"offline\",\"trigger\":\"analyser_lost\","
              "\"confidence\":1.0}");
    stop();
}

static void stalled_is_lost(void)
{
    forget();
    struct telemetry *telemetry = analyser();
    push_change(telemetry, STATE_AMBIENT, STATE_TURBULENT);
    start();
    now += SOURCE_RETRY_US;
    beat(telemetry, 1);
    step(true);
    CU_ASSERT_EQUAL(feed.log.head, 1);
    logged(
        0,
        "\"to_state\":\"turbulent\",\"trigger\":\"analyser_found\""); /* what it had said before our time */
    now += SOURCE_STALL_US;
    step(true);
    step(true);
    CU_ASSERT_EQUAL(feed.log.head, 2);
    logged(1, "\"from_state\":\"turbulent\",\"to_state\":\"offline\",\"trigger\":\"analyser_lost\"");
    now += SOURCE_RETRY_US;
    beat(telemetry, 2);
    step(true);
    CU_ASSERT_EQUAL(feed.log.head, 3);
    logged(2, "\"from_state\":\"offline\",\"to_state\":\"turbulent\",\"trigger\":\"analyser_found\"");
    stop();
    segment_close(&segment);
}

static void replaced_between_two_beats(void)
{
    struct telemetry *telemetry = found_analyser(true);
    segment_close(&segment);
    source_poll(source, now); /* by an HTTP request, say */
    usleep(1000);
    telemetry = analyser();
    push_number(telemetry, 3);
    now += SOURCE_RETRY_US;
    beat(telemetry, 1);
    look(true);
    CU_ASSERT_EQUAL(feed.log.head, 4);
    logged(1, "analyser_lost");
    logged(2, "analyser_found");
    logged_number(3, 3);
    stop();
    segment_close(&segment);
}

static void nobody_listens(void)
{
    struct telemetry *telemetry = found_analyser(false);
    for (int i = 0; i < 10; i++) {
        push_number(telemetry, i);
    }
    step(false);
    CU_ASSERT_EQUAL(feed.log.head, 11);
    CU_ASSERT_EQUAL(feed.published, 11);
    CU_ASSERT_EQUAL(given, 11);
    CU_ASSERT_EQUAL(noted("log"), 10);
    CU_ASSERT_EQUAL(noted("taker"), 10);
    stop();
    segment_close(&segment);
}

/* Clients had been sent 6 of 10 events when the first broadcaster died, OSC targets all; 5 more came before
 * the second one. */
static void resumed(void)
{
    struct telemetry *telemetry = found_analyser(true);
    for (int i = 0; i < 10; i++) {
        push_number(telemetry, i);
    }
    step(true);
    CU_ASSERT_EQUAL(feed.log.head, 11); /* with the finding */
    sent = 1 + 6;
    feed_note(&feed, now);
    sent = 1 + 2; /* the note never goes back */
    feed_note(&feed, now);
    CU_ASSERT_EQUAL(given, 11);
    CU_ASSERT_EQUAL(last.index, 9);
    CU_ASSERT_EQUAL(last.writer, source->writer);
    CU_ASSERT_EQUAL(noted("log"), 6);
    CU_ASSERT_EQUAL(noted("taker"), 10);
    CU_ASSERT_EQUAL(control_load_cursor(&control).state, STATE_IDLE);
    stop();
    for (int i = 10; i < 15; i++) {
        push_number(telemetry, i);
    }
    start();
    CU_ASSERT_EQUAL(noted("log"), 6); /* for the third, if the second dies young */
    beat(telemetry, 2);
    const uint64_t started = now;
    look(false);
    CU_ASSERT_EQUAL_FATAL(feed.log.head, 9); /* no finding: nothing was lost */
    for (int i = 0; i < 9; i++) {
        logged_number((uint64_t)i, 6 + i);
    }
    CU_ASSERT_EQUAL(noted("log"), 6); /* nobody has got them yet */
    CU_ASSERT_EQUAL(noted("taker"), 15);
    CU_ASSERT_EQUAL(given, 5);
    CU_ASSERT_EQUAL(feed_start(&feed, &feed.log, started), 0);
    CU_ASSERT_EQUAL(feed_start(&feed, &feed.log, started + FEED_REPLAY_US - 1), 0);
    CU_ASSERT_EQUAL(feed_start(&feed, &feed.log, started + FEED_REPLAY_US), 9);
    beat_at(false, started + FEED_REPLAY_US);
    CU_ASSERT_EQUAL(noted("log"), 15);
    stop();
    segment_close(&segment);
}

static void resumed_with_another_analyser(void)
{
    struct telemetry *telemetry = found_analyser(true);
    push_change(telemetry, STATE_IDLE, STATE_CRITICAL);
    step(true);
    stop();
    segment_close(&segment);
    usleep(1000);
    telemetry = analyser();
    push_number(telemetry, 42);
    start();
    beat(telemetry, 1);
    look(false);
    CU_ASSERT_EQUAL(feed.log.head, 3);
    logged(0, "\"from_state\":\"critical\",\"to_state\":\"offline\",\"trigger\":\"analyser_lost\"");
    logged(1, "\"from_state\":\"offline\",\"to_state\":\"idle\",\"trigger\":\"analyser_found\"");
    logged_number(2, 42); /* it started after what the first broadcaster knew */
    stop();
    segment_close(&segment);
}

static void beyond_the_rings_reach(void)
{
    struct telemetry *telemetry = found_analyser(true);
    stop();
    for (int i = 0; i < 3000; i++) {
        push_number(telemetry, i);
    }
    start();
    beat(telemetry, 2);
    source_poll(source, now);
    int beats = 1;
    while (beat_at(true, now)) {
        beats++;
    }
    CU_ASSERT_EQUAL(beats, (3000 - (int)source->lost_events) / FEED_BATCH + 1);
    CU_ASSERT(source->lost_events >= 3000 - RING_SLOTS && source->lost_events <= 3001 - RING_SLOTS);
    CU_ASSERT_EQUAL(feed.published + source->lost_events, 3000);
    logged_number(feed.log.head - 1, 2999);
    CU_ASSERT_EQUAL(feed_start(&feed, &feed.log, now), 0); /* all of the ring */
    for (int i = 0; i < RING_SLOTS - 1; i++) {
        push_number(telemetry, i);
    }
    source_poll(source, now);
    while (beat_at(true, now)) {
    }
    CU_ASSERT(feed.log.head > EVENTLOG_LAG_MAX);
    CU_ASSERT_EQUAL(feed_start(&feed, &feed.log, now), feed.log.head - EVENTLOG_LAG_MAX);
    stop();
    segment_close(&segment);
}

static void nonsense_in_the_note(void)
{
    forget();
    struct telemetry *telemetry = analyser();
    const struct telemetry *t = telemetry;
    struct event_cursor note = {
        .writer = t->header.start_time_us, .state = 2, .place = {{"log", 1U << 30}, {"taker", UINT64_MAX}}};
    control_save_cursor(&control, &note);
    start();
    beat(telemetry, 1);
    look(true);
    push_number(telemetry, 1);
    step(true);
    CU_ASSERT_EQUAL(source->event_next, 1);
    stop();
    note.state = 77;
    control_save_cursor(&control, &note);
    start();
    CU_ASSERT_EQUAL(feed.state, STATE_OFFLINE);
    stop();
    segment_close(&segment);
}

/* A sink that the predecessor did not have starts with what none of its sinks had; one whose name is in
 * another place keeps its own. */
static void another_set_of_sinks(void)
{
    static const struct sink_kind kind = {.name = "new", .event = take};
    static struct sink third = {&kind};
    forget();
    struct telemetry *telemetry = analyser();
    const struct telemetry *t = telemetry;
    const struct event_cursor note = {
        .writer = t->header.start_time_us, .state = STATE_IDLE, .place = {{"taker", 2}, {"gone", 3}}};
    control_save_cursor(&control, &note);
    for (int i = 0; i < 5; i++) {
        push_number(telemetry, i);
    }
    start();
    feed_add_sink(&feed, &third);
    CU_ASSERT_EQUAL(noted("log"), 3);
    CU_ASSERT_EQUAL(noted("taker"), 2);
    CU_ASSERT_EQUAL(noted("new"), 3);
    CU_ASSERT_EQUAL(noted("gone"), UINT64_MAX);
    beat(telemetry, 1);
    look(true);
    CU_ASSERT_EQUAL(given, 3 + 2);
    CU_ASSERT_EQUAL(feed.log.head, 2);
    CU_ASSERT_EQUAL(noted("new"), 5);
    stop();
    segment_close(&segment);
}

static void push_onset(struct telemetry *telemetry)
{
    const struct event event = {.kind = EVENT_ONSET, .onset = {.strength = 0.5F, .band = 2}};
    event_push(&telemetry->events, &event);
}

/* Onsets are in a log of their own, whatever their number, and count as events to be delivered all the same.
 */
static void onsets_push_nothing_out(void)
{
    struct telemetry *telemetry = found_analyser(true);
    push_number(telemetry, 1);
    for (int i = 0; i < 1500; i++) {
        push_onset(telemetry);
        if (i % 500 == 499) {
            beat(telemetry, 2);
            step(true);
            while (beat_at(true, now)) {
            }
        }
    }
    push_number(telemetry, 2);
    beat(telemetry, 3);
    step(true);
    CU_ASSERT_EQUAL(feed.log.head, 3);
    logged_number(1, 1);
    logged_number(2, 2);
    CU_ASSERT_EQUAL(feed.full.head, 1503);
    CU_ASSERT_EQUAL(feed_place(&feed, &feed.log, 2), 1501); /* that event's in the ring */
    CU_ASSERT_EQUAL(feed_place(&feed, &feed.full, 1502), 1501);
    CU_ASSERT_EQUAL(given, 1503);
    CU_ASSERT_EQUAL(noted("taker"), 1502);
    stop();
    segment_close(&segment);
}

/* The state that a new broadcaster finds does not depend on what else has happened since. */
static void the_state_behind_many_onsets(void)
{
    forget();
    struct telemetry *telemetry = analyser();
    push_change(telemetry, STATE_IDLE, STATE_TURBULENT);
    for (int i = 0; i < 2000; i++) {
        push_onset(telemetry);
    }
    const struct metrics_snapshot frame = {.frame = 1, .channel_count = 1, .state = STATE_TURBULENT};
    start();
    atomic_store(&telemetry->heartbeat_us, now);
    telemetry_write_metrics(telemetry, &frame);
    look(true);
    logged(0, "\"from_state\":\"offline\",\"to_state\":\"turbulent\",\"trigger\":\"analyser_found\"");
    stop();
    segment_close(&segment);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"no analyser, no event", no_analyser_no_event},
        {"found and lost", found_and_lost},
        {"stalled is lost", stalled_is_lost},
        {"replaced between two beats", replaced_between_two_beats},
        {"nobody listens", nobody_listens},
        {"onsets push nothing out", onsets_push_nothing_out},
        {"the state behind many onsets", the_state_behind_many_onsets},
        {"resumed", resumed},
        {"resumed with another analyser", resumed_with_another_analyser},
        {"beyond the ring's reach", beyond_the_rings_reach},
        {"nonsense in the note", nonsense_in_the_note},
        {"another set of sinks", another_set_of_sinks},
        CU_TEST_INFO_NULL,
    };
    snprintf(name, sizeof name, "test-feed-%d", (int)getpid());
    return unit_run("feed", tests);
}
