/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The analyser's segment as a source: attached whenever it appears, let go of when its writer dies, and
 * nothing that is read there is believed. A change of state, or of its reason, is logged once, and rarely
 * where it goes to and fro. An analyser that has died stays attached (SOURCE_ABSENT) until its last events
 * have been read, for a second at most. Event loop's thread. */
#ifndef PHICAST_BROADCASTER_SOURCE_LIVE_H
#define PHICAST_BROADCASTER_SOURCE_LIVE_H

#include "broadcaster/source/source.h"
#include "shared/segment.h"

enum { SOURCE_RETRY_US = 250000, SOURCE_STALL_US = 1000000, SOURCE_DRAIN_US = 1000000 };

struct live {
    struct source base;
    struct segment_trust trust; /* whose analysers are believed besides our own */
    struct segment segment;
    uint64_t started_us;               /* CLOCK_REALTIME: when this source was made */
    uint64_t changed_us;               /* CLOCK_MONOTONIC, as all below: when the state last changed */
    uint64_t changes[SOURCE_LIVE + 1]; /* to each state, since it last was quiet for a while */
    uint64_t finds;                    /* analysers found since then */
    uint64_t next_attach_us;
    uint64_t last_good_us;      /* when the metrics last could be read */
    uint64_t refused_sequence;  /* the metrics snapshot refused last, so that each is counted once */
    uint64_t torn_sequence;     /* the one found half-written last */
    uint64_t names_sequence;    /* of the channels' names that were read last; 0: none were */
    uint64_t patchbay_sequence; /* likewise */
    uint64_t resume_writer;     /* start_time_us of the analyser whose events were read last; 0: none */
    uint64_t resume_next;       /* and the first of its events that was not */
    uint64_t drain_until_us;    /* a dead analyser's last events may be read until then; 0: it lives */
    bool has_frame;             /* of the attached analyser */
    uint64_t losses;            /* how often events were found to be lost */
};

extern const struct source_kind live_kind;

/* name must live on. Attaches nothing yet. */
void live_init(struct live *live, const char *name, struct segment_trust trust);

/* Whether an analyser is attached and its process lives. */
bool live_is_alive(const struct live *live);

#endif
