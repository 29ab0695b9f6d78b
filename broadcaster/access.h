/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who may do what: Host, Origin, token, in that order. Event loop's thread. */
#ifndef PHICAST_BROADCASTER_ACCESS_H
#define PHICAST_BROADCASTER_ACCESS_H

#include "broadcaster/token.h"
#include "shared/options.h"

#include <libwebsockets.h>
#include <stdbool.h>

/* What a request is after. */
enum need {
    NEED_PUBLIC, /* the page's files, /healthz: nothing that tells of anything */
    NEED_READ,   /* HTTP that a page of elsewhere may ask for, but cannot read */
    NEED_STREAM, /* WebSocket, which it could */
    NEED_CONTROL /* moves something */
};

struct access {
    struct token token;                /* empty: none is asked for */
    const struct option_list *origins; /* allowed besides loopback's and our own */
    bool open;                         /* listens to other machines as well */
    char hostname[65];
};

/* Why not, to be answered; code 0: go on. */
struct verdict {
    unsigned code;
    const char *detail;
    const char *headers;
};

struct verdict access_judge(const struct access *access, struct lws *wsi, enum need need);

#endif
