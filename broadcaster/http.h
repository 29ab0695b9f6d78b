/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands at which path, and who may ask. Knows requests and answers, not what they come and go by. Event
 * loop's thread. */
#ifndef PHICAST_BROADCASTER_HTTP_H
#define PHICAST_BROADCASTER_HTTP_H

#include "broadcaster/hands.h"
#include "broadcaster/hub.h"
#include "broadcaster/limits.h"
#include "broadcaster/osc/in.h"
#include "broadcaster/post.h"
#include "broadcaster/ws.h"

#include <stdint.h>

struct http {
    struct hub *hub;
    struct hands *hands;
    const struct osc_in *osc_in;
    const struct access *access;
    struct limits *limits;
    uint64_t started_us;    /* CLOCK_MONOTONIC */
    struct message scratch; /* start from {0}; free with message_free */
    char headers[256];      /* of the answer under way */
};

enum http_outcome {
    HTTP_ANSWERED, /* the reply is to be sent */
    HTTP_NEEDS_BODY /* request->content_length bytes are to be read, and given to http_body */,
    HTTP_UPGRADES /* the connection becomes the stream that `offer` describes */
};

/* address: where the request comes from. What the reply points to is good until the next call. */
enum http_outcome http_answer(struct http *http, const struct http_request *request,
                              const struct address *address, struct reply *reply, struct ws_offer *offer);

/* The answer to a request whose body has come, of at most POST_BODY_MAX bytes. */
void http_body(struct http *http, const struct http_request *request, const char *body, struct reply *reply);

/* The answer to what was no request. */
void http_refuse(struct http *http, const struct http_request *request, struct refusal refusal,
                 struct reply *reply);

#endif
