/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where frames and events go: each kind of sink is a file or a folder of sinks/, and a line of sinks/list.c.
 *
 * A sink never waits, and one that is slow takes nothing from the others. It gets every event once and in
 * order, and frames when it looks for them. All functions: the event loop's thread. */
#ifndef PHICAST_BROADCASTER_STREAM_SINK_H
#define PHICAST_BROADCASTER_STREAM_SINK_H

#include "broadcaster/source/source.h"
#include "shared/control.h"
#include "shared/event.h"
#include "shared/status.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct broadcaster_options;
struct channel_note;
struct connections;
struct ev_loop;
struct hub;
struct limits;
struct recorder;
struct remote;
struct server_report;

/* What a sink is given; all of it outlives the sink. */
struct sink_context {
    const struct broadcaster_options *options;
    struct ev_loop *loop;
    struct hub *hub;                 /* the streams, and the encoded copies of their messages */
    struct remote *remote;           /* takes commands */
    struct recorder *recorder;       /* a switch, for the sink that records */
    struct limits *limits;           /* how many may come */
    struct connections *connections; /* HTTP's; hand over what becomes a stream */
    const struct channel_note *past; /* the predecessor's, CHANNEL_NOTES of them; until it is open */
};

/* Which event: the analyser's start, and the place in its ring. The broadcaster's own events (analyser lost
 * and found) have the place of the one that comes next. */
struct event_id {
    uint64_t writer;
    uint64_t index;
};

struct sink;

/* All but name, open and close may be NULL. */
struct sink_kind {
    /* At most SINK_NAME_MAX letters: its place in the note of what has been delivered goes by that. */
    const char *name;

    /* *sink stays NULL where the options want none of this kind. On failure `error`, of OPTION_ERROR_MAX
     * bytes, is one line naming the thing and the cure. */
    enum status (*open)(struct sink **sink, const struct sink_context *context, char *error);

    /* NULL: it sends what the hub has in its log of events (eventlog.h). */
    void (*event)(struct sink *sink, const struct event *event, struct event_id id, uint64_t now_us);

    /* Does all that is due. Returns when it must be called again, CLOCK_MONOTONIC in us. */
    uint64_t (*beat)(struct sink *sink, const struct source *source, uint64_t now_us);

    /* Bits of enum metric_part: what it wants measured. */
    uint32_t (*wants_parts)(const struct sink *sink);

    /* Whether anybody waits for events. Else they may come some milliseconds late. */
    bool (*wants_events)(const struct sink *sink);

    /* The place of the first event that is not delivered yet, UINT64_MAX: all are. NULL: an event is as soon
     * as it has been given. */
    uint64_t (*reached)(const struct sink *sink, uint64_t now_us);

    /* One target more, told by a URL of the kind's own, or one less; keep: the next start is to have it as
     * well. Neither waits. The report has the ids. `error` has OPTION_ERROR_MAX bytes and says it in one
     * line. STATUS_BAD_ARG: it is no such URL; STATUS_NOT_FOUND: there is no target of that id; STATUS_BUSY:
     * there is that target already, or no room for another; else it could not be done, and nothing was. */
    enum status (*add_target)(struct sink *sink, const char *url, bool keep, uint32_t *id, char *error);
    enum status (*remove_target)(struct sink *sink, uint32_t id, char *error);

    /* Its part of what /api/status tells. */
    void (*report)(const struct sink *sink, struct server_report *report);

    /* The lines that say where it listens, once all is open. */
    void (*announce)(const struct sink *sink, FILE *out);

    /* At the end, when nothing new comes any more: whether it still has to say goodbye to somebody. */
    bool (*is_busy)(const struct sink *sink);

    void (*close)(struct sink *sink);
};

/* Begins the struct of every open sink. */
struct sink {
    const struct sink_kind *kind;
};

#endif
