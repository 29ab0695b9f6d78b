/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/json/parse.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum status refuse_memory(char *why)
{
    snprintf(why, JSON_WHY_MAX, "out of memory");
    return STATUS_NO_MEMORY;
}

static enum status parse(struct json_object **root, const char *text, size_t length, int depth, char *why)
{
    struct json_tokener *tokener = json_tokener_new_ex(depth);
    if (!tokener) {
        return refuse_memory(why);
    }
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    *root = json_tokener_parse_ex(tokener, text, (int)length);
    const enum json_tokener_error result = json_tokener_get_error(tokener);
    const size_t where = json_tokener_get_parse_end(tokener);
    json_tokener_free(tokener);
    if (result == json_tokener_success) {
        return STATUS_OK;
    }
    json_object_put(*root);
    *root = NULL;
    snprintf(why, JSON_WHY_MAX, "not valid JSON at byte %zu: %s", where,
             result == json_tokener_continue ? "it ends too early" : json_tokener_error_desc(result));
    return STATUS_CORRUPT;
}

/* The closing quotation mark of the string that begins at text[at]. */
static size_t end_of_string(const char *text, size_t at)
{
    for (at++; text[at] != '"'; at++) {
        at += text[at] == '\\' ? 1 : 0;
    }
    return at;
}

/* The objects that are open at a place in the text, and the keys that each has had so far. */
struct open_objects {
    int depth;
    struct json_object *keys[JSON_DEPTH_MAX + 1]; /* NULL: an array */
};

/* Notes one key, which stands with its quotation marks in text[0...length). */
static enum status note_key(struct json_object *keys, const char *text, size_t length, size_t at, char *why)
{
    struct json_object *key;
    enum status status = parse(&key, text, length, 1, why); /* \u0061 is an a */
    if (status) {
        return status;
    }
    const char *name = json_object_get_string(key);
    if (json_object_object_get_ex(keys, name, NULL)) {
        snprintf(why, JSON_WHY_MAX, "%.60s: given twice, again at byte %zu; leave one out", name, at);
        for (char *c = why; *c; c++) {
            *c = *c < ' ' || *c > '~' ? '?' : *c;
        }
        status = STATUS_BAD_ARG;
    } else if (json_object_object_add(keys, name, NULL) != 0) {
        status = refuse_memory(why);
    }
    json_object_put(key);
    return status;
}

static enum status open_one(struct open_objects *open, bool is_object, char *why)
{
    struct json_object *keys = is_object ? json_object_new_object() : NULL;
    if (open->depth > JSON_DEPTH_MAX || (is_object && !keys)) {
        json_object_put(keys);
        return refuse_memory(why);
    }
    open->keys[open->depth++] = keys;
    return STATUS_OK;
}

/* text[0...length) has been parsed, and so is known to be good. */
static enum status check_keys(const char *text, size_t length, char *why)
{
    struct open_objects open = {0};
    enum status status = STATUS_OK;
    for (size_t at = 0; at < length && status == STATUS_OK; at++) {
        if (text[at] == '{' || text[at] == '[') {
            status = open_one(&open, text[at] == '{', why);
        } else if (text[at] == '}' || text[at] == ']') {
            json_object_put(open.keys[--open.depth]);
        } else if (text[at] == '"') {
            const size_t end = end_of_string(text, at);
            const size_t next = end + 1 + strspn(text + end + 1, " \t\r\n");
            if (text[next] == ':') {
                status = note_key(open.keys[open.depth - 1], text + at, end + 1 - at, at, why);
            }
            at = end;
        } else if (text[at] == '\'') { /* json-c takes 'a' for "a", strict as it is */
            snprintf(why, JSON_WHY_MAX, "not valid JSON at byte %zu: a single quotation mark", at);
            status = STATUS_CORRUPT;
        }
    }
    while (open.depth > 0) {
        json_object_put(open.keys[--open.depth]);
    }
    return status;
}

enum status json_parse(struct json_object **root, const char *text, size_t length, int depth,
                       char why[JSON_WHY_MAX])
{
    const char *nul = memchr(text, '\0', length);
    *root = NULL;
    if (nul ||
        length >= INT_MAX) { /* json-c would take a NUL for the end, and whatever follows for nothing */
        snprintf(why, JSON_WHY_MAX, "not valid JSON at byte %zu: %s", nul ? (size_t)(nul - text) : length,
                 nul ? "a NUL" : "too long");
        return STATUS_CORRUPT;
    }
    char *copy = strndup(text, length); /* with a NUL, for one end to look for */
    enum status status = copy ? parse(root, copy, length, depth, why) : refuse_memory(why);
    if (status == STATUS_OK) {
        status = check_keys(copy, length, why);
    }
    if (status) {
        json_object_put(*root);
        *root = NULL;
    }
    free(copy);
    return status;
}

static enum status read_file(const char *path, char *text, size_t limit, size_t *length, char *why)
{
    ssize_t got;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        snprintf(why, JSON_WHY_MAX, "%s; give another file", strerror(errno));
        return status_from_errno(errno);
    }
    *length = 0;
    while ((got = read(fd, text + *length, limit - *length)) > 0) {
        *length += (size_t)got;
    }
    const int err = errno;
    close(fd);
    if (got < 0) {
        snprintf(why, JSON_WHY_MAX, "%s; give a plain file", strerror(err));
        return status_from_errno(err);
    }
    if (*length == limit) {
        snprintf(why, JSON_WHY_MAX, "larger than %zu bytes; give another file", limit - 1);
        return STATUS_CORRUPT;
    }
    return STATUS_OK;
}

enum status json_parse_file(struct json_object **root, const char *path, size_t limit, int depth,
                            char why[JSON_WHY_MAX])
{
    size_t length = 0;
    char *text = malloc(limit);
    enum status status = text ? read_file(path, text, limit, &length, why) : refuse_memory(why);
    *root = NULL;
    if (status == STATUS_OK) {
        status = json_parse(root, text, length, depth, why);
    }
    free(text);
    return status;
}
