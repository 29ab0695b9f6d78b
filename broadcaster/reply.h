/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One whole HTTP/1.1 response in one write: status line, headers and body. */
#ifndef PHICAST_BROADCASTER_REPLY_H
#define PHICAST_BROADCASTER_REPLY_H

#include <libwebsockets.h>
#include <stdbool.h>
#include <stddef.h>

struct reply {
    unsigned code;            /* HTTP status */
    const char *content_type; /* with its charset */
    const char *headers;      /* more header lines, each ending in CRLF; NULL for none */
    const void *body;
    size_t length;
    bool head_only; /* the answer to HEAD: all but the body */
    bool close;     /* the connection ends after this response */
};

extern const char reply_json[]; /* the content type of every JSON body */

/* Event loop's thread. False when it could not be sent: close the connection. */
bool reply_send(struct lws *wsi, const struct reply *reply);

#endif
