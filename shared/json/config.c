/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/json/config.h"

#include "shared/json/parse.h"
#include "shared/json/store.h"
#include "shared/part.h"
#include "shared/utf8.h"

#include <errno.h>
#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_MAX = 65536 };

struct config {
    struct json_object *root;
};

/* Whether a JSON value may stand for an option of this kind: the text of a string is not taken for a number.
 */
static int fits(const struct option_row *row, const struct json_object *value)
{
    const enum json_type type = json_object_get_type(value);
    switch (row->kind) {
    case OPTION_FLAG: return type == json_type_boolean;
    case OPTION_UINT:
    case OPTION_POWER2:
    case OPTION_DOUBLE: return type == json_type_int || type == json_type_double;
    case OPTION_STRING:
    case OPTION_NAME:
    case OPTION_PARTS:
    case OPTION_LIST: return type == json_type_string;
    }
    return 0;
}

static const char *what_fits(enum option_kind kind)
{
    switch (kind) {
    case OPTION_FLAG: return "true or false";
    case OPTION_STRING:
    case OPTION_NAME:
    case OPTION_PARTS:
    case OPTION_LIST: return "a string";
    default: return "a number";
    }
}

static enum status set_value(const struct option_table *table, void *options, const char *key,
                             struct json_object *value, char *why)
{
    const struct option_row *row = options_find(table, key);
    if (strcmp(key, "config") == 0) {
        snprintf(why, OPTION_ERROR_MAX, "%s: a configuration file names no other; leave it out", key);
        return STATUS_BAD_ARG;
    }
    if (row && !fits(row, value)) {
        snprintf(why, OPTION_ERROR_MAX, "%.60s: wrong type of value; give %s", key, what_fits(row->kind));
        return STATUS_BAD_ARG;
    }
    const char *text = json_object_get_string(value);
    if (!text || (json_object_is_type(value, json_type_string) &&
                  strlen(text) != (size_t)json_object_get_string_len(value))) {
        snprintf(why, OPTION_ERROR_MAX, "%.60s: holds a NUL character; leave it out", key);
        return STATUS_BAD_ARG;
    }
    const enum status status = options_set(table, options, key, text, why);
    if (status == STATUS_NOT_FOUND) {
        const size_t used = strlen(why);
        snprintf(why + used, OPTION_ERROR_MAX - used, ", or put it under the name of its program");
    }
    /* An unknown key is a mistake in the file, not a missing file. */
    return status ? STATUS_BAD_ARG : STATUS_OK;
}

static bool is_program(const struct option_table *table, const char *key)
{
    static const char *const programs[] = {"phicast-jack", "phicast-broadcaster"};
    bool found = strcmp(key, table->program) == 0;
    for (size_t i = 0; i < sizeof programs / sizeof programs[0] && !found; i++) {
        found = strcmp(key, programs[i]) == 0;
    }
    return found;
}

/* for_all: the outermost object, which may hold others for single programs. */
static enum status set_all(const struct option_table *table, void *options, struct json_object *root,
                           bool for_all, char *why)
{
    json_object_object_foreach(root, key, value)
    {
        enum status status = STATUS_OK;
        if (for_all && is_program(table, key)) {
            if (!json_object_is_type(value, json_type_object)) {
                snprintf(why, OPTION_ERROR_MAX, "%s: give an object with that program's options", key);
                return STATUS_BAD_ARG;
            }
            continue;
        }
        const struct option_row *row = options_find(table, key);
        if (row && row->kind == OPTION_LIST) { /* replaces the default, as on the command line */
            ((struct option_list *)((char *)options + row->offset))->count = 0;
        }
        if (row && row->kind == OPTION_LIST && json_object_is_type(value, json_type_array)) {
            for (size_t i = 0; i < json_object_array_length(value) && status == STATUS_OK; i++) {
                status = set_value(table, options, key, json_object_array_get_idx(value, i), why);
            }
        } else {
            status = set_value(table, options, key, value, why);
        }
        if (status) {
            return status;
        }
    }
    return STATUS_OK;
}

bool config_is_there(const char *path)
{
    return access(path, F_OK) == 0 || errno == EACCES;
}

bool config_find(char path[CONFIG_PATH_MAX])
{
    const char *set = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");
    const bool use_set = set && set[0] == '/'; /* others are to be ignored, says the XDG specification */
    if (!use_set && !home) {
        return false;
    }
    const int length = snprintf(path, CONFIG_PATH_MAX, "%s%s/phicast/phicast.conf", use_set ? set : home,
                                use_set ? "" : "/.config");
    return length > 0 && length < CONFIG_PATH_MAX && config_is_there(path);
}

enum status config_load(const char *path, const struct option_table *table, void *options,
                        struct config **config, char error[OPTION_ERROR_MAX])
{
    char why[OPTION_ERROR_MAX] = "out of memory";
    enum status status = STATUS_NO_MEMORY;
    struct json_object *own;
    *config = calloc(1, sizeof **config);
    if (*config) {
        status = json_parse_file(&(*config)->root, path, FILE_MAX, JSON_DEPTH_MAX, why);
    }
    if (status == STATUS_OK && !json_object_is_type((*config)->root, json_type_object)) {
        snprintf(why, sizeof why, "must hold one JSON object, {\"option\": value, ...}");
        status = STATUS_CORRUPT;
    }
    if (status == STATUS_OK) {
        status = set_all(table, options, (*config)->root, true, why);
    }
    if (status == STATUS_OK && json_object_object_get_ex((*config)->root, table->program, &own)) {
        status = set_all(table, options, own, false, why);
    }
    if (status) {
        snprintf(error, OPTION_ERROR_MAX, "%.80s: %.160s", path, why);
        config_free(*config);
        *config = NULL;
    }
    return status;
}

void config_free(struct config *config)
{
    if (config) {
        json_object_put(config->root);
        free(config);
    }
}

/* --- writing --- */

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_list(const struct option_list *a, const struct option_list *b)
{
    bool same = a->count == b->count;
    for (uint32_t i = 0; same && i < a->count; i++) {
        same = strcmp(a->item[i], b->item[i]) == 0;
    }
    return same;
}

static bool is_default(const struct option_row *row, const void *member, const void *usual)
{
    switch (row->kind) {
    case OPTION_FLAG: return *(const bool *)member == *(const bool *)usual;
    case OPTION_UINT:
    case OPTION_POWER2:
    case OPTION_PARTS: return *(const uint32_t *)member == *(const uint32_t *)usual;
    case OPTION_DOUBLE: return *(const double *)member == *(const double *)usual;
    case OPTION_STRING:
    case OPTION_NAME: return same_text(*(const char *const *)member, *(const char *const *)usual);
    case OPTION_LIST: return same_list(member, usual);
    }
    return true;
}

/* The shortest text that is this number and no other; but 0 for what strtod would call out of range. */
static struct json_object *make_number(double number)
{
    const double value = isnormal(number) ? number : 0;
    enum { FEWEST = 6, MOST = 17 };
    char text[32];
    int digits = FEWEST;
    do {
        snprintf(text, sizeof text, "%.*g", digits, value);
    } while (strtod(text, NULL) != value && ++digits <= MOST);
    return json_object_new_double_s(value, text);
}

/* Which one is not UTF-8 could not be read again. */
static struct json_object *make_text(const char *text)
{
    struct utf8 utf8 = {0};
    const size_t length = strlen(text);
    const bool good = utf8_take(&utf8, (const unsigned char *)text, length) && utf8.missing == 0;
    return good ? json_object_new_string_len(text, (int)length) : NULL;
}

static struct json_object *make_list(const struct option_list *list)
{
    struct json_object *array = json_object_new_array();
    for (uint32_t i = 0; array && i < list->count; i++) {
        struct json_object *text = make_text(list->item[i]);
        if (!text || json_object_array_add(array, text) != 0) {
            json_object_put(text);
            json_object_put(array);
            return NULL;
        }
    }
    return array;
}

static struct json_object *make_parts(uint32_t parts)
{
    char list[64] = "";
    size_t used = 0;
    for (uint32_t part = 1; part <= PARTS_ALL; part <<= 1U) {
        if (parts & part) {
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", used > 0 ? "," : "",
                                     part_str(part));
        }
    }
    return json_object_new_string(list);
}

static struct json_object *make_value(const struct option_row *row, const void *member)
{
    switch (row->kind) {
    case OPTION_FLAG: return json_object_new_boolean(*(const bool *)member);
    case OPTION_UINT:
    case OPTION_POWER2: return json_object_new_int64(*(const uint32_t *)member);
    case OPTION_PARTS: return make_parts(*(const uint32_t *)member);
    case OPTION_DOUBLE: return make_number(*(const double *)member);
    case OPTION_STRING:
    case OPTION_NAME: return make_text(*(const char *const *)member);
    case OPTION_LIST: return make_list(member);
    }
    return NULL;
}

/* STATUS_BAD_ARG: `why` names the row. */
static enum status describe(struct json_object *root, const struct option_table *table, const void *options,
                            const void *defaults, char *why)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct option_row *row = &table->rows[i];
        const void *member = (const char *)options + row->offset;
        if (strcmp(row->name, "config") == 0 ||
            is_default(row, member, (const char *)defaults + row->offset)) {
            continue;
        }
        struct json_object *value = make_value(row, member);
        if (!value || json_object_object_add(root, row->name, value) != 0) {
            json_object_put(value);
            snprintf(why, OPTION_ERROR_MAX, "--%s cannot be written; give it in UTF-8", row->name);
            return STATUS_BAD_ARG;
        }
    }
    if (strlen(json_object_to_json_string_ext(root, JSON_STORE_FLAGS)) >= FILE_MAX - 1) {
        snprintf(why, OPTION_ERROR_MAX, "the options come to more than %d bytes; give fewer", FILE_MAX - 1);
        return STATUS_BAD_ARG;
    }
    return STATUS_OK;
}

enum status config_save(const char *path, const struct option_table *table, const void *options,
                        const void *defaults, char error[OPTION_ERROR_MAX])
{
    char why[OPTION_ERROR_MAX] = "out of memory";
    struct json_object *root = json_object_new_object();
    enum status status = root ? describe(root, table, options, defaults, why) : STATUS_NO_MEMORY;
    if (status == STATUS_OK) {
        status = json_store(path, root);
        snprintf(why, sizeof why, "cannot be written (%s); is there room, and may we write in its folder?",
                 status_str(status));
    }
    json_object_put(root);
    if (status) {
        snprintf(error, OPTION_ERROR_MAX, "%.80s: %.160s", path, why);
    }
    return status;
}
