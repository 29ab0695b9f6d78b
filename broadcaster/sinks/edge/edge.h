/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What one --publish URL has come to, and what all of them share. Event loop's thread. */
#ifndef PHICAST_BROADCASTER_SINKS_EDGE_EDGE_H
#define PHICAST_BROADCASTER_SINKS_EDGE_EDGE_H

#include "broadcaster/sinks/edge/line.h"
#include "broadcaster/sinks/edge/url.h"
#include "broadcaster/stream/eventlog.h"
#include "broadcaster/stream/hub.h"

#include <netdb.h>

struct lws_context;
struct lws_vhost;
struct resolve;
struct ev_loop;
struct ssl_ctx_st;

enum { EDGE_HEADERS_MAX = 1024 };

/* As libwebsockets knows it; nothing on the wire. */
#define EDGE_PROTOCOL "edge"

/* What all edges share. */
struct edges {
    struct sink base;
    struct carrier carrier;
    struct hub *hub;
    struct lws_context *context;
    struct eventlog log;    /* events, apart from the hub's: here they are held for those who come back, */
    struct eventlog full;   /* and with onsets */
    uint32_t notes;         /* lines that have one, in the control segment */
    uint64_t writer;        /* whose they are */
    struct encoded scratch; /* libwebsockets masks what it sends in its place */
    uint32_t count;
    struct edge *edge;
    struct edge_report *report; /* of all lines */
};

struct edge {
    struct edges *all;
    const struct edge_url *url;
    struct ssl_ctx_st *trust; /* NULL without TLS */
    struct lws_vhost *vhost;
    char headers[EDGE_HEADERS_MAX]; /* of each handshake */
    struct resolve *resolve;        /* NULL: the name is not being asked for */
    struct addrinfo *list;          /* its addresses; NULL: none known */
    uint64_t resolved_us;           /* when */
    bool up;                        /* all of its lines are */
    bool told;                      /* that it is, or is not */
    uint64_t downs;                 /* how often it was not */
    uint32_t line_count;
    struct line *line;
};

/* For its lines. */

/* Whether a line may connect; else its name is asked for, and line_resolved called. */
bool edge_has_address(struct edge *edge, uint64_t now_us);

/* One of its lines is connected, or is no longer. */
void edge_look(struct edge *edge, const struct line *line);

/* Begins to connect: over WebSocket, or (asks) to ask what the channel holds. False: it could not begin. */
bool edge_connect(struct line *line, bool asks);

/* Has the line's connection closed soon, whatever it is at. */
void edge_disconnect(struct line *line);

/* Has line_writeable called as soon as something can be sent. */
void edge_want_write(struct line *line);

/* Sends a text. False: the connection is broken. */
bool edge_write(struct line *line, const struct wire *text);

/* For the sink. */

/* What the connections go through. False: `error` says why not. */
bool edge_open_context(struct edges *all, struct ev_loop *loop, uint32_t descriptors,
                       char error[OPTION_ERROR_MAX]);
/* Where its connections belong; the trust is set. */
bool edge_open_vhost(struct edge *edge, char error[OPTION_ERROR_MAX]);

#endif
