/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands at which path, and who may ask. Event loop's thread. */
#ifndef PHICAST_BROADCASTER_HTTP_H
#define PHICAST_BROADCASTER_HTTP_H

#include "broadcaster/hands.h"
#include "broadcaster/hub.h"
#include "broadcaster/limits.h"
#include "broadcaster/osc/in.h"
#include "broadcaster/post.h"

#include <libwebsockets.h>
#include <stdint.h>

struct http {
    struct hub *hub;
    struct hands *hands;
    const struct osc_in *osc_in;
    const struct access *access;
    struct limits *limits;
    uint64_t started_us;    /* CLOCK_MONOTONIC */
    struct message scratch; /* start from {0}; free with message_free */
};

/* Answers LWS_CALLBACK_HTTP; post is the session's. Returns 0, or -1 to close. */
int http_request(struct lws *wsi, struct http *http, struct post *post, const char *path);

/* Answers LWS_CALLBACK_HTTP_BODY. Returns 0. */
int http_body(struct post *post, const void *bytes, size_t length);

/* Answers LWS_CALLBACK_HTTP_BODY_COMPLETION. Returns 0, or -1 to close. */
int http_body_complete(struct lws *wsi, struct http *http, struct post *post);

/* Answers LWS_CALLBACK_HTTP_CONFIRM_UPGRADE: 0 lets the upgrade go on, 1: an HTTP answer was given instead,
 * -1 to close. */
int http_upgrade(struct lws *wsi, struct http *http, const char *protocol);

#endif
