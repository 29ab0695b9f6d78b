/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/json/build.h"

#include "shared/part.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct build build_object(void)
{
    struct json_object *object = json_object_new_object();
    return (struct build){object, object ? STATUS_OK : STATUS_NO_MEMORY};
}

struct build build_list(uint32_t count)
{
    struct json_object *list = json_object_new_array_ext((int)count + 1);
    return (struct build){list, list ? STATUS_OK : STATUS_NO_MEMORY};
}

static bool put(struct json_object *into, const char *key, struct json_object *value)
{
    const unsigned flags = JSON_C_OBJECT_ADD_KEY_IS_NEW | JSON_C_OBJECT_ADD_CONSTANT_KEY;
    return key ? json_object_object_add_ex(into, key, value, flags) == 0
               : json_object_array_add(into, value) == 0;
}

/* Takes ownership of value. */
static void add(struct build *build, const char *key, struct json_object *value)
{
    if (build->status || !value || !put(build->object, key, value)) {
        json_object_put(value);
        build->status = build->status ? build->status : STATUS_NO_MEMORY;
    }
}

void build_text(struct build *build, const char *key, const char *value)
{
    add(build, key, json_object_new_string(value));
}

void build_flag(struct build *build, const char *key, bool value)
{
    add(build, key, json_object_new_boolean(value));
}

void build_count(struct build *build, const char *key, uint64_t value)
{
    add(build, key, json_object_new_uint64(value));
}

static void add_double(struct build *build, const char *key, double value, char *format)
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

/* json-c appends ".0" where these print no decimal point, so a float stays a float for typed clients. They
 * are not const only because json-c hands them on as void *. */
void build_number(struct build *build, const char *key, double value)
{
    static char format[] = "%.7g";
    add_double(build, key, value, format);
}

void build_time(struct build *build, const char *key, double value)
{
    static char format[] = "%.6f";
    add_double(build, key, value, format);
}

void build_null(struct build *build, const char *key)
{
    if (!build->status && !put(build->object, key, NULL)) {
        build->status = STATUS_NO_MEMORY;
    }
}

void build_nest(struct build *build, const char *key, struct build inner)
{
    build->status = build->status ? build->status : inner.status;
    add(build, key, inner.object);
}

enum status build_print(struct build build, struct message *message)
{
    const int flags = JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE;
    size_t length = 0;
    const char *text = build.status ? NULL : json_object_to_json_string_length(build.object, flags, &length);
    if (text && length >= message->capacity) {
        char *grown = realloc(message->text, length * 2);
        if (grown) {
            message->text = grown;
            message->capacity = length * 2;
        }
    }
    if (text && length < message->capacity) {
        memcpy(message->text, text, length + 1);
        message->length = length;
    } else if (!build.status) {
        build.status = STATUS_NO_MEMORY;
    }
    json_object_put(build.object);
    return build.status;
}

struct build build_part_names(uint32_t parts)
{
    struct build list = build_list(PARTS_ALL);
    for (uint32_t part = 1; part <= PARTS_ALL; part <<= 1U) {
        if (parts & part) {
            build_text(&list, NULL, part_str(part));
        }
    }
    return list;
}
