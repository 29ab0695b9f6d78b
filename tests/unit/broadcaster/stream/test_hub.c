/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The hub by itself: no client, no socket, and a clock that the test turns. */
#include "broadcaster/stream/hub.h"
#include "shared/clock.h"
#include "tests/unit/broadcaster/hub_rig.h"
#include "tests/unit/unit.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char name[64];

static void beats_are_counted(void)
{
    const uint64_t start = 1000000;
    open_hub("no-such-analyser", start);
    uint64_t now = start;
    while (now < start + 10000000) {
        const uint64_t next = hub_beat(&hub, now);
        CU_ASSERT_FATAL(next > now);
        now = next;
    }
    hub_beat(&hub, start + 10000000);
    CU_ASSERT_EQUAL(hub.stream[STREAM_METRICS].generation, 300);
    CU_ASSERT_EQUAL(hub.stream[STREAM_LATENCY].generation, 100);
    CU_ASSERT_EQUAL(hub.stream[STREAM_METRICS].shown[0].printed, 0); /* no listeners, no text */
    close_hub();
}

static void a_long_sleep_is_no_burst(void)
{
    open_hub("no-such-analyser", 0);
    const uint64_t next = hub_beat(&hub, 5000000);
    CU_ASSERT_EQUAL(hub.stream[STREAM_METRICS].generation, 1);
    CU_ASSERT_EQUAL(hub.stream[STREAM_LATENCY].generation, 1);
    CU_ASSERT_EQUAL(next, 5033333);
    hub_beat(&hub, 5000001);
    CU_ASSERT_EQUAL(hub.stream[STREAM_METRICS].generation, 1);
    close_hub();
}

static bool shows(const struct wire *wire, const char *part)
{
    return wire && memmem(wire_text(wire), wire->length, part, strlen(part)) != NULL;
}

static void idle_messages(void)
{
    open_hub("no-such-analyser", 0);
    const struct wire *wire = hub_latest(&hub, STREAM_METRICS, 0, 1000);
    CU_ASSERT_TRUE(shows(wire, "{\"frame\":0,\"timestamp\":"));
    CU_ASSERT_TRUE(shows(wire, "\"active_channels\":0,\"channel_metrics\":[]}"));
    CU_ASSERT_TRUE(shows(hub_latest(&hub, STREAM_LATENCY, 0, 1000), "\"calibrated\":false"));
    close_hub();
}

/* A frame's age is taken when it is handed out, once; it reaches the latency message as its mean. */
static void software_latency(void)
{
    struct segment segment;
    const uint64_t now = clock_now_us();
    CU_ASSERT_EQUAL_FATAL(segment_create(&segment, &telemetry_kind, name, (gid_t)-1), STATUS_OK);
    struct telemetry *telemetry = segment.memory;
    const struct latency_snapshot graph = {.hardware_ms = 20, .buffer_ms = 5, .compensated = 1};
    telemetry_write_latency(telemetry, &graph);
    open_hub(name, now);
    for (uint64_t i = 1; i <= 30; i++) {
        const uint64_t deadline = now + i * 1000000 / 30;
        const struct metrics_snapshot frame = {
            .frame = i, .centre_us = deadline - 40000, .published_us = deadline - 10000, .channel_count = 2};
        atomic_store(&telemetry->heartbeat_us, deadline);
        telemetry_write_metrics(telemetry, &frame);
        hub_beat(&hub, deadline);
        hub_beat(&hub, deadline + 1000);
    }
    CU_ASSERT_EQUAL(hub.source->state, SOURCE_LIVE);
    CU_ASSERT_EQUAL(hub.ages.count, 30);
    const struct wire *wire = hub_latest(&hub, STREAM_LATENCY, 0, now + 1000000);
    CU_ASSERT_TRUE(shows(wire, "\"software_latency_ms\":40.0,"));
    CU_ASSERT_TRUE(shows(wire, "\"total_latency_ms\":60.0,"));
    CU_ASSERT_TRUE(shows(wire, "\"compensation_ms\":50.0}"));
    segment_close(&segment);
    hub_beat(&hub, now + 1100000);
    wire = hub_latest(&hub, STREAM_LATENCY, 0, now + 1100000);
    CU_ASSERT_TRUE(shows(wire, "\"total_latency_ms\":0.0,"));
    close_hub();
}

static void poll_nothing(struct source *source, uint64_t now_us)
{
    (void)source, (void)now_us;
}

/* Comes to a frame every 10 ms, and to latency every 50. */
static uint64_t step(struct source *source, uint64_t now_us)
{
    static uint64_t due;
    if (now_us < due) {
        return due;
    }
    due = now_us + 10000;
    source->frames++;
    source->metrics.frame = source->frames;
    source->metrics.published_us = now_us;
    if (source->frames % 5 == 0) {
        source->latencies++;
        source->recorded = (struct latency_report){.total_ms = (double)source->latencies, .hardware_ms = 7};
    }
    return due;
}

/* Whoever has asked for no rate is served at each step and never else; others by their schedule. */
static void a_replay_is_followed(void)
{
    struct source_kind steps = live_kind;
    steps.step = step;
    open_hub("no-such-analyser", 1000000);
    hub_beat(&hub, 1000000);
    live.base.kind = &steps;
    live.base.state = SOURCE_REPLAY;
    struct cohort *slow = cohort_join(&hub.stream[STREAM_METRICS].standard, 10, 1000000);
    CU_ASSERT_PTR_NOT_NULL_FATAL(slow);
    const uint64_t before = slow->beat;
    const uint64_t beat = hub.stream[STREAM_METRICS].standard.beat;
    steps.poll = poll_nothing;
    for (uint64_t now = 2000000; now < 3000000; now += 2000) {
        hub_beat(&hub, now);
        CU_ASSERT_EQUAL_FATAL(hub.stream[STREAM_METRICS].standard.beat - beat, live.base.frames);
        CU_ASSERT_EQUAL_FATAL(hub.frame.frame, live.base.frames); /* each of them */
    }
    CU_ASSERT_EQUAL(live.base.frames, 100);
    CU_ASSERT(slow->beat - before >= 10 && slow->beat - before <= 11);
    CU_ASSERT_TRUE(shows(hub_latest(&hub, STREAM_LATENCY, 0, 3000000),
                         "\"total_latency_ms\":20.0,\"hardware_latency_ms\":7.0"));
    cohort_leave(&hub.stream[STREAM_METRICS].standard, slow);
    live.base.kind = &live_kind;
    close_hub();
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"beats are counted", beats_are_counted},
        {"a long sleep is no burst", a_long_sleep_is_no_burst},
        {"idle messages", idle_messages},
        {"software latency", software_latency},
        {"a replay is followed", a_replay_is_followed},
        CU_TEST_INFO_NULL,
    };
    snprintf(name, sizeof name, "test-hub-%d", (int)getpid());
    return unit_run("hub", tests);
}
