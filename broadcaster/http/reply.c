/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/http/reply.h"

#include "shared/json/reports.h"

#include <stdio.h>
#include <stdlib.h>

const char reply_json[] = "application/json; charset=utf-8";

static const char *phrase(unsigned code)
{
    switch (code) {
    case 200: return "OK";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 409: return "Conflict";
    case 411: return "Length Required";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 417: return "Expectation Failed";
    case 421: return "Misdirected Request";
    case 426: return "Upgrade Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    default: return "Internal Server Error";
    }
}

void reply_fill(struct reply *reply, unsigned code, enum status status, const struct message *body)
{
    static const char failed[] = "{\"detail\":\"out of memory\"}";
    reply->content_type = reply_json;
    reply->code = status ? 500 : code;
    reply->body = status ? failed : body->text;
    reply->length = status ? sizeof failed - 1 : body->length;
}

void reply_detail(struct reply *reply, unsigned code, const char *detail, struct message *scratch)
{
    reply_fill(reply, code, message_detail(scratch, detail), scratch);
}

static void print_head(const struct reply *reply, FILE *out)
{
    fprintf(out, "HTTP/1.1 %u %s\r\n", reply->code, phrase(reply->code));
    if (reply->code != 204) {
        fprintf(out, "Content-Type: %s\r\nContent-Length: %zu\r\n", reply->content_type, reply->length);
    }
    fprintf(out,
            "Cache-Control: no-cache\r\n"
            "X-Content-Type-Options: nosniff\r\n"
            "Vary: Origin\r\n"
            "%s%s%s%s%s\r\n",
            reply->close ? "Connection: close\r\n" : "", reply->reader ? "Access-Control-Allow-Origin: " : "",
            reply->reader ? reply->reader : "",
            reply->reader ? "\r\nAccess-Control-Expose-Headers: Retry-After\r\n" : "",
            reply->headers ? reply->headers : "");
}

char *reply_print(const struct reply *reply, size_t *length)
{
    const size_t body = reply->head_only || reply->code == 204 ? 0 : reply->length;
    char *text = NULL;
    FILE *out = open_memstream(&text, length);
    if (!out) {
        return NULL;
    }
    print_head(reply, out);
    if (body > 0) {
        (void)fwrite(reply->body, 1, body, out);
    }
    const bool whole = !ferror(out);
    if (fclose(out) != 0 || !whole) {
        free(text);
        return NULL;
    }
    return text;
}
