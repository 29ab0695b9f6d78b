/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/stream/hub.h"

#include "broadcaster/stream/hub_events.h"
#include "shared/clock.h"

enum { EVENT_POLL_US = 2000 };

/* When a beat has taken all the events it may: after a pause the ring may be full, and a client can only be
 * written to between two beats. */
enum { EVENT_BATCH_US = 1000 };

/* Whoever asks now and then over HTTP, as Prometheus does, finds numbers there. */
enum { ASKED_US = 60000000 };

void hub_init(struct hub *hub, struct source *source, const struct segment *control,
              const struct event_cursor *past, uint64_t now_us)
{
    *hub = (struct hub){.source = source};
    feed_init(&hub->feed, source, control, past, now_us);
    cohort_init(&hub->stream[STREAM_METRICS].standard, METRICS_HZ, 0, now_us, now_us);
    cohort_init(&hub->stream[STREAM_LATENCY].standard, LATENCY_HZ, 0, now_us, now_us);
    cohort_init(&hub->stream[STREAM_EVENTS].standard, 1, 0, now_us, now_us); /* only to list its clients */
}

void hub_close(struct hub *hub)
{
    feed_free(&hub->feed);
    message_free(&hub->scratch);
    for (int i = 0; i < STREAM_COUNT; i++) {
        for (int parts = 0; parts <= PARTS_ALL; parts++) {
            encoded_free(&hub->stream[i].shown[parts].message);
        }
    }
}

/* The age of a frame is taken once, when it is first handed to the sockets. */
static void take_age(struct hub *hub, uint64_t now_us)
{
    if (hub->source->state == SOURCE_LIVE && hub->frame.published_us != hub->aged_frame_us) {
        hub->aged_frame_us = hub->frame.published_us;
        ages_add(&hub->ages, now_us, hub->frame.centre_us);
    }
}

static void show_frame(struct hub *hub, uint64_t now_us)
{
    source_frame(hub->source, (double)clock_unix_us() / 1e6, &hub->frame);
    hub->stream[STREAM_METRICS].generation++;
    if (hub->stream[STREAM_METRICS].client_count == 0) {
        take_age(hub, now_us);
    }
}

/* Whether the current generation shows the newest frame already, for another cohort. */
static bool is_shown(const struct hub *hub)
{
    return source_is_live(hub->source) && hub->stream[STREAM_METRICS].generation > 0 &&
           hub->frame.frame == hub->source->metrics.frame &&
           hub->frame.published_us == hub->source->metrics.published_us;
}

/* A replay's messages go to all who asked for no rate as they come, so that none is missing and none doubled:
 * two schedules of the same rate would not keep step. True if there is a new one. */
static bool take_step(struct stream *stream, uint64_t count)
{
    const bool is_new = stream->steps != count;
    stream->steps = count;
    return is_new;
}

static bool goes_by_steps(const struct stream *stream, const struct cohort *cohort)
{
    return stream->steps > 0 && cohort->schedule.rate_hz == stream->standard.schedule.rate_hz;
}

static void serve(struct stream *stream, struct cohort *cohort, uint64_t now_us)
{
    if (cohort == &stream->standard) {
        meter_count(&stream->meter, now_us);
    }
    cohort_serve(cohort, now_us);
}

/* Both return when they must be called again. */
static uint64_t beat_metrics(struct hub *hub, uint64_t now_us)
{
    struct stream *stream = &hub->stream[STREAM_METRICS];
    const struct metrics_snapshot *newest = &hub->source->metrics;
    const bool live = source_is_live(hub->source);
    const bool is_step = take_step(stream, hub->source->frames);
    pace_follow(&hub->pace, newest->frame, newest->published_us);
    uint64_t next = UINT64_MAX;
    for (struct cohort *cohort = &stream->standard; cohort; cohort = cohort->next) {
        const bool by_steps = goes_by_steps(stream, cohort);
        const bool due = by_steps ? cohort_step(cohort, is_step)
                                  : cohort_is_due(cohort, live ? newest->published_us : UINT64_MAX, now_us);
        next = clock_earlier(next, by_steps ? UINT64_MAX
                                   : live   ? cohort_next(cohort, &hub->pace, now_us)
                                            : schedule_deadline(&cohort->schedule));
        if (due) {
            if (!is_shown(hub)) {
                show_frame(hub, now_us);
            }
            serve(stream, cohort, now_us);
        }
    }
    return next;
}

static uint64_t beat_latency(struct hub *hub, uint64_t now_us)
{
    struct stream *stream = &hub->stream[STREAM_LATENCY];
    const bool is_step = take_step(stream, hub->source->latencies);
    uint64_t next = UINT64_MAX;
    for (struct cohort *cohort = &stream->standard; cohort; cohort = cohort->next) {
        const bool by_steps = goes_by_steps(stream, cohort);
        const bool due = by_steps ? cohort_step(cohort, is_step) : cohort_is_due(cohort, UINT64_MAX, now_us);
        if (cohort->client_count > 0 && !by_steps) { /* else the beat of the metrics is often enough */
            next = clock_earlier(next, schedule_deadline(&cohort->schedule));
        }
        if (due) {
            stream->generation++;
            serve(stream, cohort, now_us);
        }
    }
    return next;
}

static uint64_t beat_sinks(struct hub *hub, uint64_t now_us)
{
    uint64_t next = UINT64_MAX;
    for (uint32_t i = 0; i < hub->feed.sink_count; i++) {
        struct sink *sink = hub->feed.sink[i];
        if (sink->kind->beat) {
            next = clock_earlier(next, sink->kind->beat(sink, hub->source, now_us));
        }
    }
    return next;
}

static bool events_are_wanted(const struct hub *hub)
{
    for (uint32_t i = 0; i < hub->feed.sink_count; i++) {
        const struct sink *sink = hub->feed.sink[i];
        if (sink->kind->wants_events && sink->kind->wants_events(sink)) {
            return true;
        }
    }
    return false;
}

/* Tells the analyser what is worth its while, as long as it is. */
static void want(struct hub *hub, uint64_t now_us)
{
    uint32_t parts = now_us < hub->asked_until_us ? hub->asked : 0;
    for (uint32_t part = 1; part <= PARTS_ALL; part <<= 1U) {
        parts |= hub->askers[part - 1] > 0 ? part : 0;
    }
    for (uint32_t i = 0; i < hub->feed.sink_count; i++) {
        const struct sink *sink = hub->feed.sink[i];
        parts |= sink->kind->wants_parts ? sink->kind->wants_parts(sink) : 0;
    }
    feed_want(&hub->feed, parts);
}

uint64_t hub_beat(struct hub *hub, uint64_t now_us)
{
    want(hub, now_us);
    source_poll(hub->source, now_us);
    const uint64_t step_us = hub->stopping ? UINT64_MAX : source_step(hub->source, now_us);
    const bool more_events = !hub->stopping && hub_events_beat(hub, now_us);
    uint64_t next = clock_earlier(step_us, beat_metrics(hub, now_us));
    next = clock_earlier(next, beat_latency(hub, now_us));
    next = clock_earlier(next, beat_sinks(hub, now_us));
    if (more_events) {
        next = clock_earlier(next, now_us + EVENT_BATCH_US);
    }
    if (hub->source->writer != 0 && step_us == UINT64_MAX && events_are_wanted(hub)) {
        next = clock_earlier(next, now_us + EVENT_POLL_US);
    }
    return next;
}

/* Makes a new generation between two beats: nobody else's is disturbed. */
static void show_now(struct hub *hub, enum stream_kind kind, uint64_t now_us)
{
    source_poll(hub->source, now_us);
    if (kind == STREAM_METRICS) {
        show_frame(hub, now_us);
    } else {
        hub->stream[kind].generation++;
    }
}

static void count_askers(struct hub *hub, uint32_t parts, int32_t by)
{
    for (uint32_t part = 1; part <= PARTS_ALL; part <<= 1U) {
        hub->askers[part - 1] += parts & part ? (uint32_t)by : 0;
    }
}

bool hub_add(struct hub *hub, struct client *client, const struct subscription *subscription, uint64_t now_us)
{
    struct stream *stream = &hub->stream[client->stream];
    const bool events = client->stream == STREAM_EVENTS;
    struct cohort *cohort =
        events ? &stream->standard : cohort_join(&stream->standard, subscription->rate_hz, now_us);
    if (!cohort) {
        return false;
    }
    if (cohort_add(cohort, client)) {
        cohort_leave(&stream->standard, cohort);
        return false;
    }
    if (stream->client_count == 0) { /* the first: what is here now, not what was at the last beat */
        show_now(hub, client->stream, now_us);
    }
    client->close = (struct client_close){0};
    client->add = subscription->add;
    count_askers(hub, client->add, 1);
    client->position =
        events ? hub_events_first(hub, client, subscription->replay, now_us) : cohort->beat - 1;
    hub->behind += hub_events_behind(hub, client) ? 1 : 0;
    stream->client_count++;
    return true;
}

void hub_remove(struct hub *hub, struct client *client)
{
    struct stream *stream = &hub->stream[client->stream];
    struct cohort *cohort = client->cohort;
    cohort_remove(cohort, client);
    cohort_leave(&stream->standard, cohort);
    count_askers(hub, client->add, -1);
    stream->client_count--;
    if (hub_events_behind(hub, client)) {
        hub_events_caught_up(hub);
    }
}

struct latency_report hub_latency(const struct hub *hub, uint64_t now_us)
{
    if (hub->source->latencies > 0) {
        return hub->source->recorded;
    }
    const struct latency_snapshot graph = source_latency(hub->source);
    const bool live = source_is_live(hub->source);
    const struct metrics_snapshot none = {0};
    return latency_describe(&graph, live ? ages_mean_ms(&hub->ages, now_us) : 0,
                            live ? &hub->source->metrics : &none, (double)clock_unix_us() / 1e6);
}

/* Turns the current generation into text, once. */
static enum status print(struct hub *hub, enum stream_kind kind, uint32_t add, uint64_t now_us)
{
    const uint64_t generation = hub->stream[kind].generation;
    struct shown *shown = &hub->stream[kind].shown[add];
    enum status status;
    if (shown->printed == generation) {
        return STATUS_OK;
    }
    if (kind == STREAM_METRICS) {
        take_age(hub, now_us);
        status = message_metrics(&hub->scratch, &hub->frame, add);
    } else {
        const struct latency_report report = hub_latency(hub, now_us);
        status = message_latency(&hub->scratch, &report);
    }
    if (status == STATUS_OK) {
        status = encoded_set(&shown->message, hub->scratch.text, hub->scratch.length);
    }
    if (status == STATUS_OK) {
        shown->printed = generation;
    }
    return status;
}

struct encoded *hub_next(struct hub *hub, struct client *client, uint64_t now_us)
{
    struct stream *stream = &hub->stream[client->stream];
    if (client->stream == STREAM_EVENTS) {
        return hub_events_next(hub, client);
    }
    if (client->position == client->cohort->beat || print(hub, client->stream, client->add, now_us)) {
        return NULL;
    }
    return &stream->shown[client->add].message;
}

const struct metrics_snapshot *hub_next_frame(struct hub *hub, const struct client *client, uint64_t now_us)
{
    if (client->position == client->cohort->beat) {
        return NULL;
    }
    take_age(hub, now_us);
    return &hub->frame;
}

void hub_follow(struct hub *hub, uint32_t parts)
{
    count_askers(hub, parts_to_ask(parts), 1);
}

void hub_unfollow(struct hub *hub, uint32_t parts)
{
    count_askers(hub, parts_to_ask(parts), -1);
}

bool hub_sent(struct hub *hub, struct client *client)
{
    struct stream *stream = &hub->stream[client->stream];
    stream->sent++;
    if (client->stream == STREAM_EVENTS) {
        client->position++;
        if (!hub_events_behind(hub, client)) {
            hub_events_caught_up(hub);
            return false;
        }
        return true;
    }
    client->position = client->cohort->beat;
    return false;
}

const struct wire *hub_latest(struct hub *hub, enum stream_kind kind, uint32_t add, uint64_t now_us)
{
    struct stream *stream = &hub->stream[kind];
    if (stream->client_count == 0) {
        show_now(hub, kind, now_us);
    }
    return print(hub, kind, add, now_us) ? NULL : &stream->shown[add].message.plain;
}

const struct wire *hub_newest(struct hub *hub, uint32_t add, uint64_t now_us)
{
    if (!is_shown(hub)) {
        show_frame(hub, now_us);
    }
    return print(hub, STREAM_METRICS, add, now_us) ? NULL
                                                   : &hub->stream[STREAM_METRICS].shown[add].message.plain;
}

void hub_ask(struct hub *hub, uint32_t parts, uint64_t now_us)
{
    hub->asked = (now_us < hub->asked_until_us ? hub->asked : 0) | parts;
    hub->asked_until_us = now_us + ASKED_US;
}

bool hub_may_close(const struct hub *hub, const struct client *client)
{
    return client->close.code != 0 &&
           (client->close.code == hub_events_lagging.code || !hub_events_behind(hub, client));
}

void hub_close_clients(struct hub *hub, struct client_close close, uint64_t now_us)
{
    hub->stopping = true;
    for (int i = 0; i < STREAM_COUNT; i++) {
        for (struct cohort *cohort = &hub->stream[i].standard; cohort; cohort = cohort->next) {
            for (uint32_t k = 0; k < cohort->client_count; k++) {
                cohort->client[k]->close = close;
            }
            cohort_serve(cohort, now_us);
        }
    }
}

uint32_t hub_client_count(const struct hub *hub)
{
    uint32_t sum = 0;
    for (int i = 0; i < STREAM_COUNT; i++) {
        sum += hub->stream[i].client_count;
    }
    return sum;
}
