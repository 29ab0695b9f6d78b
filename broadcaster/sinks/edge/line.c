/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/sinks/edge/line.h"

#include "broadcaster/sinks/edge/edge.h"
#include "shared/backoff.h"
#include "shared/clock.h"
#include "shared/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    HANDSHAKE_US = 10000000, /* for a connection to be open, TLS and all */
    ANSWER_US = 5000000      /* for a message to be answered */
};

static struct line *of(struct client *client)
{
    return (struct line *)((char *)client - offsetof(struct line, base));
}

static struct hub *hub_of(const struct line *line)
{
    return line->edge->all->hub;
}

static bool has_events(const struct line *line)
{
    return line->base.stream == STREAM_EVENTS;
}

static bool is_connected(const struct line *line)
{
    return line->state == LINE_IDLE || line->state == LINE_FLYING;
}

static void go(struct line *line, enum line_state state, uint64_t deadline_us)
{
    line->state = state;
    line->deadline_us = deadline_us;
}

void line_open(struct line *line, struct edge *edge, const struct channel_note *past, uint64_t now_us)
{
    line->edge = edge;
    if (has_events(line)) {
        backlog_open(&line->backlog, edge->url->text, line->name, past);
    }
    line->base.carrier = &edge->all->carrier;
    line->since_us = now_us;
    snprintf(line->detail, sizeof line->detail, "not tried yet");
    go(line, LINE_WAITING, now_us);
}

void line_note(struct line *line, const char *why)
{
    if (line->detail[0] == '\0') {
        snprintf(line->detail, sizeof line->detail, "%s", why);
    }
}

void line_look(struct line *line)
{
    const uint64_t lost = line->backlog.lost;
    if (backlog_look(&line->backlog)) {
        uint64_t times = lost; /* as many as before, and one more */
        log_repeated(&times, "%s: %s: more than %d events behind; the oldest will be missing there",
                     line->edge->url->text, line->name, EVENTLOG_LAG_MAX);
    }
    if (line->state == LINE_IDLE && backlog_waiting(&line->backlog) > 0) {
        edge_want_write(line);
    }
}

/* --- the connection's life --- */

/* Ends the connection. */
static void end(struct line *line, const char *why)
{
    line_note(line, why);
    go(line, LINE_ENDING, UINT64_MAX);
    edge_disconnect(line);
}

static void leave_hub(struct line *line)
{
    if (line->joined) {
        hub_remove(hub_of(line), &line->base);
        line->joined = false;
    }
}

static void wait_again(struct line *line, uint64_t now_us)
{
    go(line, LINE_WAITING, now_us + backoff_us(line->failures));
    line->failures++;
    edge_look(line->edge, line);
}

void line_gone(struct line *line)
{
    const uint64_t now_us = clock_now_us();
    leave_hub(line);
    line->wsi = NULL;
    line->length = 0;
    if (line->asks_again) {
        line->asks_again = false;
        go(line, LINE_WAITING, now_us);
        return;
    }
    line_note(line, "no connection");
    if (has_events(line) && line->flown_us > 0) {
        backlog_break(&line->backlog);
    }
    line->since_us = line->connected_us > 0 ? now_us : line->since_us;
    line->connected_us = 0;
    line->flown_us = 0;
    wait_again(line, now_us);
}

static void attempt(struct line *line, uint64_t now_us)
{
    if (hub_of(line)->stopping) {
        return;
    }
    if (!edge_has_address(line->edge, now_us)) {
        go(line, LINE_RESOLVING, UINT64_MAX);
        return;
    }
    const bool asks = has_events(line) && backlog_asks(&line->backlog);
    line->detail[0] = '\0';
    go(line, asks ? LINE_ASKING : LINE_CONNECTING, now_us + HANDSHAKE_US);
    if (!edge_connect(line, asks) && line->state != LINE_WAITING) {
        line_gone(line);
    }
}

void line_resolved(struct line *line, const char *why, uint64_t now_us)
{
    if (line->state != LINE_RESOLVING) {
        return;
    }
    if (why) {
        snprintf(line->detail, sizeof line->detail, "%.100s: %.50s", line->edge->url->host, why);
        wait_again(line, now_us);
    } else {
        go(line, LINE_WAITING, now_us);
    }
}

void line_beat(struct line *line, uint64_t now_us)
{
    if (now_us < line->deadline_us) {
        return;
    }
    switch (line->state) {
    case LINE_WAITING: attempt(line, now_us); break;
    case LINE_ASKING:
    case LINE_CONNECTING: end(line, "no connection within 10 s"); break;
    case LINE_FLYING: end(line, "a message was not answered within 5 s"); break;
    default: break;
    }
}

int line_connected(struct line *line)
{
    const uint64_t now_us = clock_now_us();
    if (!has_events(line)) {
        line->joined = hub_add(hub_of(line), &line->base, &line->asked, now_us);
        if (!line->joined) {
            line_note(line, "out of memory");
            return -1;
        }
    }
    line->connections++;
    line->connected_us = now_us;
    go(line, LINE_IDLE, UINT64_MAX);
    edge_look(line->edge, line);
    edge_want_write(line);
    return 0;
}

/* --- messages --- */

/* The one that is due; NULL: none is. */
static const struct encoded *next_message(struct line *line, uint64_t now_us)
{
    if (!has_events(line)) {
        return hub_next(hub_of(line), &line->base, now_us);
    }
    return backlog_next(&line->backlog);
}

static void note_sent(struct line *line, uint64_t now_us)
{
    line->sent++;
    line->flown_us = now_us;
    go(line, LINE_FLYING, now_us + ANSWER_US);
    if (has_events(line)) {
        backlog_sent(&line->backlog);
    } else {
        line->skipped += line->base.cohort->beat - line->base.position - 1;
        hub_sent(hub_of(line), &line->base);
    }
}

int line_writeable(struct line *line)
{
    const uint64_t now_us = clock_now_us();
    if (is_connected(line) && line->base.close.code != 0) {
        line_note(line, line->base.close.reason);
        return -1;
    }
    const struct encoded *message = line->state == LINE_IDLE ? next_message(line, now_us) : NULL;
    if (message && !edge_write(line, &message->plain)) {
        line_note(line, "the connection is broken");
        return -1;
    }
    if (message) {
        note_sent(line, now_us);
    }
    return 0;
}

static bool is_behind(const struct line *line)
{
    return has_events(line) ? backlog_waiting(&line->backlog) > 0
                            : line->base.position != line->base.cohort->beat;
}

static void acknowledge(struct line *line, const struct edge_answer *answer)
{
    line->acknowledged++;
    line->failures = 0;
    line->round_trip_us = clock_now_us() - line->flown_us;
    line->flown_us = 0;
    go(line, LINE_IDLE, UINT64_MAX);
    if (has_events(line)) {
        backlog_acknowledge(&line->backlog, answer);
    }
    if (is_behind(line)) {
        edge_want_write(line);
    }
}

int line_received(struct line *line, const void *bytes, size_t length, bool ends)
{
    struct edge_answer answer;
    if (line->state == LINE_ENDING) {
        return 0;
    }
    if (length > sizeof line->answer - line->length) {
        line_note(line, "it answers, but not as nchan does");
        return -1;
    }
    memcpy(line->answer + line->length, bytes, length);
    line->length += length;
    if (!ends) {
        return 0;
    }
    const enum status status = edge_answer_read(&answer, line->answer, line->length);
    line->length = 0;
    if (status || line->state != LINE_FLYING) {
        line_note(line, "it answers, but not as nchan does");
        return -1;
    }
    acknowledge(line, &answer);
    return 0;
}

/* Always closes: what comes next is WebSocket. */
int line_answered(struct line *line, unsigned status)
{
    struct edge_answer answer = {0};
    if (status == 404 ||
        (status == 200 && edge_answer_read(&answer, line->answer, line->length) == STATUS_OK)) {
        line->acknowledged += backlog_account(&line->backlog, &answer);
        line->asks_again = true;
        return -1;
    }
    char why[LINE_DETAIL_MAX];
    snprintf(why, sizeof why, "asked what %s holds, it answers with %u%s", line->name, status,
             status == 403 ? "; is the token the edge's?" : ", but not as nchan does");
    line_note(line, why);
    return -1;
}

/* --- for the hub --- */

void line_serve(struct client *client, uint64_t now_us)
{
    struct line *line = of(client);
    (void)now_us;
    if (line->state == LINE_IDLE || (line->state == LINE_FLYING && client->close.code != 0)) {
        edge_want_write(line);
    }
}

void line_flush(struct carrier *carrier)
{
    (void)carrier;
}

void line_drop(struct client *client)
{
    (void)client; /* only events clients are, and ours are none */
}

/* --- what it comes to --- */

bool line_is_busy(const struct line *line)
{
    return is_connected(line) && (!has_events(line) || backlog_waiting(&line->backlog) > 0);
}

static const char *state_str(const struct line *line)
{
    switch (line->state) {
    case LINE_IDLE:
    case LINE_FLYING: return "connected";
    case LINE_RESOLVING: return "resolving";
    case LINE_ASKING:
    case LINE_CONNECTING: return "connecting";
    default: return "waiting";
    }
}

void line_report(const struct line *line, struct edge_report *report, uint64_t now_us)
{
    const uint64_t lag_us = line->flown_us > 0   ? now_us - line->flown_us
                            : is_connected(line) ? line->round_trip_us
                                                 : now_us - line->since_us;
    *report = (struct edge_report){
        .url = line->edge->url->text,
        .channel = line->name,
        .state = state_str(line),
        .detail = is_connected(line) ? "publishing" : line->detail,
        .lag_ms = (double)lag_us / 1000,
        .waiting = has_events(line) ? backlog_waiting(&line->backlog) : 0,
        .sent = line->sent,
        .acknowledged = line->acknowledged,
        .skipped = line->skipped,
        .lost = line->backlog.lost,
        .resent = line->backlog.resent,
        .connections = line->connections,
    };
}
