/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands on their way from the broadcaster's control segment to the RT thread. Control thread. */
#ifndef PHICAST_JACK_CLIENT_CLIENT_INBOX_H
#define PHICAST_JACK_CLIENT_CLIENT_INBOX_H

#include "shared/control.h"
#include "shared/ring.h"
#include "shared/segment.h"

#include <stdbool.h>
#include <stdint.h>

enum { INBOX_PATCHES_MAX = 64 };

struct inbox {
    const char *name;       /* of the segment */
    struct segment segment; /* the broadcaster's, while there is one */
    bool looked;            /* the name has been looked up before */
    uint64_t looked_ms;     /* and when */
    uint64_t next;          /* the next command */
    uint32_t wanted;        /* enum metric_part: what its clients ask for at present */
    enum status refused;    /* why the segment that was there could not be used, as said last */
    uid_t refused_owner;    /* and whose it was */
    uint32_t
        patch_count; /* COMMAND_CONNECT and COMMAND_DISCONNECT: the caller's to carry out and take away */
    struct command patch[INBOX_PATCHES_MAX];
    uint64_t strangers; /* segments that could not be used */
    uint64_t refusals;  /* polls that found commands out of range */
    uint64_t losses;    /* polls that found commands overwritten */
};

/* name must live on. */
void inbox_init(struct inbox *inbox, const char *name);
void inbox_close(struct inbox *inbox);

/* Passes new commands that are in their ranges on to `commands`, but for COMMAND_CALIBRATE, which is the
 * control thread's own: *calibrate is set to its level (dBFS) if one has come, and left alone else; and for
 * those that patch, which are added to `patch`. Others are logged and dropped. What was asked before this
 * analyser was there is not carried out. now_ms: a monotonic clock. */
void inbox_poll(struct inbox *inbox, struct ring *commands, double *calibrate, uint64_t now_ms);

#endif
