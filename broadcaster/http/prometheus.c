/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/http/prometheus.h"

#include "broadcaster/source/source.h"
#include "shared/event.h"
#include "shared/metric.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char prometheus_type[] = "text/plain; version=0.0.4; charset=utf-8";

struct page {
    struct message *message;
    bool failed; /* out of memory */
};

__attribute__((format(printf, 2, 3))) static void say(struct page *page, const char *format, ...)
{
    struct message *message = page->message;
    for (int attempt = 0; attempt < 2 && !page->failed; attempt++) {
        const size_t room = message->capacity - message->length;
        va_list args;
        va_start(args, format);
        const int length = vsnprintf(message->text ? message->text + message->length : NULL,
                                     message->text ? room : 0, format, args);
        va_end(args);
        if (length >= 0 && message->text && (size_t)length < room) {
            message->length += (size_t)length;
            return;
        }
        const size_t capacity = (message->capacity + (size_t)length) * 2 + 64;
        char *grown = length >= 0 ? realloc(message->text, capacity) : NULL;
        page->failed = !grown;
        if (grown) {
            message->text = grown;
            message->capacity = capacity;
        }
    }
}

static void head(struct page *page, const char *name, const char *type, const char *help)
{
    say(page, "# HELP phicast_%s %s\n# TYPE phicast_%s %s\n", name, help, name, type);
}

static void one(struct page *page, const char *name, const char *type, const char *help, double value)
{
    head(page, name, type, help);
    say(page, "phicast_%s %.17g\n", name, value);
}

static void streams(struct page *page, const struct server_report *report)
{
    const struct {
        const char *name;
        const struct stream_report *of;
    } all[] = {{"metrics", &report->metrics}, {"latency", &report->latency}, {"events", &report->events}};
    head(page, "clients", "gauge", "WebSocket clients connected.");
    for (size_t i = 0; i < 3; i++) {
        say(page, "phicast_clients{stream=\"%s\"} %u\n", all[i].name, all[i].of->clients);
    }
    head(page, "messages_sent_total", "counter", "Messages handed to WebSocket clients.");
    for (size_t i = 0; i < 3; i++) {
        say(page, "phicast_messages_sent_total{stream=\"%s\"} %llu\n", all[i].name,
            (unsigned long long)all[i].of->sent);
    }
}

static void source(struct page *page, const struct server_report *report)
{
    head(page, "source_state", "gauge", "The analyser as it is seen: 1 for the state it is in.");
    for (enum source_state i = SOURCE_ABSENT; i <= SOURCE_REPLAY; i++) {
        const char *state = source_state_str(i);
        say(page, "phicast_source_state{state=\"%s\"} %d\n", state, strcmp(report->source_state, state) == 0);
    }
    one(page, "source_frame", "gauge", "Number of the analysis frame known last.", (double)report->frame);
    one(page, "analysers_attached_total", "counter", "Analysers found.", (double)report->attached);
    one(page, "snapshots_refused_total", "counter", "Snapshots that could not be believed.",
        (double)report->refused_snapshots);
    one(page, "events_refused_total", "counter", "Events that could not be believed.",
        (double)report->refused_events);
    one(page, "events_lost_total", "counter", "Events overwritten before they were read.",
        (double)report->lost_events);
}

/* The name in base units, as Prometheus has them: amplitude, frequency_hertz, jitter_seconds. */
struct base {
    char name[64];
    double factor;
};

static struct base base_of(const char *prefix, const struct metric *metric)
{
    static const struct {
        const char *unit;
        const char *suffix;
        double factor;
    } units[] = {{"Hz", "_hertz", 1}, {"rad", "_radians", 1}, {"ms", "_seconds", 1e-3}};
    struct base base = {.factor = 1};
    int length = snprintf(base.name, sizeof base.name, "%s%s", prefix, metric->name);
    if (strcmp(metric->unit, "ms") == 0) {
        length -= (int)strlen("_ms");
    }
    if (metric->type == METRIC_SERIAL) {
        snprintf(base.name + length, sizeof base.name - (size_t)length, "_total");
    }
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(units[i].unit, metric->unit) == 0) {
            base.factor = units[i].factor;
            snprintf(base.name + length, sizeof base.name - (size_t)length, "%s", units[i].suffix);
        }
    }
    return base;
}

/* Numbers that mean something by themselves: no frame's number, no time. */
static bool is_gauge(const struct metric *metric)
{
    return metric->type != METRIC_SERIAL && metric->type != METRIC_TIME;
}

static void gauges(struct page *page, const struct metric *metric, size_t count, const void *snapshot)
{
    for (size_t i = 0; i < count; i++) {
        if (is_gauge(&metric[i])) {
            const struct base base = base_of("", &metric[i]);
            one(page, base.name, "gauge", metric[i].help, metric_read(&metric[i], snapshot) * base.factor);
        }
    }
}

/* One of a group's, for each channel and band that there is. */
static void each(struct page *page, struct metric_place place, const struct metrics_snapshot *sound)
{
    const struct metric_extent extent = metric_extent(place.group, sound);
    const struct base base = base_of(place.group->prefix, place.metric);
    const bool of_channel = place.group->channel_step > 0;
    const bool of_band = place.group->band_step > 0;
    head(page, base.name, place.metric->type == METRIC_SERIAL ? "counter" : "gauge", place.metric->help);
    for (place.channel = 0; place.channel < extent.channels; place.channel++) {
        for (place.band = 0; place.band < extent.bands; place.band++) {
            say(page, "phicast_%s{", base.name);
            if (of_channel) {
                say(page, "channel=\"%u\"%s", place.channel, of_band ? "," : "");
            }
            if (of_band) {
                say(page, "band=\"%u\"", place.band);
            }
            say(page, "} %.17g\n", metric_value(&place, sound) * base.factor);
        }
    }
}

/* What is measured on request appears while somebody asks for it. */
static void groups(struct page *page, const struct metrics_snapshot *sound)
{
    for (size_t g = 0; g < METRIC_GROUPS; g++) {
        const struct metric_group *group = &metric_group[g];
        if (group->part && !(sound->parts & group->part)) {
            continue;
        }
        if (!group->channel_step && !group->band_step) {
            const struct metric_place place = {.group = group};
            gauges(page, group->metric, group->count, metric_struct(&place, sound));
            continue;
        }
        for (uint32_t m = 0; m < group->count; m++) {
            each(page, (struct metric_place){.group = group, .metric = &group->metric[m]}, sound);
        }
    }
}

static void sound(struct page *page, const struct server_report *report)
{
    head(page, "state", "gauge", "The sound's state: 1 for the one that it is in.");
    for (uint32_t i = 0; i <= STATE_OFFLINE; i++) {
        const char *state = sound_state_str(i);
        say(page, "phicast_state{state=\"%s\"} %d\n", state, strcmp(report->state, state) == 0);
    }
    if (report->sound) {
        groups(page, report->sound);
        gauges(page, latency_metric, LATENCY_METRICS, &report->sound_latency);
    }
}

static void analyser(struct page *page, const struct analyser_status *a)
{
    one(page, "jack_running", "gauge", "Whether the analyser has a JACK server.", a->jack_running != 0);
    one(page, "sample_rate_hertz", "gauge", "JACK's sample rate.", a->sample_rate);
    one(page, "period_frames", "gauge", "JACK's period.", a->period);
    one(page, "dsp_load_ratio", "gauge", "Share of the period that JACK's whole graph takes.",
        (double)a->dsp_load / 100);
    one(page, "worst_callback_seconds", "gauge", "Longest callback.", (double)a->worst_callback_us / 1e6);
    one(page, "callbacks_total", "counter", "Process callbacks.", (double)a->callbacks);
    one(page, "frames_total", "counter", "Analysis frames.", (double)a->frames);
    one(page, "xruns_total", "counter", "Overruns that JACK reported.", (double)a->xruns);
    one(page, "gaps_total", "counter", "Jumps of JACK's frame counter.", (double)a->gaps);
    one(page, "nonfinite_samples_total", "counter", "Input samples that were no numbers.",
        (double)a->nonfinite_samples);
}

static void limits_lines(struct page *page, const struct limits *limits)
{
    one(page, "connections", "gauge", "Connections of any kind.", limits->connections);
    one(page, "clients_limit", "gauge", "WebSocket clients that there is room for.", limits->max_clients);
    one(page, "connections_refused_total", "counter", "Connections closed unanswered, over the limits.",
        (double)limits->refused_connections);
    one(page, "clients_refused_total", "counter", "WebSocket clients refused with 503.",
        (double)limits->refused_streams);
    one(page, "posts_refused_total", "counter", "POST requests refused with 429.",
        (double)limits->refused_posts);
}

static void osc(struct page *page, const struct osc_report *report)
{
    uint64_t sent = 0;
    uint64_t dropped = 0;
    for (uint32_t i = 0; i < report->target_count; i++) {
        sent += report->target[i].sent;
        dropped += report->target[i].dropped;
    }
    one(page, "osc_targets", "gauge", "OSC targets.", report->target_count);
    one(page, "osc_packets_sent_total", "counter", "OSC packets sent, all targets together.", (double)sent);
    one(page, "osc_packets_dropped_total", "counter", "OSC packets dropped.", (double)dropped);
    one(page, "osc_packets_received_total", "counter", "OSC packets that arrived.", (double)report->packets);
    one(page, "osc_packets_refused_total", "counter", "OSC packets refused.", (double)report->refused);
}

static void edge(struct page *page, const char *name, const struct edge_report *edge, double value)
{
    say(page, "phicast_%s{edge=\"%s\",channel=\"%s\"} %.17g\n", name, edge->url, edge->channel, value);
}

static void edges(struct page *page, const struct server_report *report)
{
    static const struct {
        const char *name;
        const char *type;
        const char *help;
        size_t offset; /* of a uint64_t */
    } counts[] = {
#define COUNT(name, type, help, member) {name, type, help, offsetof(struct edge_report, member)}
        COUNT("edge_events_waiting", "gauge", "Events that the edge has yet to get.", waiting),
        COUNT("edge_messages_sent_total", "counter", "Messages sent.", sent),
        COUNT("edge_messages_acknowledged_total", "counter", "Messages that the edge has.", acknowledged),
        COUNT("edge_messages_skipped_total", "counter", "Messages of state that a newer one replaced.",
              skipped),
        COUNT("edge_events_lost_total", "counter", "Events that the edge will never get.", lost),
        COUNT("edge_events_resent_total", "counter", "Events sent once more.", resent),
        COUNT("edge_connections_total", "counter", "Connections made.", connections),
#undef COUNT
    };
    head(page, "edge_up", "gauge", "Whether the edge's channel is connected.");
    for (uint32_t i = 0; i < report->edge_count; i++) {
        edge(page, "edge_up", &report->edge[i], strcmp(report->edge[i].state, "connected") == 0);
    }
    head(page, "edge_lag_seconds", "gauge", "Of the last message, or since the edge is gone.");
    for (uint32_t i = 0; i < report->edge_count; i++) {
        edge(page, "edge_lag_seconds", &report->edge[i], report->edge[i].lag_ms / 1000);
    }
    for (size_t k = 0; k < sizeof counts / sizeof counts[0]; k++) {
        head(page, counts[k].name, counts[k].type, counts[k].help);
        for (uint32_t i = 0; i < report->edge_count; i++) {
            uint64_t value;
            memcpy(&value, (const char *)&report->edge[i] + counts[k].offset, sizeof value);
            edge(page, counts[k].name, &report->edge[i], (double)value);
        }
    }
}

static void record(struct page *page, const struct record_report *report)
{
    one(page, "recording", "gauge", "Whether a recording goes on.", report->on);
    one(page, "recording_bytes", "gauge", "Of the recording that goes on, or the last, on the disk.",
        (double)report->bytes);
    one(page, "recording_dropped_messages", "gauge", "Messages that are missing there.",
        (double)report->dropped);
}

enum status prometheus_print(struct message *message, const struct server_report *report,
                             const struct limits *limits)
{
    struct page page = {.message = message};
    message->length = 0;
    head(&page, "build_info", "gauge", "The version that runs.");
    say(&page, "phicast_build_info{version=\"%s\"} 1\n", PHICAST_VERSION);
    one(&page, "uptime_seconds", "gauge", "Since the broadcaster started.", report->uptime_s);
    source(&page, report);
    sound(&page, report);
    streams(&page, report);
    limits_lines(&page, limits);
    osc(&page, &report->osc);
    if (report->edge_count > 0) {
        edges(&page, report);
    }
    if (report->record.possible) {
        record(&page, &report->record);
    }
    if (report->analyser) {
        analyser(&page, report->analyser);
    }
    return page.failed ? STATUS_NO_MEMORY : STATUS_OK;
}
