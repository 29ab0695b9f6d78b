/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/json/map.h"

#include "shared/json/parse.h"

#include <json-c/json.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { FILE_MAX = 65536, DEPTH_MAX = 8 };

__attribute__((format(printf, 3, 4))) static enum status refuse(char *error, uint32_t number,
                                                                const char *format, ...)
{
    va_list args;
    const int used = snprintf(error, OPTION_ERROR_MAX, "line %u of the map: ", number);
    va_start(args, format);
    vsnprintf(error + used, OPTION_ERROR_MAX - (size_t)used, format, args);
    va_end(args);
    return STATUS_BAD_ARG;
}

/* Both ends of a range: numbers, finite, and for the way in not the same. */
static bool take_range(struct json_object *value, double range[2])
{
    if (!json_object_is_type(value, json_type_array) || json_object_array_length(value) != 2) {
        return false;
    }
    for (size_t i = 0; i < 2; i++) {
        struct json_object *end = json_object_array_get_idx(value, i);
        if (!json_object_is_type(end, json_type_int) && !json_object_is_type(end, json_type_double)) {
            return false;
        }
        range[i] = json_object_get_double(end);
    }
    return fabs(range[0]) <= 1e9 && fabs(range[1]) <= 1e9; /* false for NaN */
}

static bool take_text(struct json_object *value, char *out, size_t size)
{
    const char *text = json_object_get_string(value);
    const size_t length = (size_t)json_object_get_string_len(value);
    if (!json_object_is_type(value, json_type_string) || !text || length == 0 || length >= size ||
        strlen(text) != length) {
        return false;
    }
    memcpy(out, text, length + 1);
    return true;
}

static enum status take_member(struct map_line *line, uint32_t number, const char *name,
                               struct json_object *value, char *error)
{
    if (strcmp(name, "metric") == 0) {
        return take_text(value, line->metric, sizeof line->metric)
                   ? STATUS_OK
                   : refuse(error, number, "\"metric\": give a metric's name");
    }
    if (strcmp(name, "address") == 0) {
        return take_text(value, line->address, sizeof line->address)
                   ? STATUS_OK
                   : refuse(error, number, "\"address\": give an OSC address of up to %d characters",
                            MAP_ADDRESS_MAX - 1);
    }
    if (strcmp(name, "in") == 0) {
        line->has_in = true;
        return take_range(value, line->in) && line->in[0] != line->in[1]
                   ? STATUS_OK
                   : refuse(error, number, "\"in\": give two different numbers, [from, to]");
    }
    if (strcmp(name, "out") == 0) {
        line->has_out = true;
        return take_range(value, line->out) ? STATUS_OK
                                            : refuse(error, number, "\"out\": give two numbers, [from, to]");
    }
    if (strcmp(name, "clip") == 0) {
        line->clip = json_object_get_boolean(value);
        return json_object_is_type(value, json_type_boolean)
                   ? STATUS_OK
                   : refuse(error, number, "\"clip\": give true or false");
    }
    return refuse(error, number, "no such member; there are metric, address, in, out and clip");
}

static enum status take_line(struct map_line *line, uint32_t number, struct json_object *object, char *error)
{
    enum status status = STATUS_OK;
    *line = (struct map_line){.clip = true};
    if (!json_object_is_type(object, json_type_object)) {
        return refuse(error, number, "give an object, {\"metric\": ..., \"address\": ...}");
    }
    json_object_object_foreach(object, name, value)
    {
        status = take_member(line, number, name, value, error);
        if (status) {
            return status;
        }
    }
    if (line->metric[0] == '\0' || line->address[0] == '\0') {
        return refuse(error, number, "\"metric\" and \"address\" are both needed");
    }
    if (line->has_in && !line->has_out) {
        return refuse(error, number, "\"in\" alone does nothing; give \"out\" as well");
    }
    return STATUS_OK;
}

enum status map_load(const char *path, struct map_line lines[MAP_LINES_MAX], uint32_t *count,
                     char error[OPTION_ERROR_MAX])
{
    char why[OPTION_ERROR_MAX];
    struct json_object *root;
    enum status status = json_parse_file(&root, path, FILE_MAX, DEPTH_MAX, why);
    const size_t length = json_object_is_type(root, json_type_array) ? json_object_array_length(root) : 0;

    *count = 0;
    if (status == STATUS_OK && (length == 0 || length > MAP_LINES_MAX)) {
        snprintf(why, sizeof why, "must hold an array of 1 to %d objects", MAP_LINES_MAX);
        status = STATUS_CORRUPT;
    }
    for (size_t i = 0; status == STATUS_OK && i < length; i++) {
        status = take_line(&lines[i], (uint32_t)i + 1, json_object_array_get_idx(root, i), why);
        *count = (uint32_t)i + 1;
    }
    if (status) {
        snprintf(error, OPTION_ERROR_MAX, "%.90s: %.150s", path, why);
        *count = 0;
    }
    json_object_put(root);
    return status;
}
