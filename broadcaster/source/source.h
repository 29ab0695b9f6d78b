/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where frames and events come from, behind one small interface: live.h, the analyser's segment, or replay.h,
 * a recording. All functions: the event loop's thread. */
#ifndef PHICAST_BROADCASTER_SOURCE_SOURCE_H
#define PHICAST_BROADCASTER_SOURCE_SOURCE_H

#include "shared/event.h"
#include "shared/json/reports.h"
#include "shared/json/requests.h"
#include "shared/metric.h"
#include "shared/status.h"
#include "shared/telemetry.h"

#include <stdbool.h>
#include <stdint.h>

enum source_state {
    SOURCE_ABSENT,  /* no analyser, or one that is still starting */
    SOURCE_REFUSED, /* a segment that cannot be believed: truncated, of another version, corrupt */
    SOURCE_STALLED, /* the analyser lives, but analyses nothing: it has no JACK server */
    SOURCE_LIVE,
    SOURCE_REPLAY /* it is a recording's, and no analyser's */
};

enum { SOURCE_WHY_MAX = 160 };

struct source;

struct source_kind {
    /* Brings all below up to date. Cheap enough to be called every millisecond. */
    void (*poll)(struct source *source, uint64_t now_us);

    /* NULL: frames are found by polling. Else it has them one after the other, each at its time, and this
     * goes on by one of them, or an event, if that is due. Returns when it is to be called again,
     * CLOCK_MONOTONIC in us. */
    uint64_t (*step)(struct source *source, uint64_t now_us);

    /* NULL where there is no step. STATUS_NOT_FOUND: the place cannot be gone to. */
    enum status (*steer)(struct source *source, const struct replay_wish *wish, uint64_t now_us);
    enum status (*next_event)(struct source *source, struct event *event);
    uint32_t (*sound_state)(const struct source *source);
    void (*resume)(struct source *source, uint64_t writer, uint64_t next);
    void (*close)(struct source *source);
};

/* What is known. Begins the struct of each kind. */
struct source {
    const struct source_kind *kind;
    const char *name; /* of the analyser */
    enum source_state state;
    char why[SOURCE_WHY_MAX]; /* one phrase on the state, for people */
    uint64_t writer;          /* start_time_us of the analyser that events come from; 0: none is there */
    uint64_t event_next;      /* its next event's place in its ring */
    bool takes_commands;      /* it reads what we write for it */
    struct metrics_snapshot metrics; /* the last good one, kept after its analyser's death */
    struct latency_snapshot latency; /* zeros when unknown */
    uint64_t frames;                 /* that step has come to, */
    uint64_t latencies;              /* and messages of latency: */
    struct latency_report recorded;  /* the last of these */
    struct replay_report replay;
    struct analyser_status status; /* valid if status_known */
    bool status_known;
    struct channel_names names; /* of its channels; all empty when there is no analyser */
    struct patchbay patchbay;   /* what its inputs can be connected to; empty then, too */
    uint64_t attached;          /* analysers found so far */
    uint64_t refused;           /* snapshots refused so far: left half-written, corrupt or going back */
    uint64_t refused_events;
    uint64_t lost_events; /* overwritten in the ring before they were read */
};

/* Whether it is a recording: its messages go out as they come, and nobody can be steered. */
static inline bool source_is_replay(const struct source *source)
{
    return source->kind->step != NULL;
}

/* Whether its frames are of this moment. */
static inline bool source_is_live(const struct source *source)
{
    return source->state >= SOURCE_LIVE;
}

static inline void source_poll(struct source *source, uint64_t now_us)
{
    source->kind->poll(source, now_us);
}

/* Only of a replay. */
MUST_CHECK static inline enum status source_steer(struct source *source, const struct replay_wish *wish,
                                                  uint64_t now_us)
{
    return source->kind->steer(source, wish, now_us);
}

static inline uint64_t source_step(struct source *source, uint64_t now_us)
{
    return source->kind->step ? source->kind->step(source, now_us) : UINT64_MAX;
}

/* STATUS_EMPTY: none (also without an analyser). Events that were lost or refused are counted, logged and
 * passed over. */
static inline enum status source_event(struct source *source, struct event *event)
{
    return source->kind->next_event(source, event);
}

/* The sound's state before the next event (enum sound_state): what the last change of state said of those
 * that the ring still holds, or the first to come, or the newest frame. */
static inline uint32_t source_sound_state(const struct source *source)
{
    return source->kind->sound_state(source);
}

/* Before the first source_poll: the analyser that started at that time (its segment's start_time_us) has had
 * its events before `next` read already, by an earlier broadcaster. */
static inline void source_resume(struct source *source, uint64_t writer, uint64_t next)
{
    source->kind->resume(source, writer, next);
}

static inline void source_close(struct source *source)
{
    source->kind->close(source);
}

/* What /ws/metrics should show: the newest frame while live, and else an idle one of that moment. */
void source_frame(const struct source *source, double unix_s, struct metrics_snapshot *out);

/* What the graph says of latency: all zeros unless live. */
struct latency_snapshot source_latency(const struct source *source);

/* "absent", "refused", "stalled", "live", "replay". */
const char *source_state_str(enum source_state state);

#endif
