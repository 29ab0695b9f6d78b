/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands at which path, and who may ask. Knows requests and answers, not what they come and go by. Event
 * loop's thread. */
#ifndef PHICAST_BROADCASTER_HTTP_SITE_H
#define PHICAST_BROADCASTER_HTTP_SITE_H

#include "broadcaster/control/remote.h"
#include "broadcaster/guard/limits.h"
#include "broadcaster/guard/listen.h"
#include "broadcaster/http/post.h"
#include "broadcaster/http/upgrade.h"
#include "broadcaster/stream/hub.h"
#include "broadcaster/zeroconf/zeroconf.h"

#include <stdint.h>

struct site {
    struct hub *hub;
    struct remote *remote;
    const struct recorder *recorder;
    const struct access *access;
    struct limits *limits;
    const struct listen_plan *plan;
    uint64_t started_us;       /* CLOCK_MONOTONIC */
    struct zeroconf *zeroconf; /* what is announced; NULL: nothing, */
    const char *unannounced;   /* for this reason */
    struct message scratch;    /* start from {0}; free with message_free */
    char headers[256];         /* of the answer under way */
};

enum outcome {
    OUTCOME_ANSWERED, /* the reply is to be sent */
    OUTCOME_NEEDS_BODY /* request->content_length bytes are to be read, and given to site_body */,
    OUTCOME_UPGRADES /* the connection becomes the stream that `upgrade` describes */
};

/* address: where the request comes from. What the reply points to is good until the next call. */
enum outcome site_answer(struct site *site, const struct http_request *request, const struct address *address,
                         struct reply *reply, struct upgrade *upgrade);

/* The answer to a request whose body has come, of at most POST_BODY_MAX bytes. */
void site_body(struct site *site, const struct http_request *request, const char *body, struct reply *reply);

/* The answer to what was no request. */
void site_refuse(struct site *site, const struct http_request *request, struct refusal refusal,
                 struct reply *reply);

#endif
