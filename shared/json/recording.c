/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/json/recording.h"

#include "shared/json/build.h"
#include "shared/json/messages_read.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_MAX = 32 };

static const char time_key[] = "timestamp";

__attribute__((format(printf, 3, 4))) static enum status refuse(enum status status, char *why,
                                                                const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(why, JSON_WHY_MAX, format, args);
    va_end(args);
    return status;
}

static enum status take_head(struct recorded *out, const struct json_object *root, char *why)
{
    const char *what = json_get_text(root, "phicast");
    const char *name = json_get_text(root, "name");
    const struct json_object *version = json_member(root, "version");
    out->kind = RECORDED_HEAD;
    if (!what || strcmp(what, "recording") != 0 || !json_object_is_type(version, json_type_int)) {
        return refuse(STATUS_CORRUPT, why, "the head of something else than a recording");
    }
    if (json_object_get_int64(version) != RECORDING_VERSION) {
        return refuse(STATUS_BAD_ABI, why, "a recording of version %.20s, and this program knows version %d",
                      json_object_get_string((struct json_object *)version), RECORDING_VERSION);
    }
    snprintf(out->name, sizeof out->name, "%s", name && segment_is_name(name) ? name : "");
    return STATUS_OK;
}

static enum recorded_kind kind_of_stream(const char *stream)
{
    return strcmp(stream, "metrics") == 0   ? RECORDED_METRICS
           : strcmp(stream, "latency") == 0 ? RECORDED_LATENCY
           : strcmp(stream, "events") == 0  ? RECORDED_EVENT
                                            : RECORDED_OTHER;
}

/* What phicast-render prints are the messages themselves. */
static enum recorded_kind kind_of_message(const struct json_object *message)
{
    return json_member(message, "type")               ? RECORDED_EVENT
           : json_member(message, "ici")              ? RECORDED_METRICS
           : json_member(message, "total_latency_ms") ? RECORDED_LATENCY
                                                      : RECORDED_OTHER;
}

static bool take_message(struct recorded *out, const struct json_object *message, char *why)
{
    switch (out->kind) {
    case RECORDED_METRICS: return message_read_metrics(message, &out->metrics, why);
    case RECORDED_LATENCY: return message_read_latency(message, &out->latency, why);
    case RECORDED_EVENT:
        if (!message_read_event(message, &out->event, why)) {
            return false;
        }
        out->kind = out->event.kind != 0 ? RECORDED_EVENT : RECORDED_OTHER;
        return true;
    default: return true;
    }
}

static const struct json_object *message_of(const struct json_object *root)
{
    return json_get_text(root, "stream") ? json_member(root, "message") : root;
}

static enum status take_line(struct recorded *out, const struct json_object *root, char *why)
{
    if (!json_object_is_type(root, json_type_object)) {
        return refuse(STATUS_CORRUPT, why, "no JSON object");
    }
    if (json_member(root, "phicast")) {
        return take_head(out, root, why);
    }
    const char *stream = json_get_text(root, "stream");
    const struct json_object *message = message_of(root);
    out->kind = stream ? kind_of_stream(stream) : kind_of_message(root);
    if (out->kind == RECORDED_OTHER) {
        return STATUS_OK;
    }
    if (!json_object_is_type(message, json_type_object)) {
        return refuse(STATUS_CORRUPT, why, "no message");
    }
    if (!json_get_time(stream ? json_member(root, "t") : json_member(message, time_key), &out->t)) {
        return refuse(STATUS_CORRUPT, why, "%s is missing, or out of its range", stream ? "t" : time_key);
    }
    return take_message(out, message, why) ? STATUS_OK : STATUS_CORRUPT;
}

static struct build describe(const struct json_object *value)
{
    struct build schema = build_object();
    switch (json_object_get_type(value)) {
    case json_type_object: {
        struct build properties = build_object();
        struct json_object_iterator each = json_object_iter_begin((struct json_object *)value);
        const struct json_object_iterator end = json_object_iter_end(value);
        for (; !json_object_iter_equal(&each, &end); json_object_iter_next(&each)) {
            build_nest(&properties, json_object_iter_peek_name(&each),
                       describe(json_object_iter_peek_value(&each)));
        }
        build_text(&schema, "type", "object");
        build_nest(&schema, "properties", properties);
        break;
    }
    case json_type_array:
        build_text(&schema, "type", "array");
        if (json_object_array_length(value) > 0) {
            build_nest(&schema, "items", describe(json_object_array_get_idx(value, 0)));
        }
        break;
    case json_type_boolean: build_text(&schema, "type", "boolean"); break;
    case json_type_string: build_text(&schema, "type", "string"); break;
    case json_type_null: break; /* anything */
    default: build_text(&schema, "type", "number"); break;
    }
    return schema;
}

enum status recording_schema(struct message *schema, const struct message *text)
{
    char why[JSON_WHY_MAX];
    struct json_object *root;
    enum status status = json_parse(&root, text->text, text->length, JSON_DEPTH_MAX, why);
    if (status == STATUS_OK) {
        status = build_print(describe(root), schema);
    }
    json_object_put(root);
    return status;
}

enum status recording_read_text(struct recorded *out, struct message *text, const char *line, size_t length,
                                char why[JSON_WHY_MAX])
{
    struct json_object *root;
    enum status status = json_parse(&root, line, length, JSON_DEPTH_MAX, why);
    if (status == STATUS_OK) {
        status = take_line(out, root, why);
    }
    if (status == STATUS_OK && text && out->kind != RECORDED_OTHER && out->kind != RECORDED_HEAD) {
        struct json_object *message = (struct json_object *)message_of(root);
        status = build_print((struct build){json_object_get(message), STATUS_OK}, text);
        if (status) {
            refuse(status, why, "%s", status_str(status));
        }
    }
    json_object_put(root);
    return status;
}

enum status recording_read(struct recorded *out, const char *line, size_t length, char why[JSON_WHY_MAX])
{
    return recording_read_text(out, NULL, line, length, why);
}

bool recording_peek_time(const char *line, size_t length, double *t)
{
    static const char wrapped[] = "{\"t\":";
    static const char bare[] = "\"timestamp\":";
    const char *at = line;
    char number[NUMBER_MAX];
    char *end;
    if (length > sizeof wrapped && memcmp(line, wrapped, sizeof wrapped - 1) == 0) {
        at += sizeof wrapped - 1;
    } else {
        at = length > 2 && (line[2] == 'f' || line[2] == 't') ? memmem(line, length, bare, sizeof bare - 1)
                                                              : NULL;
        at = at ? at + sizeof bare - 1 : NULL;
    }
    if (!at) {
        return false;
    }
    const size_t rest = (size_t)(line + length - at);
    snprintf(number, sizeof number, "%.*s", (int)(rest < NUMBER_MAX ? rest : NUMBER_MAX), at);
    *t = strtod(number, &end);
    return end != number && (*end == ',' || *end == '}') && fabs(*t) <= 1e11;
}
