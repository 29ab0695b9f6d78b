/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The analyser's control side: it opens sessions, keeps them going and reports, until a signal ends it. */
#ifndef PHICAST_JACK_CLIENT_CONTROL_CONTROL_H
#define PHICAST_JACK_CLIENT_CONTROL_CONTROL_H

#include "jack-client/control/connections.h"
#include "jack-client/control/session.h"
#include "jack-client/control/wake.h"
#include "jack-client/options.h"
#include "jack-client/rt/process.h"
#include "shared/segment.h"
#include "shared/status.h"

struct control_side {
    const struct jack_options *options;
    struct wake wake;
    struct segment segment;
    struct rt rt;
    struct session session;
    struct connections connections;
    uint64_t opened_ms;    /* when the session was opened, CLOCK_MONOTONIC */
    uint64_t callbacks;    /* as last seen, */
    uint64_t callbacks_ms; /* and when they last moved */
    uint64_t gaps;         /* as last logged */
    uint64_t xruns;        /* as last logged */
    uint32_t stream_start; /* as last logged */
    bool stream_logged;
};

/* Main thread, all of them. Takes the segment and opens the first session; what fails has been logged. */
MUST_CHECK enum status control_open(struct control_side *control, const struct jack_options *options);

/* Until a signal asks to end. A server that goes away is waited for, for ever. */
void control_run(struct control_side *control);

void control_close(struct control_side *control);

#endif
