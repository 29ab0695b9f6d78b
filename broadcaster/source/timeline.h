/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the times that stand in a recording to places in it, in seconds from its first line, which never go
 * back: a line that is late comes at once, and where another recording begins, or its clock was set, nobody
 * waits for hours. Pure. */
#ifndef PHICAST_BROADCASTER_SOURCE_TIMELINE_H
#define PHICAST_BROADCASTER_SOURCE_TIMELINE_H

#include <stdbool.h>

/* Seconds: the longest silence that is believed; how far back a line may be and still be only late; and what
 * is put between two recordings, or in such a silence's place. */
#define TIMELINE_GAP_MAX 3600.0
#define TIMELINE_LATE_MAX 10.0
#define TIMELINE_JOINT (1.0 / 30)

/* Start from {0}. */
struct timeline {
    bool begun;
    bool anew;       /* another recording begins with the next line */
    double last;     /* the time of the line placed last */
    double position; /* and its place */
};

void timeline_begin_anew(struct timeline *timeline);

/* The place of the next line, sent at t. */
double timeline_place(struct timeline *timeline, double t);

#endif
