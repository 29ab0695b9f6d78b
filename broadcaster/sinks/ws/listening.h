/* SPDX-License-Identifier: GPL-3.0-or-later */
/* OSCQuery's WebSocket: what each client listens to, the values as OSC messages, and what clients set.
 *
 * A value is read and made a message when the first of its listeners is served with a frame, and then only if
 * it is another than before; all share it. Nothing is made of what nobody listens to. Event loop's thread. */
#ifndef PHICAST_BROADCASTER_SINKS_WS_LISTENING_H
#define PHICAST_BROADCASTER_SINKS_WS_LISTENING_H

#include "broadcaster/control/remote.h"
#include "broadcaster/stream/hub.h"
#include "shared/json/reports.h"
#include "shared/osc_space.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#define HEARD_MAX 4096 /* bytes of a message that a client may send */

enum { LEAF_WORDS = (OSC_LEAVES + 63) / 64 }; /* of a set of leaves, by their numbers */

struct listened;

/* Of which the tree's nodes are made; another one is another tree. */
struct listening_shape {
    uint32_t channels;
    uint32_t bands;
    bool channel_bands;
    bool analyser; /* tells of itself */
};

/* What all of them share. */
struct listening {
    struct hub *hub;
    struct remote *remote;
    struct listened *leaf; /* OSC_LEAVES of them; NULL: there is no client */
    struct listening_shape shape;
    uint64_t shapes; /* that there have been */
    struct encoded path_changed;
    struct encoded batch; /* messages for one client, frame by frame */
    struct oscquery_report report;
};

/* One client. */
struct listener {
    struct listening *all;
    bool may_set;
    uint64_t generation; /* of the hub's frames: what it has been sent */
    uint64_t shapes;     /* it knows of so many */
    uint64_t hears[LEAF_WORDS];
    uint64_t owed[LEAF_WORDS]; /* to be sent even though they have not changed */
    uint32_t offered;          /* messages in the batch that is for it */
    size_t length;             /* of what it has said of its message so far */
    unsigned char said[HEARD_MAX];
};

/* Hub and remote are set. */
void listening_open(struct listening *listening);
/* No listener may be left. */
void listening_close(struct listening *listening);

/* may_set: it may send commands. NULL when out of memory. */
struct listener *listener_open(struct listening *listening, bool may_set);
void listener_close(struct listener *listener);

/* Part of a message, of HEARD_MAX bytes at most; `ends`: the last one, of a text or else a binary one. */
void listener_hear(struct listener *listener, const void *bytes, size_t length, bool ends, bool is_text);

/* All that is due with the hub's present frame, as WebSocket frames one behind the other; empty if there is
 * nothing. Good until the next call for any listener. */
struct iovec listener_next(struct listener *listener);

/* What listener_next made has been handed over. */
void listener_sent(struct listener *listener);

#endif
