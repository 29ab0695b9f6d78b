/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The head of an HTTP/1.x request, read strictly: RFC 9110 and 9112, for what a server of ours is asked.
 * Pure.
 *
 * Strict, because what two readers cut differently is how a page's body becomes a request of its own. (There
 * is no parser that both Debian 12 and 13 have, and libwebsockets' own takes what it should not.) */
#ifndef PHICAST_BROADCASTER_HTTP_REQUEST_H
#define PHICAST_BROADCASTER_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

enum { REQUEST_HEAD_MAX = 16384, REQUEST_FIELDS_MAX = 100 };

enum request_method {
    METHOD_GET,
    METHOD_HEAD,
    METHOD_POST,
    METHOD_DELETE,
    METHOD_OPTIONS,
    METHOD_OTHER /* known to HTTP, and to no path of ours */
};

/* Header fields that somebody here reads. */
enum request_field {
    FIELD_HOST,
    FIELD_ACCEPT,
    FIELD_ORIGIN,
    FIELD_AUTHORIZATION,
    FIELD_CONTENT_TYPE,
    FIELD_CONTENT_LENGTH,
    FIELD_TRANSFER_ENCODING,
    FIELD_EXPECT,
    FIELD_CONNECTION,
    FIELD_UPGRADE,
    FIELD_WS_KEY,
    FIELD_WS_VERSION,
    FIELD_WS_EXTENSIONS,
    FIELD_CORS_METHOD,  /* Access-Control-Request-Method */
    FIELD_CORS_PRIVATE, /* Access-Control-Request-Private-Network */
    FIELD_COUNT
};

/* All text lies in the head's own bytes and in `list`, and ends in a NUL: not to be copied. */
struct http_request {
    enum request_method method;
    const char *path;               /* decoded; "*" for OPTIONS * */
    const char *query;              /* as sent, what follows the "?"; "" for none */
    const char *field[FIELD_COUNT]; /* without blanks around it; NULL: not there */
    const char *host;               /* the target's own, else the Host field's; "" for none (HTTP/1.0) */
    size_t content_length;          /* bytes of body that follow; SIZE_MAX for what is beyond counting */
    bool keep_alive;                /* the client would send another */
    bool expects_continue;          /* it waits for "100 Continue" before its body */
    size_t joined;                  /* bytes used of `list`, */
    char list[512];                 /* where lists are put together that came in several fields */
};

/* Why a request is not answered as asked; code 0: it is. */
struct refusal {
    unsigned code; /* HTTP status */
    const char *detail;
};

/* Where the head that begins `text` ends (its empty line included); 0: not yet. As soon as it can be seen
 * that it will be none, `refusal` says so: no line ending that is not CR LF, no NUL, no more than
 * REQUEST_HEAD_MAX bytes. `seen`: bytes looked at in an earlier call, which had fewer; 0 at first. */
size_t request_head_end(const char *text, size_t length, size_t seen, struct refusal *refusal);

/* Reads a whole head, whose length request_head_end gave, and cuts it into pieces where it lies. */
struct refusal request_parse(struct http_request *request, char *head, size_t length);

/* Whether a field's comma-separated list names `token`, upper or lower case. list: NULL is an empty one. */
bool request_lists(const char *list, const char *token);

/* Whether an Accept field names that type, with whatever parameters but a weight of 0. Ranges ("text/" and a
 * star) are not looked at. list: as above. */
bool request_accepts(const char *list, const char *type);

/* Copies the decoded value of argument `name` in the query. False if it has none, or too much of it. */
bool request_argument(const struct http_request *request, const char *name, char *out, size_t size);

/* The next "name=value" of a query, decoded; NULL after the last. *at starts as the query. An argument that
 * does not fit is passed over: none of ours is as long. */
const char *request_next_argument(const char **at, char *out, size_t size);

#endif
