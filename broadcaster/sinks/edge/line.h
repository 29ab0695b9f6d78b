/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One channel of one edge, and the connection that its messages go over.
 *
 * One message is on its way at a time: the next is sent when nchan has answered it. A line of state then
 * sends what is newest; it is a client of the hub while it is connected, and so gets its schedule there. A
 * line of events goes through
 * its backlog.
 *
 * Whatever goes wrong ends the connection, and another is tried later: 250 ms after the first time, twice as
 * much each time up to 4 s, and 30 % more or less, so that edges are not met by all at once. Event loop's
 * thread. */
#ifndef PHICAST_BROADCASTER_SINKS_EDGE_LINE_H
#define PHICAST_BROADCASTER_SINKS_EDGE_LINE_H

#include "broadcaster/sinks/edge/answer.h"
#include "broadcaster/sinks/edge/backlog.h"
#include "broadcaster/stream/client.h"
#include "shared/json/reports.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct channel_note;
struct edge;
struct lws;

enum { LINE_NAME_MAX = 24, LINE_DETAIL_MAX = 160 };

enum line_state {
    LINE_WAITING,    /* for the time of the next attempt */
    LINE_RESOLVING,  /* the edge's name is being asked for */
    LINE_ASKING,     /* what the channel holds, over HTTP */
    LINE_CONNECTING, /* until WebSocket is spoken */
    LINE_IDLE,
    LINE_FLYING, /* a message is on its way, and not answered */
    LINE_ENDING  /* until libwebsockets lets it go */
};

struct line {
    struct client base; /* for state, while it is idle or flying */
    struct edge *edge;
    char name[LINE_NAME_MAX]; /* of the channel */
    struct subscription asked;
    enum line_state state;
    struct lws *wsi;        /* while there is a connection, or an attempt at one */
    uint64_t deadline_us;   /* of the state; UINT64_MAX: none */
    uint32_t failures;      /* since a message has been answered */
    uint64_t flown_us;      /* when the message on its way was sent */
    uint64_t connected_us;  /* since when it is; 0: it is not */
    uint64_t since_us;      /* while not connected: since when */
    uint64_t round_trip_us; /* of the last message answered */
    bool joined;            /* it is in the hub */
    bool asks_again;        /* the channel was asked, and the connection is opened next */
    struct backlog backlog; /* of a line of events */
    size_t length;          /* of what has come of an answer */
    char answer[EDGE_ANSWER_MAX];
    char detail[LINE_DETAIL_MAX];
    uint64_t sent;
    uint64_t acknowledged;
    uint64_t skipped; /* messages of state for which there was a newer one */
    uint64_t connections;
};

/* name, asked, base.stream and, for events, backlog are set. past: the predecessor's notes. */
void line_open(struct line *line, struct edge *edge, const struct channel_note *past, uint64_t now_us);

/* Does what its state's deadline asks for. */
void line_beat(struct line *line, uint64_t now_us);

/* The edge's name is known now, or (why) could not be found out. */
void line_resolved(struct line *line, const char *why, uint64_t now_us);

/* Events: there may be one more. */
void line_look(struct line *line);

/* Whether it is connected, and the edge has not been sent all. */
bool line_is_busy(const struct line *line);

void line_report(const struct line *line, struct edge_report *report, uint64_t now_us);

/* For struct carrier. */
void line_serve(struct client *client, uint64_t now_us);
void line_flush(struct carrier *carrier);
void line_drop(struct client *client);

/* What libwebsockets tells of its connection. Those that return a number return what its callback should: 0
 * to go on, -1 to close. */
int line_connected(struct line *line);
int line_writeable(struct line *line);
int line_received(struct line *line, const void *bytes, size_t length, bool ends);
int line_answered(struct line *line, unsigned status); /* HTTP's whole answer has come */
void line_note(struct line *line, const char *why);    /* why it will end; the first reason counts */
void line_gone(struct line *line);

#endif
