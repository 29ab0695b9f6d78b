/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines of recordings: every number that can be printed comes back as the same text; and what is refused. */
#include "shared/json/messages.h"
#include "shared/json/recording.h"
#include "tests/unit/unit.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static struct message message;
static struct recorded recorded;
static char why[JSON_WHY_MAX];
static char line[RECORDING_LINE_MAX];

static uint64_t chance(void)
{
    static uint64_t state = 88172645463325252U;
    state ^= state << 13U;
    state ^= state >> 7U;
    state ^= state << 17U;
    return state;
}

/* Any float there is, or one of those at the ends. */
static double any_number(const struct metric *metric)
{
    for (;;) {
        const uint32_t bits = (uint32_t)chance();
        float number;
        memcpy(&number, &bits, sizeof number);
        const double spread =
            metric->usual_low + (double)(chance() % 100001) / 1e5 * (metric->usual_high - metric->usual_low);
        const double choice[] = {(double)number, spread, metric->low, metric->high,
                                 (double)(float)metric->high};
        const double value = choice[chance() % 5];
        const double stored = metric->type == METRIC_FLOAT ? (double)(float)value : value;
        if (isfinite(value) && stored >= metric->low && stored <= metric->high) {
            return value;
        }
    }
}

static void fill(const struct metric *metric, size_t count, void *snapshot)
{
    for (size_t i = 0; i < count; i++) {
        metric_write(&metric[i], snapshot,
                     metric[i].type == METRIC_FLAG     ? (double)(chance() % 2)
                     : metric[i].type == METRIC_COUNT  ? 0
                     : metric[i].type == METRIC_SERIAL ? (double)(chance() >> 12U)
                                                       : any_number(&metric[i]));
    }
}

static struct metrics_snapshot any_snapshot(uint32_t channels, uint32_t bands, uint32_t parts)
{
    static struct metrics_snapshot snapshot;
    struct metric_place place = {0};
    snapshot = (struct metrics_snapshot){.channel_count = channels, .band_count = bands, .parts = parts};
    while (metric_next(&place, &snapshot, parts)) {
        fill(place.group->metric, place.group->count, (void *)metric_struct(&place, &snapshot));
    }
    snapshot.frame = chance();
    return snapshot;
}

/* Reads the message as one of that stream, or by itself. */
static enum status read_message(const char *stream)
{
    const int length =
        stream ? snprintf(line, sizeof line, "{\"t\":1764512345.712345,\"stream\":\"%s\",\"message\":%s}",
                          stream, message.text)
               : snprintf(line, sizeof line, "%s", message.text);
    memset(&recorded, 0x55, sizeof recorded);
    return recording_read(&recorded, line, (size_t)length, why);
}

static void metrics_come_back(void)
{
    for (int i = 0; i < 3000; i++) {
        const uint32_t parts = (uint32_t)(chance() % 16);
        const bool bands = parts & (PART_BANDS | PART_CHANNEL_BANDS);
        const struct metrics_snapshot snapshot = any_snapshot(
            (uint32_t)(chance() % 5), bands ? 3 : 0, parts & PART_CHANNEL_BANDS ? parts | PART_BANDS : parts);
        CU_ASSERT_EQUAL_FATAL(message_metrics(&message, &snapshot, snapshot.parts & PARTS_ALL), STATUS_OK);
        CU_ASSERT_EQUAL_FATAL(read_message(i % 2 ? "metrics" : NULL), STATUS_OK);
        CU_ASSERT_EQUAL(recorded.kind, RECORDED_METRICS);
        CU_ASSERT_EQUAL(recorded.t, i % 2 ? 1764512345.712345 : recorded.metrics.timestamp);
        CU_ASSERT_EQUAL(recorded.metrics.parts, snapshot.parts);
        CU_ASSERT_EQUAL(recorded.metrics.frame, snapshot.frame);
        struct message again = {0};
        CU_ASSERT_EQUAL(message_metrics(&again, &recorded.metrics, snapshot.parts & PARTS_ALL), STATUS_OK);
        if (strcmp(message.text, again.text) != 0) {
            fprintf(stderr, "%s\n%s\n", message.text, again.text);
            CU_FAIL("a number came back as another");
        }
        message_free(&again);
    }
}

static void the_largest_line_fits(void)
{
    const struct metrics_snapshot snapshot =
        any_snapshot(CHANNELS_MAX, BANDS_MAX, PARTS_ALL | PART_CHANNEL_BANDS);
    CU_ASSERT_EQUAL(message_metrics(&message, &snapshot, PARTS_ALL), STATUS_OK);
    CU_ASSERT(message.length < RECORDING_LINE_MAX / 4);
    CU_ASSERT_EQUAL(read_message("metrics"), STATUS_OK);
}

static void latency_comes_back(void)
{
    for (int i = 0; i < 3000; i++) {
        struct latency_report report = {0};
        fill(latency_metric, LATENCY_METRICS, &report);
        CU_ASSERT_EQUAL_FATAL(message_latency(&message, &report), STATUS_OK);
        CU_ASSERT_EQUAL_FATAL(read_message(i % 2 ? "latency" : NULL), STATUS_OK);
        CU_ASSERT_EQUAL(recorded.kind, RECORDED_LATENCY);
        struct message again = {0};
        CU_ASSERT_EQUAL(message_latency(&again, &recorded.latency), STATUS_OK);
        CU_ASSERT_STRING_EQUAL(message.text, again.text);
        message_free(&again);
    }
}

static struct event any_event(uint32_t kind)
{
    struct event event = {.kind = kind, .timestamp = (double)(chance() % 10000000000U) / 7};
    size_t count;
    const struct event_field *fields = event_fields(kind, &count);
    for (size_t i = 0; i < count; i++) {
        const uint32_t code = (uint32_t)(chance() % (fields[i].word ? 2 : ONSET_BAND_MAX + 1));
        const float number = chance() % 4 == 0 ? fields[i].high : (float)(chance() % 100001) / 1e5F;
        memcpy((char *)&event + fields[i].at,
               fields[i].word || fields[i].whole ? (const void *)&code : (const void *)&number, sizeof code);
    }
    return event;
}

static void events_come_back(void)
{
    for (uint32_t i = 0; i < 2000; i++) {
        const struct event event = any_event(1 + i % EVENT_ONSET);
        CU_ASSERT_EQUAL_FATAL(message_event(&message, &event), STATUS_OK);
        CU_ASSERT_EQUAL_FATAL(read_message(i & 4U ? "events" : NULL), STATUS_OK);
        CU_ASSERT_EQUAL(recorded.kind, RECORDED_EVENT);
        struct message again = {0};
        CU_ASSERT_EQUAL(message_event(&again, &recorded.event), STATUS_OK);
        CU_ASSERT_STRING_EQUAL(message.text, again.text);
        message_free(&again);
    }
}

static enum status read_line(const char *text)
{
    return recording_read(&recorded, text, strlen(text), why);
}

static void heads(void)
{
    CU_ASSERT_EQUAL(read_line("{\"phicast\":\"recording\",\"version\":1,\"name\":\"stage\",\"new\":[1]}"),
                    STATUS_OK);
    CU_ASSERT_EQUAL(recorded.kind, RECORDED_HEAD);
    CU_ASSERT_STRING_EQUAL(recorded.name, "stage");
    CU_ASSERT_EQUAL(read_line("{\"phicast\":\"recording\",\"version\":1,\"name\":\"../x\"}"), STATUS_OK);
    CU_ASSERT_STRING_EQUAL(recorded.name, "");
    CU_ASSERT_EQUAL(read_line("{\"phicast\":\"recording\",\"version\":2}"), STATUS_BAD_ABI);
    CU_ASSERT(strstr(why, "version 2") != NULL);
    CU_ASSERT_EQUAL(read_line("{\"phicast\":\"recording\"}"), STATUS_CORRUPT);
    CU_ASSERT_EQUAL(read_line("{\"phicast\":\"map\",\"version\":1}"), STATUS_CORRUPT);
}

static void what_is_passed_over(void)
{
    static const char *const lines[] = {
        "{}", "{\"t\":1,\"stream\":\"midi\",\"message\":[]}", "{\"colour\":1}",
        "{\"t\":1,\"stream\":\"recording\",\"message\":{\"type\":\"dropped\",\"messages\":12}}",
        "{\"t\":1,\"stream\":\"events\",\"message\":{\"type\":\"tempo\",\"bpm\":120}}"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        CU_ASSERT_EQUAL(read_line(lines[i]), STATUS_OK);
        CU_ASSERT_EQUAL(recorded.kind, RECORDED_OTHER);
    }
}

static void what_is_refused(void)
{
    static const struct {
        const char *line;
        const char *why;
    } rows[] = {
        {"", "ends too early"},
        {"RIFF", "not valid JSON"},
        {"[1]", "no JSON object"},
        {"{\"t\":1", "ends too early"},
        {"{\"t\":1,\"stream\":\"latency\"}", "no message"},
        {"{\"stream\":\"latency\",\"message\":{}}", "t is missing"},
        {"{\"t\":1e99,\"stream\":\"latency\",\"message\":{}}", "t is missing"},
        {"{\"t\":1,\"stream\":\"latency\",\"message\":{\"timestamp\":\"1\"}}", "timestamp is missing"},
        {"{\"t\":1,\"stream\":\"metrics\",\"message\":{\"channel_metrics\":{}}}",
         "channel_metrics is no list"},
        {"{\"t\":1,\"stream\":\"metrics\",\"message\":{\"frame\":-1,\"channel_metrics\":[]}}",
         "frame is missing"},
        {"{\"t\":1,\"stream\":\"metrics\",\"message\":{\"frame\":1,\"timestamp\":1,\"ici\":2,\"channel_"
         "metrics\":[]}}",
         "ici is missing"},
        {"{\"t\":1,\"stream\":\"events\",\"message\":{\"type\":\"critical_event\",\"timestamp\":1}}",
         "criticality is missing"},
        {"{\"t\":1,\"stream\":\"events\",\"message\":{}}", "without a type"},
        {"{\"type\":\"onset\",\"timestamp\":1,\"strength\":0.5,\"band\":-1}", "band is missing"},
        {"{\"type\":\"state_change\",\"timestamp\":1,\"from_state\":\"asleep\"}", "from_state"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CU_ASSERT_NOT_EQUAL(read_line(rows[i].line), STATUS_OK);
        if (!strstr(why, rows[i].why)) {
            fprintf(stderr, "%s: \"%s\" lacks \"%s\"\n", rows[i].line, why, rows[i].why);
            CU_FAIL("the reason is another");
        }
    }
}

static void peeked_times(void)
{
    double t = 0;
    const char wrapped[] = "{\"t\":1764512345.712345,\"stream\":\"x\"}";
    const char bare[] = "{\"frame\":12,\"timestamp\":0.021333,\"ici\":0}";
    CU_ASSERT(recording_peek_time(wrapped, sizeof wrapped - 1, &t) && t == 1764512345.712345);
    CU_ASSERT(recording_peek_time(bare, sizeof bare - 1, &t) && t == 0.021333);
    for (size_t i = 0; i < 22; i++) { /* cut short, it is not there, or another */
        CU_ASSERT_FALSE(recording_peek_time(wrapped, i, &t));
    }
    CU_ASSERT_FALSE(recording_peek_time("{\"t\":nan,\"a\":1}", 15, &t));
    CU_ASSERT_FALSE(recording_peek_time("{\"t\":1e300,\"a\":1}", 17, &t));
    CU_ASSERT_FALSE(recording_peek_time("{\"phicast\":\"recording\",\"timestamp\":1}", 38, &t));
}

int main(void)
{
    const CU_TestInfo tests[] = {
        {"metrics come back", metrics_come_back},
        {"the largest line fits", the_largest_line_fits},
        {"latency comes back", latency_comes_back},
        {"events come back", events_come_back},
        {"heads", heads},
        {"what is passed over", what_is_passed_over},
        {"what is refused", what_is_refused},
        {"peeked times", peeked_times},
        CU_TEST_INFO_NULL,
    };
    const int code = unit_run("recording", tests);
    message_free(&message);
    return code;
}
