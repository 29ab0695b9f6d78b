/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who may do what: Host, Origin, token, in that order. Event loop's thread. */
#ifndef PHICAST_BROADCASTER_HTTP_ACCESS_H
#define PHICAST_BROADCASTER_HTTP_ACCESS_H

#include "broadcaster/guard/refusals.h"
#include "broadcaster/guard/token.h"
#include "broadcaster/http/request.h"
#include "shared/options.h"

#include <stdbool.h>

/* What a request is after. */
enum need {
    NEED_PUBLIC, /* the page's files, /healthz: nothing that tells of anything */
    NEED_READ,   /* HTTP that a page of elsewhere may ask for, but reads only if it is admitted (CORS) */
    NEED_STREAM, /* WebSocket, which it could read */
    NEED_CONTROL /* moves something */
};

struct access {
    struct tokens tokens;
    const struct option_list *origins; /* allowed besides loopback's and our own */
    struct refusals *refusals;         /* of other origins: noted here */
    bool open;                         /* listens to other machines as well */
    char hostname[65];
};

/* Why not, to be answered; code 0: go on. */
struct verdict {
    unsigned code;
    const char *detail;
    const char *headers;
};

/* A refused origin is noted, and logged, with the option that would admit it. */
struct verdict access_judge(const struct access *access, const struct http_request *request, enum need need);

/* A preflight's: as above without the token, which browsers keep for the request itself. */
struct verdict access_judge_preflight(const struct access *access, const struct http_request *request,
                                      enum need need);

/* Whether a request that was admitted with less would be with NEED_CONTROL: by its origin and its token. */
bool access_may_control(const struct access *access, const struct http_request *request);

/* The request's origin, if pages of it may read what NEED_STREAM may; else NULL. */
const char *access_reader(const struct access *access, const struct http_request *request);

#endif
