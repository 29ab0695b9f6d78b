/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One whole HTTP/1.1 response: status line, headers and body. */
#ifndef PHICAST_BROADCASTER_HTTP_REPLY_H
#define PHICAST_BROADCASTER_HTTP_REPLY_H

#include "shared/json/messages.h"

#include <stdbool.h>
#include <stddef.h>

struct reply {
    unsigned code;            /* HTTP status; 204 has no body */
    const char *content_type; /* with its charset */
    const char *headers;      /* more header lines, each ending in CRLF; NULL for none */
    const char *reader;       /* the origin whose pages may read it (CORS); NULL for none */
    const void *body;
    size_t length;
    bool head_only; /* the answer to HEAD: all but the body */
    bool close;     /* the connection ends after this response */
};

extern const char reply_json[]; /* the content type of every JSON body */

/* Makes it a JSON answer with that body; a failure to make the body becomes a plain 500. The rest stays. */
void reply_fill(struct reply *reply, unsigned code, enum status status, const struct message *body);

/* Makes it {"detail": detail}, whose text is in `scratch`. */
void reply_detail(struct reply *reply, unsigned code, const char *detail, struct message *scratch);

/* The bytes to be sent, for free(); NULL when out of memory. */
char *reply_print(const struct reply *reply, size_t *length);

#endif
