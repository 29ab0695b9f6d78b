/* SPDX-License-Identifier: GPL-3.0-or-later */
/* POST /api/phi, /api/calibrate, /api/record, /api/replay and /api/patch: from the request's head through its
 * body to the answer.
 *
 * Who may post is access.h's to say. The body must call itself application/json, which a page's form cannot.
 * Event loop's thread. */
#ifndef PHICAST_BROADCASTER_HTTP_POST_H
#define PHICAST_BROADCASTER_HTTP_POST_H

#include "broadcaster/control/recorder.h"
#include "broadcaster/control/remote.h"
#include "broadcaster/http/access.h"
#include "broadcaster/http/reply.h"
#include "shared/json/messages.h"

#include <stdbool.h>
#include <stddef.h>

#define POST_BODY_MAX 1024

/* Whether something can be posted to that path. */
bool post_takes(const char *path);

/* What is wrong with the head of a POST to such a path, by itself; code 0: its body may come. */
struct verdict post_judge(const struct http_request *request);

/* What a POST may move. */
struct post_means {
    struct remote *remote;
    const struct recorder *recorder;
    struct source *source;
};

/* Does what was asked for and fills the answer, whose text is in `scratch`. */
void post_answer(const struct http_request *request, const char *body, size_t length,
                 const struct post_means *means, struct message *scratch, struct reply *reply);

#endif
