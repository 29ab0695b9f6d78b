/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/http/request.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct refusal fine = {0, NULL};

static const char *const field_names[FIELD_COUNT] = {
    [FIELD_HOST] = "host",
    [FIELD_ACCEPT] = "accept",
    [FIELD_ORIGIN] = "origin",
    [FIELD_AUTHORIZATION] = "authorization",
    [FIELD_CONTENT_TYPE] = "content-type",
    [FIELD_CONTENT_LENGTH] = "content-length",
    [FIELD_TRANSFER_ENCODING] = "transfer-encoding",
    [FIELD_EXPECT] = "expect",
    [FIELD_CONNECTION] = "connection",
    [FIELD_UPGRADE] = "upgrade",
    [FIELD_WS_KEY] = "sec-websocket-key",
    [FIELD_WS_VERSION] = "sec-websocket-version",
    [FIELD_WS_EXTENSIONS] = "sec-websocket-extensions",
    [FIELD_CORS_METHOD] = "access-control-request-method",
    [FIELD_CORS_PRIVATE] = "access-control-request-private-network",
};

static struct refusal bad(const char *detail)
{
    return (struct refusal){400, detail};
}

static bool is_list(enum request_field field)
{
    return field == FIELD_ACCEPT || field == FIELD_CONNECTION || field == FIELD_UPGRADE ||
           field == FIELD_WS_EXTENSIONS || field == FIELD_TRANSFER_ENCODING || field == FIELD_EXPECT;
}

/* RFC 9110, 5.6.2: what names of methods and fields are made of. */
static bool is_token_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("!#$%&'*+-.^_`|~", c));
}

static size_t token_length(const char *text)
{
    size_t length = 0;
    while (is_token_char(text[length])) {
        length++;
    }
    return length;
}

size_t request_head_end(const char *text, size_t length, size_t seen, struct refusal *refusal)
{
    for (size_t i = seen; i < length; i++) {
        if (i >= REQUEST_HEAD_MAX) {
            *refusal = memchr(text, '\n', i) ? (struct refusal){431, "the request's head is too large"}
                                             : (struct refusal){414, "the request's line is too long"};
            return 0;
        }
        if (text[i] == '\0' || (text[i] == '\n' && (i == 0 || text[i - 1] != '\r'))) {
            *refusal = bad("lines end in CR LF, and no NUL is among them");
            return 0;
        }
        if (text[i] == '\n' && i >= 3 && text[i - 2] == '\n') {
            return i + 1;
        }
    }
    return 0;
}

static int hex_value(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Decodes %XX where it lies. False where there is no such thing, or a control character comes of it: that
 * could be taken for the end of a line by somebody. */
static bool decode(char *text)
{
    char *out = text;
    for (const char *in = text; *in != '\0'; in++) {
        char c = *in;
        if (c == '%') {
            const int high = hex_value(in[1]);
            const int low = high < 0 ? -1 : hex_value(in[2]);
            if (low < 0) {
                return false;
            }
            c = (char)(high * 16 + low);
            in += 2;
        }
        if ((unsigned char)c < ' ' || c == 0x7f) {
            return false;
        }
        *out++ = c;
    }
    *out = '\0';
    return true;
}

/* For the query, which stays as it is for the sake of its "&"s. */
static bool is_decodable(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '%') {
            const int high = hex_value(text[1]);
            const int low = high < 0 ? -1 : hex_value(text[2]);
            if (low < 0 || high * 16 + low < ' ' || high * 16 + low == 0x7f) {
                return false;
            }
            text += 2;
        }
    }
    return true;
}

static struct refusal take_method(struct http_request *request, const char *text, size_t length)
{
    static const struct {
        const char *name;
        enum request_method method;
    } methods[] = {{"GET", METHOD_GET},         {"HEAD", METHOD_HEAD},   {"POST", METHOD_POST},
                   {"OPTIONS", METHOD_OPTIONS}, {"PUT", METHOD_OTHER},   {"DELETE", METHOD_DELETE},
                   {"PATCH", METHOD_OTHER},     {"TRACE", METHOD_OTHER}, {"CONNECT", METHOD_OTHER}};
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        if (strlen(methods[i].name) == length && memcmp(methods[i].name, text, length) == 0) {
            request->method = methods[i].method;
            return fine;
        }
    }
    return (struct refusal){501, "no such method here"};
}

/* Absolute form: moves what names the host in front of it, NUL-terminated, and returns the path. A path that
 * is left out is "/". */
static char *take_authority(struct http_request *request, char *target)
{
    static const char http[] = "http://";
    static const char https[] = "https://";
    size_t scheme = strncasecmp(target, http, sizeof http - 1) == 0     ? sizeof http - 1
                    : strncasecmp(target, https, sizeof https - 1) == 0 ? sizeof https - 1
                                                                        : 0;
    const size_t length = strcspn(target + scheme, "/?");
    if (scheme == 0 || length == 0) {
        return NULL;
    }
    memmove(target, target + scheme, length);
    target[length] = '\0';
    request->host = target;
    char *path = target + scheme + length;
    if (*path != '/') { /* the scheme has left room in front */
        *--path = '/';
    }
    return path;
}

static struct refusal take_target(struct http_request *request, char *target)
{
    for (const char *c = target; *c != '\0'; c++) {
        if (*c <= ' ' || *c > '~' || *c == '#') {
            return bad("the request's target has characters that none may have");
        }
    }
    if (request->method == METHOD_OPTIONS && strcmp(target, "*") == 0) {
        request->path = target;
        return fine;
    }
    if (request->method == METHOD_OTHER && target[0] != '/') { /* CONNECT names a host */
        request->path = "/";
        return fine;
    }
    char *path = target[0] == '/' ? target : take_authority(request, target);
    if (!path) {
        return bad("the request's target is neither a path nor an http:// URL");
    }
    char *query = strchr(path, '?');
    if (query) {
        *query++ = '\0';
        request->query = query;
    }
    if (!decode(path) || !is_decodable(request->query)) {
        return bad("the request's target is not well encoded");
    }
    request->path = path;
    return fine;
}

static struct refusal take_first_line(struct http_request *request, char *line, bool *is_1_0)
{
    const size_t method = token_length(line);
    char *target = line + method + 1;
    char *version = method > 0 && line[method] == ' ' ? strchr(target, ' ') : NULL;
    if (!version || strncmp(version + 1, "HTTP/", 5) != 0 || version[6] < '0' || version[6] > '9' ||
        version[7] != '.' || version[8] < '0' || version[8] > '9' || version[9] != '\0') {
        return bad("a request begins with a method, a target and HTTP/1.1");
    }
    if (version[6] != '1') {
        return (struct refusal){505, "only HTTP/1.1 is spoken here"};
    }
    *is_1_0 = version[8] == '0';
    *version = '\0';
    const struct refusal refusal = take_method(request, line, method);
    return refusal.code ? refusal : take_target(request, target);
}

/* A list that comes in several fields is one. */
static struct refusal join(struct http_request *request, enum request_field field, const char *value)
{
    char *joined = request->list + request->joined;
    const size_t room = sizeof request->list - request->joined;
    const int length = snprintf(joined, room, "%s, %s", request->field[field], value);
    if (length < 0 || (size_t)length >= room) {
        return (struct refusal){431, "a header field came too often"};
    }
    request->field[field] = joined;
    request->joined += (size_t)length + 1;
    return fine;
}

static struct refusal take_field(struct http_request *request, char *line)
{
    const size_t name = token_length(line);
    if (name == 0 || line[name] != ':') {
        return bad("a header field is a name, a colon at once, and a value");
    }
    char *value = line + name + 1;
    value += strspn(value, " \t");
    char *end = value + strlen(value);
    while (end > value && (end[-1] == ' ' || end[-1] == '\t')) {
        *--end = '\0';
    }
    for (const char *c = value; *c != '\0'; c++) {
        if (((unsigned char)*c < ' ' && *c != '\t') || *c == 0x7f) {
            return bad("a header field has a control character");
        }
    }
    for (int i = 0; i < FIELD_COUNT; i++) {
        if (strlen(field_names[i]) != name || strncasecmp(field_names[i], line, name) != 0) {
            continue;
        }
        if (!request->field[i]) {
            request->field[i] = value;
        } else if (is_list((enum request_field)i)) {
            return join(request, (enum request_field)i, value);
        } else {
            return bad("a header field that may come once has come twice");
        }
    }
    return fine;
}

/* What the body's length is, and that everybody would say the same. */
static struct refusal take_length(struct http_request *request)
{
    const char *length = request->field[FIELD_CONTENT_LENGTH];
    const char *coding = request->field[FIELD_TRANSFER_ENCODING];
    if (length && coding) {
        return bad("Content-Length and Transfer-Encoding do not go together");
    }
    if ((length || coding) && (request->method == METHOD_GET || request->method == METHOD_HEAD)) {
        return bad("GET and HEAD have no body here");
    }
    if (!length) {
        return fine;
    }
    if (length[0] == '\0' || length[strspn(length, "0123456789")] != '\0') {
        return bad("Content-Length is not a number");
    }
    for (const char *c = length; *c != '\0'; c++) {
        const size_t digit = (size_t)(*c - '0');
        request->content_length = request->content_length > (SIZE_MAX - digit) / 10
                                      ? SIZE_MAX
                                      : request->content_length * 10 + digit;
    }
    return fine;
}

static struct refusal check_fields(struct http_request *request, bool is_1_0)
{
    const char *host = request->field[FIELD_HOST];
    const char *expect = request->field[FIELD_EXPECT];
    if (!host && !is_1_0) {
        return bad("give the Host");
    }
    if (request->host[0] == '\0') {
        request->host = host ? host : "";
    }
    struct refusal refusal = take_length(request);
    if (refusal.code == 0 && expect && strcasecmp(expect, "100-continue") != 0) {
        refusal = (struct refusal){417, "nothing is expected here but 100-continue"};
    }
    request->expects_continue = expect && !is_1_0 && request->content_length > 0;
    request->keep_alive = !is_1_0 && !request_lists(request->field[FIELD_CONNECTION], "close");
    if (is_1_0) { /* it knows neither */
        request->field[FIELD_UPGRADE] = NULL;
    }
    return refusal;
}

struct refusal request_parse(struct http_request *request, char *head, size_t length)
{
    bool is_1_0 = false;
    char *line = head;
    unsigned fields = 0;
    struct refusal refusal = fine;
    *request = (struct http_request){.path = "/", .query = "", .host = ""};
    while (refusal.code == 0 && line < head + length) {
        char *end = memchr(line, '\r', (size_t)(head + length - line));
        if (!end || end[1] != '\n') {
            return bad("lines end in CR LF");
        }
        end[0] = '\0';
        if (line == head) {
            refusal = take_first_line(request, line, &is_1_0);
        } else if (end == line) {
            return check_fields(request, is_1_0);
        } else if (fields++ == REQUEST_FIELDS_MAX) {
            refusal = (struct refusal){431, "too many header fields"};
        } else {
            refusal = take_field(request, line);
        }
        line = end + 2;
    }
    return refusal;
}

bool request_lists(const char *list, const char *token)
{
    const size_t length = strlen(token);
    while (list && *list != '\0') {
        list += strspn(list, ", \t");
        const size_t item = strcspn(list, ",");
        size_t used = item;
        while (used > 0 && (list[used - 1] == ' ' || list[used - 1] == '\t')) {
            used--;
        }
        if (used == length && strncasecmp(list, token, length) == 0) {
            return true;
        }
        list += item;
    }
    return false;
}

bool request_accepts(const char *list, const char *type)
{
    const size_t length = strlen(type);
    while (list && *list != '\0') {
        list += strspn(list, ", \t");
        const size_t item = strcspn(list, ",");
        const char *weight = memmem(list, item, "q=", 2);
        if (item >= length && strncasecmp(list, type, length) == 0 && strchr("; \t,", list[length]) &&
            !(weight && strtod(weight + 2, NULL) == 0)) {
            return true;
        }
        list += item;
    }
    return false;
}

const char *request_next_argument(const char **at, char *out, size_t size)
{
    while (**at != '\0') {
        const char *text = *at;
        const size_t length = strcspn(text, "&");
        *at = text + length + (text[length] == '&' ? 1 : 0);
        if (length > 0 && length < size) {
            memcpy(out, text, length);
            out[length] = '\0';
            if (decode(out)) {
                return out;
            }
        }
    }
    return NULL;
}

bool request_argument(const struct http_request *request, const char *name, char *out, size_t size)
{
    const size_t length = strlen(name);
    const char *at = request->query;
    while (request_next_argument(&at, out, size)) {
        if (strncmp(out, name, length) == 0 && out[length] == '=') {
            memmove(out, out + length + 1, strlen(out + length + 1) + 1);
            return true;
        }
    }
    return false;
}
