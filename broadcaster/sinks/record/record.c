/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recordings as a sink (--record): the streams' messages as their clients get them, to files, by a thread of
 * their own (writer.h). Of metrics and latency it is a client among others; of metrics it takes each frame
 * instead where --record-all-frames says so. */
#include "broadcaster/control/recorder.h"
#include "broadcaster/options.h"
#include "broadcaster/sinks/list.h"
#include "broadcaster/sinks/record/writer.h"
#include "broadcaster/stream/hub.h"
#include "broadcaster/stream/query.h"
#include "shared/clock.h"
#include "shared/json/reports.h"
#include "shared/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How often it is looked whether the thread has ended, and how soon a frame that is due is looked for again.
 */
enum { END_LOOK_US = 10000, FRAME_LOOK_US = 1000, FRAME_MARGIN_US = 300 };

struct record {
    struct sink base;
    struct carrier carrier; /* of the clients */
    struct client metrics;  /* both are the hub's while it records, */
    struct client latency;
    bool follows; /* which this says; not the metrics where all frames are wanted */
    struct hub *hub;
    const struct broadcaster_options *options;
    struct record_names names;
    bool at_start; /* it is to begin by itself */
    bool on;
    bool was_live;             /* at the last look at a frame */
    uint64_t frame_us;         /* published_us of the last frame taken */
    uint64_t started_us;       /* CLOCK_MONOTONIC, as the next */
    uint64_t ended_us;         /* 0: it has not */
    uint64_t unix_us;          /* CLOCK_REALTIME at started_us */
    struct writer *writer;     /* NULL: none is at work */
    struct writer_state state; /* as far as is known; outlives the writer */
    uint64_t told;             /* of the messages dropped, how many the log has heard of */
    uint64_t drops;
};

static void put(struct record *record, const char *stream, const char *text, size_t length, uint64_t now_us)
{
    const uint64_t since_us = now_us > record->started_us ? now_us - record->started_us : 0;
    writer_put(record->writer, record->unix_us + since_us, stream, text, length);
}

static void put_wire(struct record *record, const char *stream, const struct wire *wire, uint64_t now_us)
{
    put(record, stream, (const char *)wire_text(wire), wire->length, now_us);
}

static struct record *record_of(struct carrier *carrier)
{
    return (struct record *)(void *)((char *)carrier - offsetof(struct record, carrier));
}

/* For struct carrier. A client that is to close is taken out at the next beat. */
static void serve(struct client *client, uint64_t now_us)
{
    struct record *record = record_of(client->carrier);
    const struct encoded *encoded = hub_next(record->hub, client, now_us);
    if (encoded) {
        put_wire(record, client == &record->metrics ? "metrics" : "latency", &encoded->plain, now_us);
        hub_sent(record->hub, client);
    }
}

static void flush(struct carrier *carrier)
{
    (void)carrier;
}

static bool follow(struct record *record, struct client *client, enum stream_kind stream, uint64_t now_us)
{
    struct subscription subscription = query_default(stream);
    subscription.add = stream == STREAM_METRICS ? record->options->record_add : 0;
    *client = (struct client){.carrier = &record->carrier, .stream = stream};
    if (!hub_add(record->hub, client, &subscription, now_us)) {
        return false;
    }
    serve(client, now_us);
    return true;
}

static bool follow_both(struct record *record, uint64_t now_us)
{
    const bool all_frames = record->options->record_all_frames;
    if (!follow(record, &record->latency, STREAM_LATENCY, now_us)) {
        return false;
    }
    if (!all_frames && !follow(record, &record->metrics, STREAM_METRICS, now_us)) {
        hub_remove(record->hub, &record->latency);
        return false;
    }
    record->follows = true;
    return true;
}

static void unfollow(struct record *record)
{
    if (record->follows) {
        hub_remove(record->hub, &record->latency);
    }
    if (record->follows && !record->options->record_all_frames) {
        hub_remove(record->hub, &record->metrics);
    }
    record->follows = false;
}

static void stop(struct record *record, uint64_t now_us)
{
    unfollow(record);
    record->on = false;
    record->ended_us = now_us;
    writer_end(record->writer);
}

static enum status start(struct record *record, uint64_t now_us)
{
    const struct broadcaster_options *options = record->options;
    const struct writer_plan plan = {.names = &record->names,
                                     .rotation = options->record_rotation,
                                     .about = {.name = options->name,
                                               .metrics_hz = options->record_all_frames ? 0 : METRICS_HZ,
                                               .latency_hz = LATENCY_HZ,
                                               .add = options->record_add}};
    record->writer = writer_start(&plan);
    if (!record->writer) {
        return STATUS_NO_MEMORY;
    }
    record->state = (struct writer_state){0};
    record->on = true;
    record->was_live = false;
    record->frame_us = record->told = 0;
    record->started_us = now_us;
    record->unix_us = clock_unix_us();
    if (!follow_both(record, now_us)) {
        stop(record, now_us);
        return STATUS_NO_MEMORY;
    }
    return STATUS_OK;
}

/* For struct recorder. */
static enum status turn(void *arg, bool on, const char **why)
{
    struct record *record = arg;
    const uint64_t now_us = clock_now_us();
    enum status status = STATUS_OK;
    if (on && !record->on) {
        status = record->writer ? STATUS_BUSY : start(record, now_us);
    } else if (!on && record->on) {
        stop(record, now_us);
    }
    *why = status == STATUS_BUSY ? "the recording before is still being written; try again soon"
                                 : "out of memory";
    return status;
}

static enum status open_record(struct sink **sink, const struct sink_context *context, char *error)
{
    const struct broadcaster_options *options = context->options;
    if (!options->record) {
        return STATUS_OK;
    }
    struct record *record = calloc(1, sizeof *record);
    if (!record) {
        snprintf(error, OPTION_ERROR_MAX, "out of memory");
        return STATUS_NO_MEMORY;
    }
    record->base.kind = &record_sink;
    record->carrier = (struct carrier){.serve = serve, .flush = flush};
    record->hub = context->hub;
    record->options = options;
    *sink = &record->base;
    *context->recorder = (struct recorder){turn, record, record->names.folder};
    const enum status status =
        record_names_read(&record->names, options->record, options->name,
                          options->record_rotation.bytes > 0 || options->record_rotation.us > 0, error);
    record->at_start = !record->names.is_folder;
    return status;
}

/* With the first event or beat, and not before: a thread would keep what root gives up. */
static void start_by_itself(struct record *record, uint64_t now_us)
{
    if (record->at_start) {
        record->at_start = false;
        if (start(record, now_us)) {
            log_error("--record: out of memory; nothing is recorded");
        }
    }
}

static void event(struct sink *sink, const struct event *event, struct event_id id, uint64_t now_us)
{
    struct record *record = (struct record *)sink;
    const struct message *text = &record->hub->feed.text;
    const bool is_wanted = event->kind != EVENT_ONSET || (record->options->record_add & PART_ONSETS) != 0;
    (void)id;
    start_by_itself(record, now_us);
    if (record->on && is_wanted && text->length > 0) {
        put(record, "events", text->text, text->length, now_us);
    }
}

/* Each frame that is there to be seen, and one more when the analyser has gone. Returns when to look again.
 */
static uint64_t take_frame(struct record *record, const struct source *source, uint64_t now_us)
{
    const struct pace *pace = &record->hub->pace;
    const bool live = source_is_live(source);
    if (live ? source->metrics.published_us != record->frame_us : record->was_live) {
        const struct wire *wire = hub_newest(record->hub, record->options->record_add, now_us);
        if (wire) {
            put_wire(record, "metrics", wire, now_us);
        }
        record->frame_us = live ? source->metrics.published_us : 0;
    }
    record->was_live = live;
    if (!live) {
        return UINT64_MAX; /* the hub looks often enough */
    }
    const uint64_t due_us = pace->published_us + pace->period_us + FRAME_MARGIN_US;
    return pace->period_us > 0 && due_us > now_us ? due_us : now_us + FRAME_LOOK_US;
}

/* Logs what the writer has come to. */
static void look(struct record *record)
{
    const uint32_t files = record->state.files;
    writer_look(record->writer, &record->state);
    if (record->state.files != files) {
        log_info("recording to %s", record->state.path);
    }
    if (record->state.dropped != record->told) {
        record->told = record->state.dropped;
        log_repeated(&record->drops,
                     "the disk does not keep up with the recording, in which %" PRIu64
                     " messages are missing",
                     record->told);
    }
}

static void see_end(struct record *record, uint64_t now_us)
{
    if (!record->state.ended) {
        return;
    }
    if (record->on) {
        stop(record, now_us);
    }
    if (record->state.error[0] != '\0') {
        log_error("the recording has ended: %s", record->state.error);
    } else {
        log_info("recorded %.1f s, %" PRIu64 " bytes, to %s",
                 (double)(record->ended_us - record->started_us) / 1e6, record->state.bytes,
                 record->state.path);
    }
    writer_free(record->writer);
    record->writer = NULL;
}

static uint64_t beat(struct sink *sink, const struct source *source, uint64_t now_us)
{
    struct record *record = (struct record *)sink;
    uint64_t next = UINT64_MAX;
    start_by_itself(record, now_us);
    if (record->on && record->latency.close.code != 0) {
        stop(record, now_us);
    }
    if (record->on && record->options->record_all_frames) {
        next = take_frame(record, source, now_us);
    }
    if (record->writer) {
        look(record);
        see_end(record, now_us);
    }
    return record->writer && !record->on ? now_us + END_LOOK_US : next;
}

static uint32_t wants_parts(const struct sink *sink)
{
    const struct record *record = (const struct record *)sink;
    return record->on ? record->options->record_add : 0;
}

static void report(const struct sink *sink, struct server_report *report)
{
    const struct record *record = (const struct record *)sink;
    const uint64_t until_us = record->on ? clock_now_us() : record->ended_us;
    const struct writer_state *state = &record->state;
    report->record = (struct record_report){
        .possible = true,
        .on = record->on,
        .file = state->path[0] ? state->path : NULL,
        .seconds = until_us > record->started_us ? (double)(until_us - record->started_us) / 1e6 : 0,
        .bytes = state->bytes,
        .dropped = state->dropped,
        .error = state->error[0] ? state->error : NULL,
    };
}

static bool is_busy(const struct sink *sink)
{
    return ((const struct record *)sink)->writer != NULL;
}

static void close_record(struct sink *sink)
{
    struct record *record = (struct record *)sink;
    if (record->on) {
        stop(record, clock_now_us());
    }
    if (record->writer) {
        look(record);
        if (!record->state.ended) {
            log_warning("the disk does not take the rest of the recording; ending without it");
            return; /* the thread still looks here */
        }
        writer_free(record->writer);
    }
    free(record);
}

const struct sink_kind record_sink = {
    .name = "record",
    .open = open_record,
    .event = event,
    .beat = beat,
    .wants_parts = wants_parts,
    .report = report,
    .is_busy = is_busy,
    .close = close_record,
};
