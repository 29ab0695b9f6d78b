/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/http/upgrade.h"

#include "broadcaster/http/deflate_offer.h"
#include "broadcaster/stream/query.h"

#include <stdio.h>
#include <string.h>

enum { ARGUMENT_MAX = 256 }; /* bytes: none of ours is as long */

enum stream_kind upgrade_stream_of(const char *path)
{
    static const char *const paths[STREAM_COUNT] = {"/ws/metrics", "/ws/latency", "/ws/events"};
    int kind = 0;
    while (kind < STREAM_COUNT && strcmp(path, paths[kind]) != 0) {
        kind++;
    }
    return (enum stream_kind)kind;
}

static bool is_oscquery(const char *path)
{
    return strcmp(path, "/") == 0;
}

bool upgrade_takes(const char *path)
{
    return is_oscquery(path) || upgrade_stream_of(path) != STREAM_COUNT;
}

static struct refusal read_subscription(struct subscription *asked, enum stream_kind kind, const char *query)
{
    char argument[ARGUMENT_MAX];
    const char *wrong = NULL;
    *asked = query_default(kind);
    while (!wrong && request_next_argument(&query, argument, sizeof argument)) {
        wrong = query_take(asked, kind, argument);
    }
    return (struct refusal){wrong ? 400 : 0, wrong};
}

/* 16 bytes in base64. */
static bool is_key(const char *key)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    return key && strlen(key) == UPGRADE_KEY_LENGTH && strspn(key, digits) == UPGRADE_KEY_LENGTH - 2 &&
           strcmp(key + UPGRADE_KEY_LENGTH - 2, "==") == 0;
}

struct refusal upgrade_read(struct upgrade *upgrade, const struct http_request *request)
{
    const char *version = request->field[FIELD_WS_VERSION];
    const char *key = request->field[FIELD_WS_KEY];
    const char *offered = request->field[FIELD_WS_EXTENSIONS];
    if (!version || strcmp(version, "13") != 0) {
        return (struct refusal){426, "Sec-WebSocket-Version: 13 is spoken here"};
    }
    if (!is_key(key)) {
        return (struct refusal){400, "Sec-WebSocket-Key is missing, or not 16 bytes in base64"};
    }
    *upgrade = (struct upgrade){.kind = upgrade_stream_of(request->path)};
    memcpy(upgrade->key, key, UPGRADE_KEY_LENGTH);
    if (is_oscquery(request->path)) { /* what it says is to be read: nothing of it is to come compressed */
        upgrade->kind = STREAM_METRICS;
        upgrade->asked = query_default(STREAM_METRICS);
        upgrade->oscquery = true;
        return (struct refusal){0};
    }
    const size_t length = offered ? strlen(offered) : 0;
    if (offered && deflate_offer_takes(offered) && length < sizeof upgrade->extensions) {
        memcpy(upgrade->extensions, offered, length + 1);
    }
    return read_subscription(&upgrade->asked, upgrade->kind, request->query);
}

size_t upgrade_print(const struct upgrade *upgrade, char *out, size_t size)
{
    const bool extends = upgrade->extensions[0] != '\0';
    const int length =
        snprintf(out, size,
                 "GET / HTTP/1.1\r\nHost: phicast\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n%s%s%s\r\n",
                 upgrade->key, extends ? "Sec-WebSocket-Extensions: " : "", upgrade->extensions,
                 extends ? "\r\n" : "");
    return length > 0 && (size_t)length < size ? (size_t)length : 0;
}
