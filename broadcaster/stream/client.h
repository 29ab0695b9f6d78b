/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One that follows a stream message by message. What carries the messages to it is its sink's, which keeps
 * the socket and all that goes with it in a struct of its own around this one. Event loop's thread. */
#ifndef PHICAST_BROADCASTER_STREAM_CLIENT_H
#define PHICAST_BROADCASTER_STREAM_CLIENT_H

#include <stdint.h>

enum stream_kind { STREAM_METRICS, STREAM_LATENCY, STREAM_EVENTS, STREAM_COUNT };

enum { METRICS_HZ = 30, LATENCY_HZ = 10 }; /* of a client that asks for no rate */

/* What a client asks for besides its stream. */
struct subscription {
    uint32_t rate_hz; /* state streams */
    uint32_t replay;  /* events: the last so many first */
    uint32_t add;     /* bits of enum metric_part: what else its messages are to have */
};

/* How soon a client must close, and with what. */
struct client_close {
    uint16_t code; /* of RFC 6455; 0: not to be closed */
    const char *reason;
};

struct carrier;
struct client;

/* Its sink's side. */
struct carrier {
    /* Something is due: to be sent now if it can be taken, else when it can, or to close. Whoever turns out
     * to be gone is removed later. */
    void (*serve)(struct client *client, uint64_t now_us);
    /* All that were to be served at this moment have been asked: what was gathered meanwhile goes out. */
    void (*flush)(struct carrier *carrier);
    /* It is to close and does not read: to be ended soon, with or without a word. */
    void (*drop)(struct client *client);
};

struct client {
    struct carrier *carrier;
    struct cohort *cohort;
    uint32_t place; /* in it */
    enum stream_kind stream;
    uint32_t add;      /* as asked */
    uint64_t position; /* state: its cohort's beat that was sent last; events: the event wanted next */
    struct client_close close;
};

#endif
