/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/json/config.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_MAX = 65536 };

struct config {
    struct json_object *root;
};

static enum status read_file(const char *path, char text[FILE_MAX], size_t *length, char *error)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        snprintf(error, OPTION_ERROR_MAX, "%.100s: %s; give another file with --config", path,
                 strerror(errno));
        return status_from_errno(errno);
    }
    *length = 0;
    ssize_t got;
    while ((got = read(fd, text + *length, FILE_MAX - *length)) > 0) {
        *length += (size_t)got;
    }
    const int err = errno;
    close(fd);
    if (got < 0) {
        snprintf(error, OPTION_ERROR_MAX, "%.100s: %s; give a plain file with --config", path, strerror(err));
        return status_from_errno(err);
    }
    if (*length == FILE_MAX) {
        snprintf(error, OPTION_ERROR_MAX, "%.100s: larger than %d bytes; this is no phicast configuration",
                 path, FILE_MAX - 1);
        return STATUS_CORRUPT;
    }
    return STATUS_OK;
}

static enum status parse(const char *path, const char *text, size_t length, struct json_object **root,
                         char *error)
{
    const char *nul = memchr(text, '\0', length);
    if (nul) { /* json-c would take it for the end, and whatever follows for nothing */
        snprintf(error, OPTION_ERROR_MAX, "%.100s: not valid JSON at byte %zu: a NUL", path,
                 (size_t)(nul - text));
        return STATUS_CORRUPT;
    }
    struct json_tokener *tokener = json_tokener_new();
    if (!tokener) {
        snprintf(error, OPTION_ERROR_MAX, "%s: out of memory", path);
        return STATUS_NO_MEMORY;
    }
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    *root = json_tokener_parse_ex(tokener, text, (int)length);
    const enum json_tokener_error result = json_tokener_get_error(tokener);
    const size_t where = json_tokener_get_parse_end(tokener);
    json_tokener_free(tokener);
    if (result != json_tokener_success) {
        snprintf(error, OPTION_ERROR_MAX, "%.100s: not valid JSON at byte %zu: %s", path, where,
                 result == json_tokener_continue ? "the file ends too early"
                                                 : json_tokener_error_desc(result));
        return STATUS_CORRUPT;
    }
    if (!json_object_is_type(*root, json_type_object)) {
        snprintf(error, OPTION_ERROR_MAX, "%.100s: must hold one JSON object, {\"option\": value, ...}",
                 path);
        json_object_put(*root);
        *root = NULL;
        return STATUS_CORRUPT;
    }
    return STATUS_OK;
}

static const struct option_row *find_row(const struct option_table *table, const char *key)
{
    for (size_t i = 0; i < table->count; i++) {
        if (strcmp(table->rows[i].name, key) == 0) {
            return &table->rows[i];
        }
    }
    return NULL;
}

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
    case OPTION_LIST: return type == json_type_string;
    }
    return 0;
}

static enum status set_value(const struct option_table *table, void *options, const char *key,
                             struct json_object *value, char *why)
{
    const struct option_row *row = find_row(table, key);
    if (row && !fits(row, value)) {
        snprintf(why, OPTION_ERROR_MAX, "%.60s: wrong type of value; give %s", key,
                 row->kind == OPTION_FLAG                                 ? "true or false"
                 : row->kind == OPTION_STRING || row->kind == OPTION_LIST ? "a string"
                                                                          : "a number");
        return STATUS_BAD_ARG;
    }
    const char *text = json_object_get_string(value);
    if (!text || (json_object_is_type(value, json_type_string) &&
                  strlen(text) != (size_t)json_object_get_string_len(value))) {
        snprintf(why, OPTION_ERROR_MAX, "%.60s: holds a NUL character; leave it out", key);
        return STATUS_BAD_ARG;
    }
    /* An unknown key is a mistake in the file, not a missing file. */
    return options_set(table, options, key, text, why) ? STATUS_BAD_ARG : STATUS_OK;
}

static enum status set_all(const struct option_table *table, void *options, struct json_object *root,
                           char *why)
{
    json_object_object_foreach(root, key, value)
    {
        enum status status = STATUS_OK;
        const struct option_row *row = find_row(table, key);
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

enum status config_load(const char *path, const struct option_table *table, void *options,
                        struct config **config, char error[OPTION_ERROR_MAX])
{
    char *text = malloc(FILE_MAX);
    struct json_object *root = NULL;
    size_t length = 0;
    enum status status = STATUS_NO_MEMORY;

    *config = text ? calloc(1, sizeof **config) : NULL;
    if (!*config) {
        snprintf(error, OPTION_ERROR_MAX, "%s: out of memory", path);
        free(text);
        return status;
    }
    status = read_file(path, text, &length, error);
    if (status == STATUS_OK) {
        status = parse(path, text, length, &root, error);
    }
    if (status == STATUS_OK) {
        char why[OPTION_ERROR_MAX];
        status = set_all(table, options, root, why);
        if (status) {
            snprintf(error, OPTION_ERROR_MAX, "%.100s: %.150s", path, why);
        }
    }
    free(text);
    (*config)->root = root;
    if (status) {
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
