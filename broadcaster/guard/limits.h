/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How many may come, from where, and how often they may post. Whatever clients do, descriptors and memory are
 * bounded by these. Event loop's thread.
 *
 * Streams are counted against max_clients and max_per_address and refused with 503; connections of any kind
 * may be a few more, so that there is room to say so and to answer HTTP, and are closed unanswered beyond
 * that. */
#ifndef PHICAST_BROADCASTER_GUARD_LIMITS_H
#define PHICAST_BROADCASTER_GUARD_LIMITS_H

#include "shared/status.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    LIMITS_CLIENTS_DEFAULT = 4096,
    LIMITS_CLIENTS_MAX = 100000,
    LIMITS_SPARE = 128,  /* connections beyond max_clients, where descriptors are not scarce */
    LIMITS_RESERVE = 12, /* descriptors that no connection gets; see limits_fit */
    LIMITS_SPARE_PER_ADDRESS = 8,
    LIMITS_TARGETS_SHARE = 32, /* one descriptor in so many is for targets */
    LIMITS_POSTS_BURST = 100,
    LIMITS_BUCKETS = 256
};

#define LIMITS_ADDRESS_DEFAULT 64 /* and none for this machine itself */
#define LIMITS_POSTS_HZ 20        /* per address, in the long run */

/* One remote address that is connected. IPv6: its first 64 bits, which one machine may have to itself. */
struct address {
    struct address *next;
    uint8_t key[16];
    bool loopback;
    uint32_t connections;
    uint32_t streams;
};

/* Start with limits_init. */
struct limits {
    uint32_t max_clients;
    uint32_t spare;           /* connections beyond those */
    uint32_t max_per_address; /* 0: the default rule */
    uint32_t per_stream;      /* descriptors */
    uint32_t descriptors;     /* a connection's number is below that */
    uint32_t targets;         /* of sinks: descriptors that are theirs to open at any time; see limits_fit */
    uint32_t connections;
    uint32_t streams;
    struct address *address[LIMITS_BUCKETS];
    struct {
        uint64_t at_us;
        double left;
    } posts[LIMITS_BUCKETS]; /* those whose addresses fall together share */
    uint64_t refused_connections;
    uint64_t refused_streams;
    uint64_t refused_posts;
};

/* Raises the process's limit of descriptors as far as it takes and goes. per_stream: descriptors that a
 * stream takes. */
void limits_init(struct limits *limits, uint32_t max_clients, uint32_t max_per_address, uint32_t per_stream);

/* Once all is open that stays open: what is left is for connections, but for LIMITS_RESERVE, with which an
 * analyser is found again, names are looked up and files read, for `more` that are to be opened later, and
 * for `targets`: as many as the sinks have said, or, if that is more, a share of all, up to OPTION_LIST_MAX.
 * Where the rest is too little for max_clients, it becomes less, and the log says so. STATUS_IO: it is too
 * little for anybody; `error` has OPTION_ERROR_MAX bytes and says it in words. */
MUST_CHECK enum status limits_fit(struct limits *limits, uint32_t more, char *error);

/* Whether a connection from there may be taken up. */
bool limits_may_connect(struct limits *limits, const struct sockaddr *from);

/* A connection that has been taken up; NULL when out of memory. Give it back with limits_disconnect. */
struct address *limits_connect(struct limits *limits, const struct sockaddr *from);
void limits_disconnect(struct limits *limits, struct address *address);

/* Why there is no room for one more stream; NULL if there is. */
const char *limits_stream_refusal(struct limits *limits, const struct address *address);
void limits_open_stream(struct limits *limits, struct address *address);
void limits_close_stream(struct limits *limits, struct address *address);

/* Whether one more POST is all right now; it counts. */
bool limits_may_post(struct limits *limits, const struct address *address, uint64_t now_us);

#endif
