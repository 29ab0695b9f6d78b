/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/json/parse.h"

#include "shared/json/ascii.h"
#include "shared/utf8.h"

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

/* A text and how a place in it is called. */
struct text {
    const char *chars; /* with a NUL behind them */
    size_t length;
    bool by_line; /* else by byte */
};

enum { PLACE_MAX = 32 };

static const char *name_place(char place[PLACE_MAX], const struct text *text, size_t at)
{
    size_t lines = 1;
    for (size_t i = 0; i < at && i < text->length; i++) {
        lines += text->chars[i] == '\n' ? 1 : 0;
    }
    snprintf(place, PLACE_MAX, text->by_line ? "line %zu" : "byte %zu", text->by_line ? lines : at);
    return place;
}

static enum status refuse_at(const struct text *text, size_t at, const char *what, char *why)
{
    char place[PLACE_MAX];
    snprintf(why, JSON_WHY_MAX, "not valid JSON at %s: %s", name_place(place, text, at), what);
    return STATUS_CORRUPT;
}

static enum status parse(struct json_object **root, const struct text *text, int depth, char *why)
{
    size_t length = 0;
    char *ascii = json_ascii(text->chars, text->length, &length);
    struct json_tokener *tokener = ascii ? json_tokener_new_ex(depth) : NULL;
    if (!tokener) {
        free(ascii);
        return refuse_memory(why);
    }
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
    *root = json_tokener_parse_ex(tokener, ascii, (int)length);
    const enum json_tokener_error result = json_tokener_get_error(tokener);
    const size_t where = json_ascii_origin(text->chars, text->length, json_tokener_get_parse_end(tokener));
    json_tokener_free(tokener);
    free(ascii);
    if (result == json_tokener_success) {
        return STATUS_OK;
    }
    json_object_put(*root);
    *root = NULL;
    const bool hash = text->by_line && text->chars[where] == '#';
    return refuse_at(text, where,
                     hash                              ? "comments are written // or /* */"
                     : result == json_tokener_continue ? "it ends too early"
                                                       : json_tokener_error_desc(result),
                     why);
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

/* Notes one key, which stands with its quotation marks from `at` to before `end`. */
static enum status note_key(struct json_object *keys, const struct text *text, size_t at, size_t end,
                            char *why)
{
    struct json_object *key;
    char place[PLACE_MAX];
    const struct text word = {.chars = text->chars + at, .length = end - at};
    enum status status = parse(&key, &word, 1, why); /* \u0061 is an a */
    if (status) {
        return status;
    }
    const char *name = json_object_get_string(key);
    if (json_object_object_get_ex(keys, name, NULL)) {
        snprintf(why, JSON_WHY_MAX, "%.60s: given twice, again at %s; leave one out", name,
                 name_place(place, text, at));
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

/* The text has been parsed, and so is known to be good. */
static enum status check_keys(const struct text *whole, char *why)
{
    const char *text = whole->chars;
    const size_t length = whole->length;
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
                status = note_key(open.keys[open.depth - 1], whole, at, end + 1, why);
            }
            at = end;
        } else if (text[at] == '\'') { /* json-c takes 'a' for "a", strict as it is */
            status = refuse_at(whole, at, "a single quotation mark", why);
        }
    }
    while (open.depth > 0) {
        json_object_put(open.keys[--open.depth]);
    }
    return status;
}

/* Not left to json-c, which gets to see none but those of ASCII. */
static enum status check_characters(const struct text *text, char *why)
{
    struct utf8 utf8 = {0};
    for (size_t at = 0; at <= text->length; at++) { /* its NUL ends a character too early */
        if (!utf8_take(&utf8, (const unsigned char *)text->chars + at, 1)) {
            return refuse_at(text, at, "not UTF-8", why);
        }
    }
    return STATUS_OK;
}

static enum status parse_strictly(struct json_object **root, const struct text *text, int depth, char *why)
{
    const char *nul = memchr(text->chars, '\0', text->length);
    *root = NULL;
    if (nul) { /* json-c would take it for the end, and whatever follows for nothing */
        return refuse_at(text, (size_t)(nul - text->chars), "a NUL", why);
    }
    enum status status = check_characters(text, why);
    if (status == STATUS_OK) {
        status = parse(root, text, depth, why);
    }
    if (status == STATUS_OK) {
        status = check_keys(text, why);
    }
    if (status) {
        json_object_put(*root);
        *root = NULL;
    }
    return status;
}

enum status json_parse(struct json_object **root, const char *text, size_t length, int depth,
                       char why[JSON_WHY_MAX])
{
    *root = NULL;
    if (length >= INT_MAX / 4) { /* as ASCII it is up to three times as long */
        snprintf(why, JSON_WHY_MAX, "not valid JSON at byte %zu: too long", length);
        return STATUS_CORRUPT;
    }
    char *copy = malloc(length + 1); /* with a NUL, for one end to look for */
    if (!copy) {
        return refuse_memory(why);
    }
    memcpy(copy, text, length);
    copy[length] = '\0';
    const enum status status =
        parse_strictly(root, &(struct text){.chars = copy, .length = length}, depth, why);
    free(copy);
    return status;
}

/* The end of the comment that begins at text[at], just after it; 0: it does not end. */
static size_t end_of_comment(const char *text, size_t at)
{
    if (text[at + 1] == '/') {
        return at + strcspn(text + at, "\n");
    }
    const char *end = strstr(text + at + 2, "*/");
    return end ? (size_t)(end - text) + 2 : 0;
}

/* Makes comments blank, and leaves lines as they are. */
static enum status blank_comments(char *chars, size_t length, char *why)
{
    const struct text text = {.chars = chars, .length = length, .by_line = true};
    bool in_string = false;
    for (size_t at = 0; at < length; at++) {
        if (in_string && chars[at] == '\\' && at + 1 < length) {
            at++;
        } else if (chars[at] == '"') {
            in_string = !in_string;
        } else if (!in_string && chars[at] == '/' && (chars[at + 1] == '/' || chars[at + 1] == '*')) {
            const size_t end = end_of_comment(chars, at);
            if (end == 0) {
                return refuse_at(&text, at, "a comment that does not end", why);
            }
            for (; at < end; at++) {
                chars[at] = (char)(chars[at] == '\n' ? '\n' : ' ');
            }
            at--;
        }
    }
    return STATUS_OK;
}

/* What is in the file, up to the limit, and room for one more character. NULL: out of memory. *got is below 0
 * if it cannot be read. */
static char *read_text(int fd, size_t limit, size_t *length, ssize_t *got)
{
    size_t room = limit < 2048 ? limit : 2048;
    char *text = malloc(room + 1);
    while (text && *length < limit && (*got = read(fd, text + *length, room - *length)) > 0) {
        *length += (size_t)*got;
        if (*length == room) {
            room = room < limit / 2 ? 2 * room : limit;
            char *larger = realloc(text, room + 1);
            if (!larger) {
                free(text);
            }
            text = larger;
        }
    }
    return text;
}

/* The text of the file; NULL, and in *status and `why` why there is none. */
static char *read_file(const char *path, size_t limit, size_t *length, enum status *status, char *why)
{
    ssize_t got = 0;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        snprintf(why, JSON_WHY_MAX, "%s; give another file", strerror(errno));
        *status = status_from_errno(errno);
        return NULL;
    }
    char *text = read_text(fd, limit, length, &got);
    const int err = errno;
    close(fd);
    if (!text) {
        *status = refuse_memory(why);
    } else if (got < 0) {
        snprintf(why, JSON_WHY_MAX, "%s; give a plain file", strerror(err));
        *status = status_from_errno(err);
    } else if (*length == limit) {
        snprintf(why, JSON_WHY_MAX, "larger than %zu bytes; give another file", limit - 1);
        *status = STATUS_CORRUPT;
    } else {
        text[*length] = '\0';
        return text;
    }
    free(text);
    return NULL;
}

enum status json_parse_file(struct json_object **root, const char *path, size_t limit, int depth,
                            char why[JSON_WHY_MAX])
{
    size_t length = 0;
    enum status status = STATUS_OK;
    char *text = read_file(path, limit, &length, &status, why);
    *root = NULL;
    if (text) {
        status = blank_comments(text, length, why);
    }
    if (text && status == STATUS_OK) {
        const struct text whole = {.chars = text, .length = length, .by_line = true};
        status = parse_strictly(root, &whole, depth, why);
    }
    free(text);
    return status;
}
