/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/json/reports.h"

#include "shared/band.h"
#include "shared/json/build.h"
#include "shared/metric.h"

#include <stdio.h>

static const char service_name[] = "phicast";

enum status message_health(struct message *message)
{
    struct build build = build_object();
    build_text(&build, "status", "healthy");
    build_text(&build, "service", service_name);
    build_text(&build, "version", PHICAST_VERSION);
    return build_print(build, message);
}

enum status message_version(struct message *message)
{
    struct build build = build_object();
    build_text(&build, "service", service_name);
    build_text(&build, "version", PHICAST_VERSION);
    return build_print(build, message);
}

enum status message_ready(struct message *message, const char *detail)
{
    struct build build = build_object();
    build_text(&build, "status", detail ? "not ready" : "ready");
    if (detail) {
        build_text(&build, "detail", detail);
    }
    return build_print(build, message);
}

enum status message_detail(struct message *message, const char *detail)
{
    struct build build = build_object();
    build_text(&build, "detail", detail);
    return build_print(build, message);
}

enum status message_links(struct message *message, const char *const url[], uint32_t count,
                          const char *viewer_token)
{
    struct build build = build_object();
    struct build urls = build_list(count);
    for (uint32_t i = 0; i < count; i++) {
        build_text(&urls, NULL, url[i]);
    }
    build_nest(&build, "urls", urls);
    if (viewer_token) {
        build_text(&build, "viewer_token", viewer_token);
    } else {
        build_null(&build, "viewer_token");
    }
    return build_print(build, message);
}

static struct build report_stream(const struct stream_report *stream)
{
    struct build build = build_object();
    build_count(&build, "clients", stream->clients);
    build_count(&build, "sent", stream->sent);
    build_count(&build, "rate_hz", stream->rate_hz);
    return build;
}

static struct build report_streams(const struct server_report *report)
{
    struct build build = build_object();
    build_nest(&build, "metrics", report_stream(&report->metrics));
    build_nest(&build, "latency", report_stream(&report->latency));
    build_nest(&build, "events", report_stream(&report->events));
    return build;
}

static struct build report_source(const struct server_report *report)
{
    struct build build = build_object();
    build_text(&build, "name", report->source_name);
    build_text(&build, "state", report->source_state);
    build_text(&build, "detail", report->source_detail);
    build_count(&build, "frame", report->frame);
    build_count(&build, "attached", report->attached);
    build_count(&build, "refused_snapshots", report->refused_snapshots);
    build_count(&build, "refused_events", report->refused_events);
    build_count(&build, "lost_events", report->lost_events);
    return build;
}

static struct build report_calibration(const struct analyser_status *a)
{
    struct build build = build_object();
    build_text(&build, "state", calibration_state_str(a->calibration));
    build_number(&build, "round_trip_ms", a->round_trip_ms);
    build_number(&build, "extra_ms", a->extra_ms);
    build_number(&build, "confidence", (double)a->calibration_confidence);
    return build;
}

static struct build report_names(const struct channel_names *names, uint32_t channels)
{
    struct build list = build_list(channels);
    for (uint32_t i = 0; i < channels; i++) {
        build_text(&list, NULL, names->name[i]);
    }
    return list;
}

static struct build report_edges(const struct analyser_status *a)
{
    const uint32_t count = a->sample_rate > 0 ? a->band_count : 0; /* before there is a server */
    struct build list = build_list(count + 1);
    for (uint32_t i = 0; count > 0 && i <= count; i++) {
        build_number(&list, NULL, band_edge(i, count, a->sample_rate));
    }
    return list;
}

static struct build report_analyser(const struct analyser_status *a, const struct channel_names *names)
{
    struct build build = build_object();
    build_flag(&build, "jack_running", a->jack_running != 0);
    build_count(&build, "sample_rate", a->sample_rate);
    build_count(&build, "period", a->period);
    build_count(&build, "window", a->window);
    build_count(&build, "hop", a->hop);
    build_count(&build, "channels", a->channel_count);
    build_nest(&build, "channel_names", report_names(names, a->channel_count));
    build_nest(&build, "band_edges_hz", report_edges(a));
    build_nest(&build, "measures", build_part_names(a->parts));
    build_number(&build, "dsp_load", (double)a->dsp_load);
    build_number(&build, "worst_callback_us", (double)a->worst_callback_us);
    build_count(&build, "callbacks", a->callbacks);
    build_count(&build, "frames", a->frames);
    build_count(&build, "xruns", a->xruns);
    build_count(&build, "gaps", a->gaps);
    build_count(&build, "nonfinite_samples", a->nonfinite_samples);
    build_number(&build, "ici_threshold", (double)a->ici_threshold);
    build_number(&build, "criticality_threshold", (double)a->criticality_threshold);
    build_number(&build, "phi_rate", (double)a->phi_rate);
    build_flag(&build, "auto_phi", a->auto_phi != 0);
    build_nest(&build, "calibration", report_calibration(a));
    return build;
}

static struct build report_osc_target(const struct osc_target_report *target)
{
    struct build build = build_object();
    build_text(&build, "url", target->url);
    build_osc_target(&build, target);
    return build;
}

static struct build report_osc_in(const struct osc_report *osc)
{
    struct build build = build_object();
    struct build urls = build_list(osc->url_count);
    for (uint32_t i = 0; i < osc->url_count; i++) {
        build_text(&urls, NULL, osc->url[i]);
    }
    build_nest(&build, "urls", urls);
    build_count(&build, "packets", osc->packets);
    build_count(&build, "commands", osc->commands);
    build_count(&build, "pings", osc->pings);
    build_count(&build, "refused", osc->refused);
    return build;
}

static struct build report_osc(const struct osc_report *osc)
{
    struct build build = build_object();
    struct build targets = build_list(osc->target_count);
    for (uint32_t i = 0; i < osc->target_count; i++) {
        build_nest(&targets, NULL, report_osc_target(&osc->target[i]));
    }
    build_nest(&build, "targets", targets);
    build_nest(&build, "in", report_osc_in(osc));
    return build;
}

static struct build report_oscquery(const struct oscquery_report *oscquery)
{
    struct build build = build_object();
    build_count(&build, "clients", oscquery->clients);
    build_count(&build, "addresses", oscquery->addresses);
    build_count(&build, "sent", oscquery->sent);
    build_count(&build, "commands", oscquery->commands);
    build_count(&build, "ignored", oscquery->ignored);
    build_count(&build, "refused", oscquery->refused);
    return build;
}

static struct build report_wled(const struct server_report *report)
{
    struct build list = build_list(report->wled_count);
    for (uint32_t i = 0; i < report->wled_count; i++) {
        struct build device = build_object();
        build_text(&device, "address", report->wled[i].address);
        build_count(&device, "sent", report->wled[i].sent);
        build_count(&device, "dropped", report->wled[i].dropped);
        build_nest(&list, NULL, device);
    }
    return list;
}

static struct build report_mqtt(const struct mqtt_report *mqtt)
{
    struct build build = build_object();
    build_text(&build, "broker", mqtt->broker);
    build_text(&build, "topic", mqtt->topic);
    build_text(&build, "state", mqtt->state);
    build_text(&build, "detail", mqtt->detail);
    build_count(&build, "reconnects", mqtt->reconnects);
    build_count(&build, "sent", mqtt->sent);
    build_count(&build, "skipped", mqtt->skipped);
    build_count(&build, "events", mqtt->events);
    build_count(&build, "events_waiting", mqtt->waiting);
    build_count(&build, "events_lost", mqtt->lost);
    build_count(&build, "commands", mqtt->commands);
    build_count(&build, "refused", mqtt->refused);
    return build;
}

static struct build report_publishing(const struct server_report *report)
{
    struct build list = build_list(report->edge_count);
    for (uint32_t i = 0; i < report->edge_count; i++) {
        const struct edge_report *edge = &report->edge[i];
        struct build channel = build_object();
        build_text(&channel, "url", edge->url);
        build_text(&channel, "channel", edge->channel);
        build_text(&channel, "state", edge->state);
        build_text(&channel, "detail", edge->detail);
        build_number(&channel, "lag_ms", edge->lag_ms);
        build_count(&channel, "waiting", edge->waiting);
        build_count(&channel, "sent", edge->sent);
        build_count(&channel, "acknowledged", edge->acknowledged);
        build_count(&channel, "skipped", edge->skipped);
        build_count(&channel, "lost", edge->lost);
        build_count(&channel, "resent", edge->resent);
        build_count(&channel, "connections", edge->connections);
        build_nest(&list, NULL, channel);
    }
    return list;
}

static struct build report_zeroconf(const struct zeroconf_report *zeroconf)
{
    struct build build = build_object();
    struct build list = build_list(zeroconf->count);
    for (uint32_t i = 0; i < zeroconf->count; i++) {
        struct build service = build_object();
        build_text(&service, "type", zeroconf->type[i]);
        build_count(&service, "port", zeroconf->port[i]);
        build_nest(&list, NULL, service);
    }
    build_text(&build, "state", zeroconf->state);
    build_text(&build, "detail", zeroconf->detail);
    build_text(&build, "name", zeroconf->name);
    build_nest(&build, "services", list);
    return build;
}

/* NULL becomes null. */
static void add_text(struct build *build, const char *key, const char *text)
{
    if (text) {
        build_text(build, key, text);
    } else {
        build_null(build, key);
    }
}

static struct build report_record(const struct record_report *record)
{
    struct build build = build_object();
    build_flag(&build, "on", record->on);
    add_text(&build, "file", record->file);
    build_number(&build, "seconds", record->seconds);
    build_count(&build, "bytes", record->bytes);
    build_count(&build, "dropped", record->dropped);
    add_text(&build, "error", record->error);
    return build;
}

static void add_replay(struct build *build, const struct replay_report *replay)
{
    struct build inner = build_object();
    build_text(&inner, "file", replay->file);
    build_number(&inner, "position", replay->position_s);
    if (replay->duration_s >= 0) {
        build_number(&inner, "duration", replay->duration_s);
    } else {
        build_null(&inner, "duration"); /* unknown */
    }
    build_number(&inner, "speed", replay->speed);
    build_flag(&inner, "paused", replay->paused);
    build_flag(&inner, "ended", replay->ended);
    build_flag(&inner, "loop", replay->loops);
    build_flag(&inner, "can_seek", replay->can_seek);
    build_count(&inner, "troubles", replay->troubles);
    build_text(&inner, "trouble", replay->trouble);
    build_nest(build, "replay", inner);
}

static struct build report_refused(const struct server_report *report)
{
    struct build list = build_list(report->refused_count);
    for (uint32_t i = 0; i < report->refused_count; i++) {
        const struct refused_report *refused = &report->refused[i];
        char option[320]; /* an origin has a name of 254 characters at most */
        snprintf(option, sizeof option, "--allow-origin %s", refused->admit);
        struct build one = build_object();
        build_text(&one, "origin", refused->origin);
        add_text(&one, "option", refused->admit[0] != '\0' ? option : NULL);
        build_count(&one, "count", refused->count);
        build_number(&one, "last", refused->last);
        build_nest(&list, NULL, one);
    }
    return list;
}

/* What is measured of the sound on request. */
static struct build report_requested(const struct metrics_snapshot *sound)
{
    struct build build = build_object();
    if (sound) {
        build_parts(&build, sound, sound->parts & PARTS_ALL);
    }
    return build;
}

enum status message_server(struct message *message, const struct server_report *report)
{
    struct build build = build_object();
    build_text(&build, "service", service_name);
    build_text(&build, "version", PHICAST_VERSION);
    build_text(&build, "access", report->may_control ? "control" : "view");
    if (report->may_control) {
        build_nest(&build, "refused_origins", report_refused(report));
    } else {
        build_null(&build, "refused_origins");
    }
    build_number(&build, "uptime_s", report->uptime_s);
    build_nest(&build, "source", report_source(report));
    build_text(&build, "state", report->state);
    build_nest(&build, "requested", report_requested(report->sound));
    build_nest(&build, "streams", report_streams(report));
    build_nest(&build, "osc", report_osc(&report->osc));
    build_nest(&build, "oscquery", report_oscquery(&report->oscquery));
    build_nest(&build, "wled", report_wled(report));
    if (report->mqtt.broker) {
        build_nest(&build, "mqtt", report_mqtt(&report->mqtt));
    } else {
        build_null(&build, "mqtt");
    }
    build_nest(&build, "edges", report_publishing(report));
    build_nest(&build, "zeroconf", report_zeroconf(&report->zeroconf));
    if (report->record.possible) {
        build_nest(&build, "record", report_record(&report->record));
    } else {
        build_null(&build, "record");
    }
    if (report->replay.file) {
        add_replay(&build, &report->replay);
    }
    if (report->analyser) {
        build_nest(&build, "analyser", report_analyser(report->analyser, report->names));
    } else {
        build_null(&build, "analyser"); /* unknown */
    }
    return build_print(build, message);
}
