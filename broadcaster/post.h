/* SPDX-License-Identifier: GPL-3.0-or-later */
/* POST /api/phi and POST /api/calibrate: from the request's head through its body to the answer.
 *
 * Who may post is access.h's to say. The body must call itself
 * application/json, which a page's form cannot. Whatever is wrong, a body of up to POST_SWALLOW_MAX bytes is
 * read to its end before the answer: a connection closed under a sender may take the answer with it. Event
 * loop's thread. */
#ifndef PHICAST_BROADCASTER_POST_H
#define PHICAST_BROADCASTER_POST_H

#include "broadcaster/access.h"
#include "broadcaster/hands.h"
#include "broadcaster/reply.h"
#include "shared/json/messages.h"

#include <libwebsockets.h>
#include <stdbool.h>
#include <stddef.h>

#define POST_BODY_MAX 1024

enum { POST_SWALLOW_MAX = 1048576 };

/* One request under way. Lives in libwebsockets' per-session memory. */
struct post {
    bool active;
    struct verdict refusal; /* to be answered */
    bool is_calibrate;
    size_t length; /* bytes of the body so far */
    char body[POST_BODY_MAX];
};

/* Whether something can be posted to that path. */
bool post_takes(const char *path);

/* Looks at the head of a POST to such a path. verdict: why it is refused already, if it is. True: the answer
 * can be given at once, by post_answer; false: the body is still to come. */
bool post_begin(struct post *post, struct lws *wsi, const char *path, struct verdict verdict);

/* A piece of the body. */
void post_body(struct post *post, const void *bytes, size_t length);

/* Does what was asked for and fills the answer, whose text is in `scratch`. */
void post_answer(struct post *post, struct hands *hands, struct message *scratch, struct reply *reply);

#endif
