/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The analyser as the broadcaster sees it: attaches its telemetry segment whenever it appears, lets go of it
 * when its writer dies, and believes nothing it reads. All functions: the event loop's thread. */
#ifndef PHICAST_BROADCASTER_SOURCE_SOURCE_H
#define PHICAST_BROADCASTER_SOURCE_SOURCE_H

#include "shared/event.h"
#include "shared/segment.h"
#include "shared/status.h"
#include "shared/telemetry.h"

#include <stdbool.h>
#include <stdint.h>

enum source_state {
    SOURCE_ABSENT,  /* no analyser, or one that is still starting */
    SOURCE_REFUSED, /* a segment that cannot be believed: truncated, of another version, corrupt */
    SOURCE_STALLED, /* the analyser lives, but analyses nothing: it has no JACK server */
    SOURCE_LIVE
};

enum { SOURCE_WHY_MAX = 160, SOURCE_RETRY_US = 250000, SOURCE_STALL_US = 1000000, SOURCE_DRAIN_US = 1000000 };

struct source {
    const char *name;
    struct segment_trust trust; /* whose analysers are believed besides our own */
    struct segment segment;
    enum source_state state;
    char why[SOURCE_WHY_MAX];          /* one phrase on the state, for people */
    uint64_t started_us;               /* CLOCK_REALTIME: when this source was made */
    uint64_t changed_us;               /* CLOCK_MONOTONIC, as all below: when the state last changed */
    uint64_t changes[SOURCE_LIVE + 1]; /* to each state, since it last was quiet for a while */
    uint64_t finds;                    /* analysers found since then */
    uint64_t next_attach_us;
    uint64_t last_good_us;     /* when the metrics last could be read */
    uint64_t refused_sequence; /* the metrics snapshot refused last, so that each is counted once */
    uint64_t torn_sequence;    /* the one found half-written last */
    uint64_t writer;           /* start_time_us of the attached analyser */
    uint64_t event_next;
    uint64_t resume_writer;          /* start_time_us of the analyser whose events were read last; 0: none */
    uint64_t resume_next;            /* and the first of its events that was not */
    uint64_t drain_until_us;         /* a dead analyser's last events may be read until then; 0: it lives */
    bool has_frame;                  /* of the attached analyser */
    struct metrics_snapshot metrics; /* the last good one, kept after its analyser's death */
    struct latency_snapshot latency; /* zeros when unknown */
    struct analyser_status status;   /* valid if status_known */
    bool status_known;
    uint64_t attached; /* analysers found so far */
    uint64_t refused;  /* snapshots refused so far: left half-written, corrupt or going back */
    uint64_t refused_events;
    uint64_t lost_events; /* overwritten in the ring before they were read */
    uint64_t losses;      /* how often that was found */
};

/* name must live on. Attaches nothing yet. */
void source_init(struct source *source, const char *name, struct segment_trust trust);

/* Before the first source_poll: the analyser that started at that time (its segment's start_time_us) has had
 * its events before `next` read already, by an earlier broadcaster. */
void source_resume(struct source *source, uint64_t writer, uint64_t next);

void source_close(struct source *source);

/* Looks after the segment and reads all snapshots. Cheap enough to be called every millisecond. A change of
 * state, or of its reason, is logged once, and rarely where it goes to and fro. An analyser that has died
 * stays attached (SOURCE_ABSENT) until its last events have been read, for a second at most. */
void source_poll(struct source *source, uint64_t now_us);

/* What /ws/metrics should show: the newest frame while live, and else an idle one of that moment. */
void source_frame(const struct source *source, double unix_s, struct metrics_snapshot *out);

/* What the graph says of latency: all zeros unless live. */
struct latency_snapshot source_latency(const struct source *source);

/* The next event. STATUS_EMPTY: none (also without an analyser). Events that were lost or refused are
 * counted, logged and passed over. */
MUST_CHECK enum status source_event(struct source *source, struct event *event);

/* The sound's state before the next event (enum sound_state): what the last change of state said of those
 * that the ring still holds, or idle. */
uint32_t source_sound_state(const struct source *source);

/* start_time_us of the analyser that is attached; 0: none is. */
uint64_t source_writer(const struct source *source);

/* "absent", "refused", "stalled", "live". */
const char *source_state_str(enum source_state state);

#endif
