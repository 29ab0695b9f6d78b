/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/json/messages_read.h"

#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_MAX = 32 };

static const char time_key[] = "timestamp";

__attribute__((format(printf, 2, 3))) static bool refuse(char *why, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(why, JSON_WHY_MAX, format, args);
    va_end(args);
    return false;
}

static bool get_number(const struct json_object *value, double *out)
{
    const enum json_type type = json_object_get_type(value);
    *out = json_object_get_double(value);
    return (type == json_type_double || type == json_type_int) && isfinite(*out);
}

bool json_get_time(const struct json_object *value, double *out)
{
    return get_number(value, out) && fabs(*out) <= 1e11;
}

const struct json_object *json_member(const struct json_object *object, const char *key)
{
    struct json_object *value = NULL;
    return json_object_object_get_ex(object, key, &value) ? value : NULL;
}

const char *json_get_text(const struct json_object *object, const char *key)
{
    const struct json_object *value = json_member(object, key);
    return json_object_is_type(value, json_type_string) ? json_object_get_string((struct json_object *)value)
                                                        : NULL;
}

/* --- numbers, by the table of metrics --- */

/* A number of 7 digits may come to lie beyond the end of the range that it was rounded from. */
static double back_into_range(const struct metric *metric, double value)
{
    const double end = value > metric->high ? metric->high : metric->low;
    char rounded[NUMBER_MAX];
    char given[NUMBER_MAX];
    snprintf(rounded, sizeof rounded, "%.7g", end);
    snprintf(given, sizeof given, "%.7g", value);
    return strcmp(rounded, given) == 0 ? end : value;
}

static bool take_serial(const struct metric *metric, const struct json_object *value, void *into)
{
    const uint64_t serial = json_object_get_uint64(value);
    memcpy((char *)into + metric->at, &serial, sizeof serial);
    return json_object_is_type(value, json_type_int) && json_object_get_int64(value) >= 0;
}

static bool take_number(const struct metric *metric, const struct json_object *value, void *into)
{
    double number;
    if (!get_number(value, &number)) {
        return false;
    }
    if (!(number >= metric->low && number <= metric->high)) {
        number = back_into_range(metric, number);
    }
    metric_write(metric, into, number);
    if (!metrics_in_range(metric, 1, into)) { /* the nearest float may, too */
        metric_write(metric, into, back_into_range(metric, metric_read(metric, into)));
    }
    return metrics_in_range(metric, 1, into);
}

static bool take_metric(const struct metric *metric, const struct json_object *value, void *into, char *why)
{
    bool good;
    switch (metric->type) {
    case METRIC_SERIAL: good = take_serial(metric, value, into); break;
    case METRIC_FLAG:
        good = json_object_is_type(value, json_type_boolean);
        metric_write(metric, into, good && json_object_get_boolean(value) ? 1 : 0);
        break;
    case METRIC_COUNT:
        good = json_object_is_type(value, json_type_int) && take_number(metric, value, into);
        break;
    default: good = take_number(metric, value, into); break;
    }
    return good || refuse(why, "%s is missing, or out of its range", metric->name);
}

static bool take_metrics(const struct metric *metric, size_t count, const struct json_object *object,
                         void *into, char *why)
{
    bool good = json_object_is_type(object, json_type_object) ||
                refuse(why, "no object where %s should be", metric->name);
    for (size_t i = 0; i < count && good; i++) {
        good = take_metric(&metric[i], json_member(object, metric[i].name), into, why);
    }
    return good;
}

/* --- groups of them --- */

static void *place_of(struct metric_place place, struct metrics_snapshot *snapshot)
{
    return (char *)snapshot + ((const char *)metric_struct(&place, snapshot) - (const char *)snapshot);
}

static bool is_list(const struct json_object *list, const char *key, size_t least, size_t most, char *why)
{
    const bool good = json_object_is_type(list, json_type_array) && json_object_array_length(list) >= least &&
                      json_object_array_length(list) <= most;
    return good || refuse(why, "%s is no list, or of another length than it should be", key);
}

static bool take_bands(struct metric_place place, const struct json_object *list,
                       struct metrics_snapshot *snapshot, char *why)
{
    bool good = is_list(list, place.group->key, snapshot->band_count, snapshot->band_count, why);
    for (place.band = 0; place.band < snapshot->band_count && good; place.band++) {
        good = take_metric(place.group->metric, json_object_array_get_idx(list, place.band),
                           place_of(place, snapshot), why);
    }
    return good;
}

static bool take_channels(struct metric_place place, const struct json_object *list,
                          struct metrics_snapshot *snapshot, char *why)
{
    const uint32_t channels = snapshot->channel_count;
    bool good = is_list(list, place.group->key, channels, channels, why);
    for (place.channel = 0; place.channel < channels && good; place.channel++) {
        const struct json_object *entry = json_object_array_get_idx(list, place.channel);
        good = place.group->band_step ? take_bands(place, entry, snapshot, why)
                                      : take_metrics(place.group->metric, place.group->count, entry,
                                                     place_of(place, snapshot), why);
    }
    return good;
}

static bool take_group(const struct metric_group *group, const struct json_object *message,
                       struct metrics_snapshot *snapshot, char *why)
{
    const struct metric_place place = {.group = group};
    const struct json_object *object = group->key ? json_member(message, group->key) : message;
    if (group->part && !json_member(message, group->key ? group->key : group->metric->name)) {
        return true; /* it was not asked for */
    }
    snapshot->parts |= group->part;
    return group->channel_step ? take_channels(place, object, snapshot, why)
           : group->band_step
               ? take_bands(place, object, snapshot, why)
               : take_metrics(group->metric, group->count, object, place_of(place, snapshot), why);
}

/* How many channels and bands there are, the lists say. */
static bool take_counts(const struct json_object *message, struct metrics_snapshot *snapshot, char *why)
{
    const struct json_object *channels = json_member(message, "channel_metrics");
    const struct json_object *bands = json_member(message, "bands");
    if (!is_list(channels, "channel_metrics", 0, CHANNELS_MAX, why) ||
        (bands && !is_list(bands, "bands", 0, BANDS_MAX, why))) {
        return false;
    }
    snapshot->channel_count = (uint32_t)json_object_array_length(channels);
    snapshot->band_count = bands ? (uint32_t)json_object_array_length(bands) : 0;
    return true;
}

bool message_read_metrics(const struct json_object *message, struct metrics_snapshot *snapshot, char *why)
{
    memset(snapshot, 0, sizeof *snapshot);
    bool good = take_counts(message, snapshot, why);
    for (size_t g = 0; g < METRIC_GROUPS && good; g++) {
        good = take_group(&metric_group[g], message, snapshot, why);
    }
    return good && (snapshot->active_channels <= snapshot->channel_count ||
                    refuse(why, "more channels are active than there are"));
}

/* --- events --- */

static bool take_word(const struct event_field *field, const struct json_object *message, struct event *event)
{
    const char *text = json_get_text(message, field->name);
    const char *word;
    for (uint32_t code = 0; text && (word = field->word(code)); code++) {
        if (strcmp(word, text) == 0) {
            memcpy((char *)event + field->at, &code, sizeof code);
            return true;
        }
    }
    return false;
}

static bool take_field(const struct event_field *field, const struct json_object *message,
                       struct event *event)
{
    double number;
    if (field->word) {
        return take_word(field, message, event);
    }
    if (!get_number(json_member(message, field->name), &number) || fabs(number) > (double)FLT_MAX) {
        return false;
    }
    const float narrow = (float)number; /* an end of the range, as it was printed, may lie beyond it */
    if (narrow < field->low || narrow > field->high) {
        return false;
    }
    const uint32_t whole = field->whole ? (uint32_t)number : 0;
    memcpy((char *)event + field->at, field->whole ? (const void *)&whole : (const void *)&narrow,
           sizeof whole);
    return true;
}

static uint32_t kind_of_event(const char *type)
{
    const char *name;
    uint32_t kind = 1;
    while ((name = event_kind_str(kind)) && strcmp(name, type) != 0) {
        kind++;
    }
    return name ? kind : 0;
}

bool message_read_latency(const struct json_object *message, struct latency_report *report, char *why)
{
    memset(report, 0, sizeof *report);
    return take_metrics(latency_metric, LATENCY_METRICS, message, report, why);
}

bool message_read_event(const struct json_object *message, struct event *event, char *why)
{
    const char *type = json_get_text(message, "type");
    size_t count;
    if (!type) {
        return refuse(why, "an event without a type");
    }
    *event = (struct event){.kind = kind_of_event(type)};
    const struct event_field *fields = event_fields(event->kind, &count);
    if (!fields) {
        return true; /* for others */
    }
    if (!json_get_time(json_member(message, time_key), &event->timestamp)) {
        return refuse(why, "%s is missing, or out of its range", time_key);
    }
    for (size_t i = 0; i < count; i++) {
        if (!take_field(&fields[i], message, event)) {
            return refuse(why, "%s is missing, or out of its range", fields[i].name);
        }
    }
    return event_check(event) == STATUS_OK || refuse(why, "a number is out of its range");
}
