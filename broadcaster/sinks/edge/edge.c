/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Edges as a sink (--publish): nginx with nchan elsewhere, which hand on to any number of viewers what they
 * are sent here, once. */
#include "broadcaster/sinks/edge/edge.h"

#include "broadcaster/guard/token.h"
#include "broadcaster/options.h"
#include "broadcaster/sinks/edge/trust.h"
#include "broadcaster/sinks/list.h"
#include "shared/clock.h"
#include "shared/log.h"
#include "shared/resolve.h"

#include <assert.h>
#include <libwebsockets.h>
#include <stdlib.h>
#include <string.h>

enum { LOOK_US = 50000 }; /* how exactly deadlines are kept */

static_assert(2 * (int)OPTION_LIST_MAX <= (int)CHANNEL_NOTES, "each line of events has a note");

static struct edges *of(struct sink *sink)
{
    return (struct edges *)sink;
}

static const struct edges *of_const(const struct sink *sink)
{
    return (const struct edges *)sink;
}

/* Whether the name has been found. */
static void poll_name(struct edge *edge, uint64_t now_us)
{
    struct addrinfo *list = NULL;
    const char *why = "out of memory or threads";
    const enum status status = edge->resolve ? resolve_poll(edge->resolve, &list, &why) : STATUS_NO_MEMORY;
    if (status == STATUS_NOT_READY) {
        return;
    }
    resolve_end(edge->resolve);
    edge->resolve = NULL;
    if (list) {
        if (edge->list) {
            freeaddrinfo(edge->list);
        }
        edge->list = list;
        edge->resolved_us = now_us;
    }
    for (uint32_t i = 0; i < edge->line_count; i++) {
        line_resolved(&edge->line[i], list ? NULL : why, now_us);
    }
}

/* --- opening --- */

static void print_headers(struct edge *edge, const struct token *token)
{
    char pair[EDGE_USER_MAX + TOKEN_MAX];
    char encoded[2 * sizeof pair];
    const int accept = snprintf(edge->headers, sizeof edge->headers, "Accept: text/json\r\n");
    char *rest = edge->headers + accept;
    const size_t room = sizeof edge->headers - (size_t)accept;
    if (edge->url->user[0]) {
        snprintf(pair, sizeof pair, "%s:%s", edge->url->user, token->text);
        lws_b64_encode_string(pair, (int)strlen(pair), encoded, sizeof encoded);
        snprintf(rest, room, "Authorization: Basic %s\r\n", encoded);
    } else if (token->text[0]) {
        snprintf(rest, room, "Authorization: Bearer %s\r\n", token->text);
    }
}

static void add_line(struct edge *edge, const struct channel_note *past, enum stream_kind stream,
                     uint32_t rate_hz, uint32_t add)
{
    static const char *const names[STREAM_COUNT] = {"metrics", "latency", "events"};
    struct line *line = &edge->line[edge->line_count++];
    char rate[8] = "";
    if (stream == STREAM_METRICS && rate_hz != METRICS_HZ) {
        snprintf(rate, sizeof rate, "-%u", rate_hz);
    }
    snprintf(line->name, sizeof line->name, "%s%s%s", names[stream], rate, add ? "-add" : "");
    line->base.stream = stream;
    line->asked = (struct subscription){.rate_hz = rate_hz, .add = add};
    if (stream == STREAM_EVENTS) {
        struct edges *all = edge->all;
        line->backlog.feed = &all->hub->feed;
        line->backlog.log = add & PART_ONSETS ? &all->full : &all->log;
        line->backlog.place = all->notes++;
    }
    line_open(line, edge, past, clock_now_us());
}

/* So many as edge_url_channels says. */
static void add_lines(struct edge *edge, const struct channel_note *past)
{
    const struct edge_url *url = edge->url;
    for (uint32_t i = 0; i <= url->rate_count; i++) {
        const uint32_t rate_hz = i == 0 ? METRICS_HZ : url->rate_hz[i - 1];
        add_line(edge, past, STREAM_METRICS, rate_hz, 0);
        if (url->add) {
            add_line(edge, past, STREAM_METRICS, rate_hz, url->add);
        }
    }
    add_line(edge, past, STREAM_LATENCY, LATENCY_HZ, 0);
    add_line(edge, past, STREAM_EVENTS, 0, 0);
    if (url->add & PART_ONSETS) {
        add_line(edge, past, STREAM_EVENTS, 0, PART_ONSETS);
    }
}

static enum status open_edge(struct edge *edge, const struct channel_note *past, char *error)
{
    const struct edge_url *url = edge->url;
    struct token token = {0};
    if (url->token_file[0]) {
        const enum status status = token_load(&token, url->token_file, error);
        if (status) {
            return status;
        }
    }
    print_headers(edge, &token);
    edge->trust = url->tls ? trust_open(url->ca, error) : NULL;
    if (url->tls && !edge->trust) {
        return STATUS_CORRUPT;
    }
    edge->line = calloc(edge_url_channels(url), sizeof *edge->line);
    if (!edge->line) {
        snprintf(error, OPTION_ERROR_MAX, "out of memory");
        return STATUS_NO_MEMORY;
    }
    if (!edge_open_vhost(edge, error)) {
        return STATUS_NO_MEMORY;
    }
    add_lines(edge, past);
    return STATUS_OK;
}

static void close_edges(struct sink *sink)
{
    struct edges *all = of(sink);
    if (all->context) {
        lws_context_destroy(all->context);
    }
    for (uint32_t i = 0; i < all->count; i++) {
        struct edge *edge = &all->edge[i];
        resolve_end(edge->resolve);
        if (edge->list) {
            freeaddrinfo(edge->list);
        }
        trust_close(edge->trust);
        free(edge->line);
    }
    eventlog_free(&all->log);
    eventlog_free(&all->full);
    encoded_free(&all->scratch);
    free(all->edge);
    free(all->report);
    free(all);
}

static enum status open_edges(struct sink **sink, const struct sink_context *context, char *error)
{
    const struct edge_urls *urls = &context->options->publish_to;
    const uint32_t descriptors = edge_urls_descriptors(urls);
    if (urls->count == 0) {
        return STATUS_OK;
    }
    struct edges *all = calloc(1, sizeof *all);
    if (!all) {
        snprintf(error, OPTION_ERROR_MAX, "out of memory");
        return STATUS_NO_MEMORY;
    }
    *sink = &all->base;
    all->base.kind = &edge_sink;
    all->hub = context->hub;
    all->writer = context->hub->feed.cursor.writer;
    all->carrier = (struct carrier){line_serve, line_flush, line_drop};
    all->edge = calloc(urls->count, sizeof *all->edge);
    all->report = calloc(descriptors, sizeof *all->report); /* there are fewer lines */
    if (!all->edge || !all->report) {
        snprintf(error, OPTION_ERROR_MAX, "out of memory");
        return STATUS_NO_MEMORY;
    }
    enum status status =
        edge_open_context(all, context->loop, descriptors, error) ? STATUS_OK : STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < urls->count && status == STATUS_OK; i++) {
        all->edge[i].all = all;
        all->edge[i].url = &urls->url[i];
        all->count++;
        status = open_edge(&all->edge[i], context->past, error);
    }
    return status;
}

/* --- as a sink --- */

/* Each line of events, one after the other: the one after `line`; NULL: there is no more. */
static struct line *next_of_events(const struct edges *all, const struct line *line)
{
    for (uint32_t i = 0; i < all->count; i++) {
        const struct edge *edge = &all->edge[i];
        for (uint32_t k = 0; k < edge->line_count; k++) {
            if (edge->line[k].base.stream == STREAM_EVENTS && !line) {
                return &edge->line[k];
            }
            line = line == &edge->line[k] ? NULL : line;
        }
    }
    return NULL;
}

/* Where it cannot be, the feed has said so: it could not log it either. */
static void log_event(struct edges *all, const struct event *event, uint64_t before)
{
    const struct message *text = &all->hub->feed.text;
    if (text->length > 0 && eventlog_push(&all->full, text->text, text->length, before) == STATUS_OK &&
        event->kind != EVENT_ONSET) {
        const enum status status = eventlog_push(&all->log, text->text, text->length, before);
        (void)status;
    }
}

static void event(struct sink *sink, const struct event *event, struct event_id id, uint64_t now_us)
{
    struct edges *all = of(sink);
    const bool begins = id.writer != all->writer;
    (void)now_us;
    if (begins) {
        all->writer = id.writer;
        all->log.start = all->log.head;
        all->full.start = all->full.head;
    }
    log_event(all, event, id.index);
    for (struct line *line = next_of_events(all, NULL); line; line = next_of_events(all, line)) {
        if (begins) {
            backlog_begin(&line->backlog);
        }
        line_look(line);
    }
}

static uint64_t beat(struct sink *sink, const struct source *source, uint64_t now_us)
{
    struct edges *all = of(sink);
    (void)source;
    for (uint32_t i = 0; i < all->count; i++) {
        struct edge *edge = &all->edge[i];
        poll_name(edge, now_us);
        for (uint32_t k = 0; k < edge->line_count; k++) {
            line_beat(&edge->line[k], now_us);
        }
    }
    return now_us + LOOK_US;
}

static uint32_t wants_parts(const struct sink *sink)
{
    const struct edges *all = of_const(sink);
    uint32_t parts = 0;
    for (uint32_t i = 0; i < all->count; i++) { /* of metrics, the hub knows */
        parts |= all->edge[i].url->add & PART_ONSETS;
    }
    return parts;
}

static bool wants_events(const struct sink *sink)
{
    const struct edges *all = of_const(sink);
    for (uint32_t i = 0; i < all->count; i++) {
        if (all->edge[i].up) {
            return true;
        }
    }
    return false;
}

/* How far the one is that is furthest behind; each has a note of its own besides. */
static uint64_t reached(const struct sink *sink, uint64_t now_us)
{
    const struct edges *all = of_const(sink);
    uint64_t least = UINT64_MAX;
    (void)now_us;
    for (const struct line *line = next_of_events(all, NULL); line; line = next_of_events(all, line)) {
        least = clock_earlier(least, backlog_reached(&line->backlog));
    }
    return least;
}

static void report(const struct sink *sink, struct server_report *report)
{
    const struct edges *all = of_const(sink);
    const uint64_t now_us = clock_now_us();
    uint32_t count = 0;
    for (uint32_t i = 0; i < all->count; i++) {
        const struct edge *edge = &all->edge[i];
        for (uint32_t k = 0; k < edge->line_count; k++) {
            line_report(&edge->line[k], &all->report[count++], now_us);
        }
    }
    report->edge = all->report;
    report->edge_count = count;
}

static bool is_busy(const struct sink *sink)
{
    const struct edges *all = of_const(sink);
    for (uint32_t i = 0; i < all->count; i++) {
        const struct edge *edge = &all->edge[i];
        for (uint32_t k = 0; k < edge->line_count; k++) {
            if (line_is_busy(&edge->line[k])) {
                return true;
            }
        }
    }
    return false;
}

const struct sink_kind edge_sink = {
    .name = "edge",
    .open = open_edges,
    .event = event,
    .beat = beat,
    .wants_parts = wants_parts,
    .wants_events = wants_events,
    .reached = reached,
    .report = report,
    .is_busy = is_busy,
    .close = close_edges,
};
