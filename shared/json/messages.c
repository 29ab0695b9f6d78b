/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/json/messages.h"

#include "shared/json/print.h"

#include <json-c/json.h>
#include <math.h>
#include <stdlib.h>

/* json-c appends ".0" where these print no decimal point, so a float stays a float for typed clients.
 * Not const only because json-c hands them on as void *. */
static char float_format[] = "%.7g";
static char time_format[] = "%.6f";

/* An object being filled; the first failure anywhere sticks. */
struct build {
    struct json_object *object;
    enum status status;
};

static struct build build_new(void)
{
    struct json_object *object = json_object_new_object();
    return (struct build){object, object ? STATUS_OK : STATUS_NO_MEMORY};
}

/* Takes ownership of value. */
static void add(struct build *build, const char *key, struct json_object *value)
{
    const unsigned flags = JSON_C_OBJECT_ADD_KEY_IS_NEW | JSON_C_OBJECT_ADD_CONSTANT_KEY;
    if (build->status || !value || json_object_object_add_ex(build->object, key, value, flags) != 0) {
        json_object_put(value);
        build->status = build->status ? build->status : STATUS_NO_MEMORY;
    }
}

static void add_number(struct build *build, const char *key, double value, char *format)
{
    if (!isfinite(value)) {
        build->status = build->status ? build->status : STATUS_CORRUPT; /* JSON has no word for it */
        return;
    }
    struct json_object *number = json_object_new_double(value);
    if (number) {
        json_object_set_serializer(number, json_object_double_to_json_string, format, NULL);
    }
    add(build, key, number);
}

static void add_float(struct build *build, const char *key, double value)
{
    add_number(build, key, value, float_format);
}

static void add_time(struct build *build, double value)
{
    add_number(build, "timestamp", value, time_format);
}

static void add_string(struct build *build, const char *key, const char *value)
{
    add(build, key, json_object_new_string(value));
}

/* Prints and frees the object. */
static enum status finish(struct build *build, struct message *message)
{
    const enum status status =
        build->status ? build->status : message_print(message, build->object, JSON_C_TO_STRING_PLAIN);
    json_object_put(build->object);
    return status;
}

static void add_metric(struct build *build, const struct metric *metric, const void *snapshot)
{
    const double value = metric_read(metric, snapshot);
    switch (metric->type) {
    case METRIC_FLOAT:
    case METRIC_DOUBLE: add_float(build, metric->name, value); break;
    case METRIC_TIME: add_number(build, metric->name, value, time_format); break;
    case METRIC_FLAG: add(build, metric->name, json_object_new_boolean(value != 0)); break;
    case METRIC_COUNT: add(build, metric->name, json_object_new_int64((int64_t)value)); break;
    case METRIC_SERIAL:
        add(build, metric->name, json_object_new_uint64(metric_serial(metric, snapshot)));
        break;
    }
}

static void add_metrics(struct build *build, const struct metric *metric, size_t count, const void *snapshot)
{
    for (size_t i = 0; i < count; i++) {
        add_metric(build, &metric[i], snapshot);
    }
}

static void add_channels(struct build *build, const struct metrics_snapshot *snapshot)
{
    struct json_object *list = json_object_new_array_ext((int)snapshot->channel_count + 1);
    for (uint32_t i = 0; list && i < snapshot->channel_count; i++) {
        struct build entry = build_new();
        add(&entry, "channel", json_object_new_int((int)i));
        add_metrics(&entry, channel_metric, CHANNEL_METRICS, &snapshot->channel[i]);
        if (entry.status || json_object_array_add(list, entry.object) != 0) {
            build->status = build->status ? build->status : entry.status;
            json_object_put(entry.object);
            json_object_put(list);
            list = NULL;
        }
    }
    add(build, "channel_metrics", list);
}

enum status message_metrics(struct message *message, const struct metrics_snapshot *snapshot)
{
    if (snapshot->channel_count > CHANNELS_MAX) {
        return STATUS_CORRUPT;
    }
    struct build build = build_new();
    add_metrics(&build, frame_metric, FRAME_METRICS, snapshot);
    add_channels(&build, snapshot);
    return finish(&build, message);
}

enum status message_latency(struct message *message, const struct latency_report *report)
{
    struct build build = build_new();
    add_metrics(&build, latency_metric, LATENCY_METRICS, report);
    return finish(&build, message);
}

static void add_state_change(struct build *build, const struct state_change *e)
{
    add_string(build, "from_state", sound_state_str(e->from_state));
    add_string(build, "to_state", sound_state_str(e->to_state));
    add_string(build, "trigger", state_trigger_str(e->trigger));
    add_float(build, "confidence", (double)e->confidence);
}

static void add_critical(struct build *build, const struct critical_event *e)
{
    add_float(build, "criticality", (double)e->criticality);
    add_float(build, "duration_ms", (double)e->duration_ms);
    add_float(build, "peak_ici", (double)e->peak_ici);
}

static void add_adaptation(struct build *build, const struct phi_adaptation *e)
{
    add_float(build, "old_depth", (double)e->old_depth);
    add_float(build, "new_depth", (double)e->new_depth);
    add_float(build, "old_phase", (double)e->old_phase);
    add_float(build, "new_phase", (double)e->new_phase);
    add_string(build, "reason", adaptation_reason_str(e->reason));
}

enum status message_event(struct message *message, const struct event *event)
{
    const enum status status = event_check(event);
    if (status) {
        return status;
    }
    struct build build = build_new();
    add_string(&build, "type", event_kind_str(event->kind));
    add_time(&build, event->timestamp);
    switch (event->kind) {
    case EVENT_STATE_CHANGE: add_state_change(&build, &event->state_change); break;
    case EVENT_CRITICAL: add_critical(&build, &event->critical); break;
    default: add_adaptation(&build, &event->phi_adaptation); break;
    }
    return finish(&build, message);
}

void message_free(struct message *message)
{
    free(message->text);
    *message = (struct message){0};
}
