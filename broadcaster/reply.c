/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEADERS_MAX = 1024 };

const char reply_json[] = "application/json; charset=utf-8";

static const char *phrase(unsigned code)
{
    switch (code) {
    case 200: return "OK";
    case 202: return "Accepted";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 411: return "Length Required";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 421: return "Misdirected Request";
    case 429: return "Too Many Requests";
    case 503: return "Service Unavailable";
    default: return "Internal Server Error";
    }
}

/* libwebsockets' own header functions name HTTP/1.0 when asked before it has looked at the version, which is
 * the case for a refused upgrade, and some WebSocket clients then cannot read the status. */
bool reply_send(struct lws *wsi, const struct reply *reply)
{
    const size_t sent_body = reply->head_only ? 0 : reply->length;
    unsigned char *block = malloc(LWS_PRE + HEADERS_MAX + sent_body);
    if (!block) {
        return false;
    }
    char *text = (char *)block + LWS_PRE;
    const int written =
        snprintf(text, HEADERS_MAX,
                 "HTTP/1.1 %u %s\r\n"
                 "Content-Type: %s\r\n"
                 "Content-Length: %zu\r\n"
                 "Cache-Control: no-cache\r\n"
                 "X-Content-Type-Options: nosniff\r\n"
                 "%s%s\r\n",
                 reply->code, phrase(reply->code), reply->content_type, reply->length,
                 reply->close ? "Connection: close\r\n" : "", reply->headers ? reply->headers : "");
    bool good = written > 0 && written < HEADERS_MAX;
    if (good) {
        const size_t length = (size_t)written + sent_body;
        if (sent_body > 0) {
            memcpy(text + written, reply->body, sent_body);
        }
        good = lws_write(wsi, block + LWS_PRE, length, LWS_WRITE_HTTP_HEADERS) == (int)length;
    }
    free(block);
    return good;
}
