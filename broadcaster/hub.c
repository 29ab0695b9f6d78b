/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/hub.h"

#include "broadcaster/clock.h"
#include "shared/log.h"

#include <libwebsockets.h>

/* A metrics beat waits for the first frame that is new since its deadline, which is then half a hop fresher
 * than the newest one at the deadline; but never longer than this. */
enum { FRESH_WAIT_US = 12000, FRESH_POLL_US = 1000, EVENT_POLL_US = 2000 };

/* When a beat has taken all the events it may: after a pause the ring may be full, and a client can only be
 * written to between two beats. */
enum { EVENT_BATCH_US = 1000 };

/* A client further behind than this does not keep up, and the note of what has been sent does not wait for
 * it. */
enum { KEEPS_UP = FEED_BATCH };

static const struct client_close lagging = {1013, "too slow: events would have been lost"};

void hub_init(struct hub *hub, const char *name, struct control *control, struct osc_out *osc,
              const struct event_cursor *past, uint64_t now_us)
{
    *hub = (struct hub){.osc = osc};
    source_init(&hub->source, name);
    feed_init(&hub->feed, &hub->source, control, osc, past, now_us);
    schedule_init(&hub->metrics_schedule, now_us, METRICS_HZ);
    schedule_init(&hub->latency_schedule, now_us, LATENCY_HZ);
}

void hub_close(struct hub *hub)
{
    source_close(&hub->source);
    feed_free(&hub->feed);
    message_free(&hub->scratch);
    for (int i = 0; i < STREAM_COUNT; i++) {
        wire_free(&hub->stream[i].wire);
    }
}

static void count(struct meter *meter, uint64_t now_us)
{
    const uint64_t second = now_us / 1000000U;
    if (second != meter->second) {
        meter->rate_hz = second == meter->second + 1 ? meter->count : 0;
        meter->second = second;
        meter->count = 0;
    }
    meter->count++;
}

/* Only marks: work done here would delay the next wake-up by as long. */
static void wake(const struct stream *stream)
{
    for (struct client *client = stream->clients; client; client = client->next) {
        lws_callback_on_writable(client->wsi);
    }
}

static void new_generation(struct stream *stream, uint64_t now_us)
{
    stream->generation++;
    count(&stream->meter, now_us);
    wake(stream);
}

/* The age of a frame is taken once, when it is first handed to the sockets. */
static void take_age(struct hub *hub, uint64_t now_us)
{
    if (hub->source.state == SOURCE_LIVE && hub->frame.published_us != hub->aged_frame_us) {
        hub->aged_frame_us = hub->frame.published_us;
        latency_add(&hub->ages, now_us, hub->frame.centre_us);
    }
}

static void show_frame(struct hub *hub, uint64_t now_us)
{
    source_frame(&hub->source, (double)clock_unix_us() / 1e6, &hub->frame);
    new_generation(&hub->stream[STREAM_METRICS], now_us);
    if (!hub->stream[STREAM_METRICS].clients) {
        take_age(hub, now_us);
    }
}

static bool is_fresh(const struct hub *hub)
{
    return hub->source.state != SOURCE_LIVE || hub->source.metrics.frame != hub->wait_frame;
}

static void beat_metrics(struct hub *hub, uint64_t now_us)
{
    const struct stream *stream = &hub->stream[STREAM_METRICS];
    if (hub->wait_until_us == 0 && schedule_deadline(&hub->metrics_schedule) <= now_us) {
        const uint64_t deadline = schedule_deadline(&hub->metrics_schedule);
        hub->wait_until_us = stream->clients ? deadline + FRESH_WAIT_US : deadline;
        hub->wait_frame = hub->source.metrics.frame;
        schedule_advance(&hub->metrics_schedule, now_us);
    }
    if (hub->wait_until_us != 0 && (now_us >= hub->wait_until_us || is_fresh(hub))) {
        hub->wait_until_us = 0;
        show_frame(hub, now_us);
    }
}

static void beat_latency(struct hub *hub, uint64_t now_us)
{
    if (schedule_deadline(&hub->latency_schedule) <= now_us) {
        schedule_advance(&hub->latency_schedule, now_us);
        new_generation(&hub->stream[STREAM_LATENCY], now_us);
    }
}

/* A client that does not read is not writable either: if the close frame cannot go out soon, the connection
 * ends without one. */
static void drop_lagging(struct hub *hub)
{
    for (struct client *client = hub->stream[STREAM_EVENTS].clients; client; client = client->next) {
        if (client->close.code == 0 && eventlog_lags(&hub->feed.log, client->position)) {
            log_warning("an events client fell more than %d events behind; closing it", EVENTLOG_LAG_MAX);
            client->close = lagging;
            lws_set_timeout(client->wsi, PENDING_TIMEOUT_LAGGING, 2);
        }
    }
}

/* What all clients that keep up have been sent, where some have not been sent everything. */
static void note_progress(struct hub *hub)
{
    const uint64_t head = hub->feed.log.head;
    uint64_t least = head;
    if (hub->behind == 0) {
        feed_delivered(&hub->feed, head);
        return;
    }
    for (struct client *client = hub->stream[STREAM_EVENTS].clients; client; client = client->next) {
        if (client->close.code == 0 && head - client->position <= KEEPS_UP && client->position < least) {
            least = client->position;
        }
    }
    feed_delivered(&hub->feed, least);
}

/* True: there may be more. */
static bool beat_events(struct hub *hub, uint64_t now_us)
{
    struct stream *stream = &hub->stream[STREAM_EVENTS];
    const uint64_t head = hub->feed.log.head;
    const bool more = feed_beat(&hub->feed, stream->clients != NULL, now_us);
    for (; hub->counted < hub->feed.published; hub->counted++) {
        count(&stream->meter, now_us);
    }
    if (stream->clients && hub->feed.log.head != head) {
        hub->behind = stream->client_count;
        drop_lagging(hub);
        wake(stream);
    }
    if (stream->clients) {
        note_progress(hub);
    }
    return more;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t hub_beat(struct hub *hub, uint64_t now_us)
{
    source_poll(&hub->source, now_us);
    const bool more_events = !hub->stopping && beat_events(hub, now_us);
    beat_metrics(hub, now_us);
    beat_latency(hub, now_us);

    uint64_t next = osc_out_beat(hub->osc, &hub->source, now_us);
    next = earlier(next, schedule_deadline(&hub->metrics_schedule));
    next = earlier(next, schedule_deadline(&hub->latency_schedule));
    if (hub->wait_until_us != 0) {
        next = earlier(next, now_us + FRESH_POLL_US);
    }
    if (more_events) {
        next = earlier(next, now_us + EVENT_BATCH_US);
    }
    const bool wanted = hub->stream[STREAM_EVENTS].clients || osc_out_wants_events(hub->osc);
    if (wanted && hub->source.segment.memory) {
        next = earlier(next, now_us + EVENT_POLL_US);
    }
    return next;
}

static bool is_behind(const struct hub *hub, const struct client *client)
{
    return client->stream == STREAM_EVENTS && client->position < hub->feed.log.head;
}

/* The last client that was behind has caught up, or gone: the note can be exact. */
static void one_less_behind(struct hub *hub)
{
    hub->behind--;
    if (hub->behind == 0) {
        feed_delivered(&hub->feed, hub->feed.log.head);
    }
}

void hub_add(struct hub *hub, struct client *client, uint64_t now_us)
{
    struct stream *stream = &hub->stream[client->stream];
    if (!stream->clients && client->stream == STREAM_METRICS) {
        source_poll(&hub->source, now_us); /* the first: what is here now, not what was at the last beat */
        show_frame(hub, now_us);
    }
    client->close = (struct client_close){0};
    client->position = client->stream == STREAM_EVENTS ? feed_start(&hub->feed, now_us) : 0;
    hub->behind += is_behind(hub, client) ? 1 : 0;
    client->previous = NULL;
    client->next = stream->clients;
    if (stream->clients) {
        stream->clients->previous = client;
    }
    stream->clients = client;
    stream->client_count++;
    lws_callback_on_writable(client->wsi);
}

void hub_remove(struct hub *hub, struct client *client)
{
    struct stream *stream = &hub->stream[client->stream];
    if (client->previous) {
        client->previous->next = client->next;
    } else {
        stream->clients = client->next;
    }
    if (client->next) {
        client->next->previous = client->previous;
    }
    stream->client_count--;
    if (is_behind(hub, client)) {
        one_less_behind(hub);
    }
}

/* Turns the current generation into text, once. */
static enum status print(struct hub *hub, enum stream_kind kind, uint64_t now_us)
{
    struct stream *stream = &hub->stream[kind];
    enum status status;
    if (stream->printed == stream->generation) {
        return STATUS_OK;
    }
    if (kind == STREAM_METRICS) {
        take_age(hub, now_us);
        status = message_metrics(&hub->scratch, &hub->frame);
    } else {
        const struct latency_snapshot graph = source_latency(&hub->source);
        const bool live = hub->source.state == SOURCE_LIVE;
        const struct metrics_snapshot none = {0};
        const struct latency_report report =
            latency_describe(&graph, live ? latency_mean_ms(&hub->ages, now_us) : 0,
                             live ? &hub->source.metrics : &none, (double)clock_unix_us() / 1e6);
        status = message_latency(&hub->scratch, &report);
    }
    if (status == STATUS_OK) {
        status = wire_set(&stream->wire, hub->scratch.text, hub->scratch.length);
    }
    if (status == STATUS_OK) {
        stream->printed = stream->generation;
    }
    return status;
}

const struct wire *hub_next(struct hub *hub, struct client *client, uint64_t now_us)
{
    struct stream *stream = &hub->stream[client->stream];
    if (client->stream == STREAM_EVENTS) {
        return eventlog_get(&hub->feed.log, client->position);
    }
    if (client->position == stream->generation || print(hub, client->stream, now_us)) {
        return NULL;
    }
    return &stream->wire;
}

bool hub_sent(struct hub *hub, struct client *client)
{
    struct stream *stream = &hub->stream[client->stream];
    stream->sent++;
    if (client->stream == STREAM_EVENTS) {
        client->position++;
        if (!is_behind(hub, client)) {
            one_less_behind(hub);
            return false;
        }
        return true;
    }
    client->position = stream->generation;
    return false;
}

const struct wire *hub_latest(struct hub *hub, enum stream_kind kind, uint64_t now_us)
{
    struct stream *stream = &hub->stream[kind];
    if (!stream->clients) {
        source_poll(&hub->source, now_us); /* nobody's generation is disturbed */
        if (kind == STREAM_METRICS) {
            show_frame(hub, now_us);
        } else {
            stream->generation++;
        }
    }
    return print(hub, kind, now_us) ? NULL : &stream->wire;
}

bool hub_may_close(const struct hub *hub, const struct client *client)
{
    return client->close.code != 0 && (client->close.code == lagging.code || !is_behind(hub, client));
}

void hub_close_clients(struct hub *hub, struct client_close close)
{
    hub->stopping = true;
    for (int i = 0; i < STREAM_COUNT; i++) {
        for (struct client *client = hub->stream[i].clients; client; client = client->next) {
            client->close = close;
        }
        wake(&hub->stream[i]);
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
