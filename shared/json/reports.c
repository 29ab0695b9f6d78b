/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/json/reports.h"

#include "shared/control.h"
#include "shared/json/print.h"
#include "shared/metric.h"

#include <float.h>
#include <json-c/json.h>
#include <stdbool.h>

static const char service_name[] = "phicast";

/* Takes ownership of value. False, with the value freed, when out of memory. */
static bool add(struct json_object *object, const char *key, struct json_object *value)
{
    const unsigned flags = JSON_C_OBJECT_ADD_KEY_IS_NEW | JSON_C_OBJECT_ADD_CONSTANT_KEY;
    if (!object || !value || json_object_object_add_ex(object, key, value, flags) != 0) {
        json_object_put(value);
        return false;
    }
    return true;
}

static bool add_string(struct json_object *object, const char *key, const char *value)
{
    return add(object, key, json_object_new_string(value));
}

static bool add_count(struct json_object *object, const char *key, uint64_t value)
{
    return add(object, key, json_object_new_uint64(value));
}

static bool add_number(struct json_object *object, const char *key, double value)
{
    static char format[] = "%.7g"; /* json-c takes it as void *, and only reads it */
    struct json_object *number = json_object_new_double(value);
    if (number) {
        json_object_set_serializer(number, json_object_double_to_json_string, format, NULL);
    }
    return add(object, key, number);
}

/* Takes ownership of the value; frees the list if it cannot be added. */
static struct json_object *append(struct json_object *list, struct json_object *value)
{
    if (!list || !value || json_object_array_add(list, value) != 0) {
        json_object_put(value);
        json_object_put(list);
        return NULL;
    }
    return list;
}

/* Prints and frees the object. */
static enum status finish(struct json_object *object, bool good, struct message *message)
{
    const int flags = JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE;
    const enum status status = good ? message_print(message, object, flags) : STATUS_NO_MEMORY;
    json_object_put(object);
    return status;
}

enum status message_health(struct message *message)
{
    struct json_object *object = json_object_new_object();
    const bool good = add_string(object, "status", "healthy") &&
                      add_string(object, "service", service_name) &&
                      add_string(object, "version", PHICAST_VERSION);
    return finish(object, good, message);
}

/* null: no limit that means anything. */
static bool add_limit(struct json_object *object, const char *key, double limit)
{
    const bool endless = limit >= (double)FLT_MAX;
    return endless ? json_object_object_add(object, key, NULL) == 0 : add_number(object, key, limit);
}

static const char *type_str(enum metric_type type)
{
    return type == METRIC_FLAG                             ? "boolean"
           : type == METRIC_COUNT || type == METRIC_SERIAL ? "integer"
                                                           : "number";
}

static struct json_object *metric_object(const struct metric *metric)
{
    struct json_object *object = json_object_new_object();
    if (add_string(object, "name", metric->name) && add_string(object, "type", type_str(metric->type)) &&
        add_string(object, "unit", metric->unit) && add_limit(object, "min", metric->low) &&
        add_limit(object, "max", metric->high) && add_number(object, "usual_min", metric->usual_low) &&
        add_number(object, "usual_max", metric->usual_high) && add_string(object, "help", metric->help)) {
        return object;
    }
    json_object_put(object);
    return NULL;
}

static struct json_object *metric_list(const struct metric *metric, size_t count)
{
    struct json_object *list = json_object_new_array();
    for (size_t i = 0; list && i < count; i++) {
        list = append(list, metric_object(&metric[i]));
    }
    return list;
}

static struct json_object *command_object(const struct command_row *row)
{
    struct json_object *object = json_object_new_object();
    if (add_string(object, "name", row->name) &&
        add_string(object, "type", row->is_switch ? "boolean" : "number") &&
        add_string(object, "unit", row->unit) && add_number(object, "min", row->low) &&
        add_number(object, "max", row->high) && add_string(object, "help", row->range)) {
        return object;
    }
    json_object_put(object);
    return NULL;
}

static struct json_object *command_list(void)
{
    struct json_object *list = json_object_new_array();
    const struct command_row *row;
    for (uint32_t kind = COMMAND_DEPTH; list && (row = command_row(kind)); kind++) {
        list = append(list, command_object(row));
    }
    return list;
}

enum status message_description(struct message *message)
{
    struct json_object *object = json_object_new_object();
    const bool good = add(object, "metrics", metric_list(frame_metric, FRAME_METRICS)) &&
                      add(object, "channel_metrics", metric_list(channel_metric, CHANNEL_METRICS)) &&
                      add(object, "latency", metric_list(latency_metric, LATENCY_METRICS)) &&
                      add(object, "commands", command_list());
    return finish(object, good, message);
}

enum status message_version(struct message *message)
{
    struct json_object *object = json_object_new_object();
    const bool good =
        add_string(object, "service", service_name) && add_string(object, "version", PHICAST_VERSION);
    return finish(object, good, message);
}

enum status message_ready(struct message *message, const char *detail)
{
    struct json_object *object = json_object_new_object();
    const bool good = add_string(object, "status", detail ? "not ready" : "ready") &&
                      (!detail || add_string(object, "detail", detail));
    return finish(object, good, message);
}

enum status message_detail(struct message *message, const char *detail)
{
    struct json_object *object = json_object_new_object();
    return finish(object, add_string(object, "detail", detail), message);
}

static struct json_object *stream_object(const struct stream_report *stream)
{
    struct json_object *object = json_object_new_object();
    if (!add_count(object, "clients", stream->clients) || !add_count(object, "sent", stream->sent) ||
        !add_count(object, "rate_hz", stream->rate_hz)) {
        json_object_put(object);
        return NULL;
    }
    return object;
}

static struct json_object *streams_object(const struct server_report *report)
{
    struct json_object *object = json_object_new_object();
    if (!add(object, "metrics", stream_object(&report->metrics)) ||
        !add(object, "latency", stream_object(&report->latency)) ||
        !add(object, "events", stream_object(&report->events))) {
        json_object_put(object);
        return NULL;
    }
    return object;
}

static struct json_object *source_object(const struct server_report *report)
{
    struct json_object *object = json_object_new_object();
    if (!add_string(object, "name", report->source_name) ||
        !add_string(object, "state", report->source_state) ||
        !add_string(object, "detail", report->source_detail) || !add_count(object, "frame", report->frame) ||
        !add_count(object, "attached", report->attached) ||
        !add_count(object, "refused_snapshots", report->refused_snapshots) ||
        !add_count(object, "refused_events", report->refused_events) ||
        !add_count(object, "lost_events", report->lost_events)) {
        json_object_put(object);
        return NULL;
    }
    return object;
}

static struct json_object *calibration_object(const struct analyser_status *a)
{
    struct json_object *object = json_object_new_object();
    if (!add_string(object, "state", calibration_state_str(a->calibration)) ||
        !add_number(object, "round_trip_ms", a->round_trip_ms) ||
        !add_number(object, "extra_ms", a->extra_ms) ||
        !add_number(object, "confidence", (double)a->calibration_confidence)) {
        json_object_put(object);
        return NULL;
    }
    return object;
}

static struct json_object *analyser_object(const struct analyser_status *a)
{
    struct json_object *object = json_object_new_object();
    if (!add(object, "jack_running", json_object_new_boolean(a->jack_running != 0)) ||
        !add_count(object, "sample_rate", a->sample_rate) || !add_count(object, "period", a->period) ||
        !add_count(object, "window", a->window) || !add_count(object, "hop", a->hop) ||
        !add_count(object, "channels", a->channel_count) ||
        !add_number(object, "dsp_load", (double)a->dsp_load) ||
        !add_number(object, "worst_callback_us", (double)a->worst_callback_us) ||
        !add_count(object, "callbacks", a->callbacks) || !add_count(object, "frames", a->frames) ||
        !add_count(object, "xruns", a->xruns) || !add_count(object, "gaps", a->gaps) ||
        !add_count(object, "nonfinite_samples", a->nonfinite_samples) ||
        !add_number(object, "ici_threshold", (double)a->ici_threshold) ||
        !add_number(object, "criticality_threshold", (double)a->criticality_threshold) ||
        !add_number(object, "phi_rate", (double)a->phi_rate) ||
        !add(object, "auto_phi", json_object_new_boolean(a->auto_phi != 0)) ||
        !add(object, "calibration", calibration_object(a))) {
        json_object_put(object);
        return NULL;
    }
    return object;
}

static struct json_object *target_object(const struct osc_target_report *target)
{
    struct json_object *object = json_object_new_object();
    if (!add_string(object, "url", target->url) || !add_string(object, "state", target->state) ||
        !add_string(object, "detail", target->detail) ||
        !add(object, "events", json_object_new_boolean(target->events)) ||
        !add(object, "metrics", json_object_new_boolean(target->metrics)) ||
        !add_count(object, "rate_hz", target->rate_hz) || !add_count(object, "sent", target->sent) ||
        !add_count(object, "dropped", target->dropped)) {
        json_object_put(object);
        return NULL;
    }
    return object;
}

static struct json_object *osc_in_object(const struct osc_report *osc)
{
    struct json_object *object = json_object_new_object();
    struct json_object *urls = json_object_new_array();
    for (uint32_t i = 0; i < osc->url_count; i++) {
        urls = append(urls, json_object_new_string(osc->url[i]));
    }
    if (!add(object, "urls", urls) || !add_count(object, "packets", osc->packets) ||
        !add_count(object, "commands", osc->commands) || !add_count(object, "pings", osc->pings) ||
        !add_count(object, "refused", osc->refused)) {
        json_object_put(object);
        return NULL;
    }
    return object;
}

static struct json_object *osc_object(const struct osc_report *osc)
{
    struct json_object *object = json_object_new_object();
    struct json_object *targets = json_object_new_array();
    for (uint32_t i = 0; i < osc->target_count; i++) {
        targets = append(targets, target_object(&osc->target[i]));
    }
    if (!add(object, "targets", targets) || !add(object, "in", osc_in_object(osc))) {
        json_object_put(object);
        return NULL;
    }
    return object;
}

enum status message_server(struct message *message, const struct server_report *report)
{
    struct json_object *object = json_object_new_object();
    bool good =
        add_string(object, "service", service_name) && add_string(object, "version", PHICAST_VERSION) &&
        add_number(object, "uptime_s", report->uptime_s) && add(object, "source", source_object(report)) &&
        add_string(object, "state", report->state) && add(object, "streams", streams_object(report)) &&
        add(object, "osc", osc_object(&report->osc));
    if (good && report->analyser) {
        good = add(object, "analyser", analyser_object(report->analyser));
    } else if (good) {
        good = json_object_object_add(object, "analyser", NULL) == 0; /* null: unknown */
    }
    return finish(object, good, message);
}
