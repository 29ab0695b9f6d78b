/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The analyser's control side: it opens sessions, keeps them going and reports, until a signal ends it. */
#ifndef PHICAST_JACK_CLIENT_CLIENT_CONTROL_H
#define PHICAST_JACK_CLIENT_CLIENT_CONTROL_H

#include "jack-client/client/calibration.h"
#include "jack-client/client/connections.h"
#include "jack-client/client/inbox.h"
#include "jack-client/client/names.h"
#include "jack-client/client/project.h"
#include "jack-client/client/publication.h"
#include "jack-client/client/server_choice.h"
#include "jack-client/client/session.h"
#include "jack-client/client/sources.h"
#include "jack-client/client/wake.h"
#include "jack-client/client/watch.h"
#include "jack-client/options.h"
#include "jack-client/rt/process.h"
#include "shared/status.h"

struct control_side {
    const struct jack_options *options;
    struct wake wake;
    struct watch watch; /* of a program */
    struct publication publication;
    struct rt rt;
    struct session session;
    struct connections connections;
    struct names names;
    struct sources sources;
    struct inbox inbox;
    struct project project;
    struct calibration calibration;
    uint32_t period;          /* that the calibration was looked up for */
    bool failed;              /* a calibration that was all there was to do has failed */
    uint64_t reported_ms;     /* when status and latency were last published */
    uint32_t hangs;           /* of libjack in a row, that this process is the outcome of */
    enum status refusal;      /* of the server, as last logged */
    bool going;               /* a server has been joined, or is waited for */
    bool jack_before;         /* a JACK server has been joined */
    unsigned long jack_left;  /* the one that could not be joined before PipeWire was; 0: there was none */
    uint64_t jack_ms;         /* when that was looked at, or a JACK server was lost */
    bool logged_out_of_reach; /* that PipeWire's libjack is not installed has been logged */
    bool fresh;               /* the session has just been opened */
    uint64_t changed_ms;      /* when the graph was seen to change; 0 once that has been dealt with */
    uint64_t named_ms;        /* when names were looked at; 0: the graph has changed since */
    uint64_t opened_ms;       /* when the session was opened, CLOCK_MONOTONIC */
    uint64_t callbacks;       /* as last seen, */
    uint64_t callbacks_ms;    /* and when they last moved, or we were stopped ourselves */
    uint64_t tick_ms;         /* when we last looked */
    bool stalled;             /* the server, or a client before us, stands still */
    uint64_t gaps;            /* as last logged */
    uint64_t xruns;           /* as last logged */
    int midi_listeners;       /* how many ports are connected with midi_out */
    uint64_t midi_lost;       /* as last seen, */
    uint64_t midi_losses;     /* and how often there have been more */
    uint64_t trouble_ms;      /* when gaps and xruns were last logged */
    uint32_t stream_start;    /* as last logged */
    bool stream_logged;
    bool patterns_logged; /* those that match nothing have been named */
};

/* --check: whether a session could be opened; either way it is said. */
MUST_CHECK enum status control_check(const struct jack_options *options);

/* Takes the segment and opens the first session; what fails has been logged. host: the client that a server
 * has made for its plug-in, or NULL: a program, which opens its own and ends at a signal. nsm: the session
 * manager that has asked for it and is told when it is done; NULL: none. Main thread, or the server's. With
 * --wait, or a session manager, a server that is absent is no failure. */
MUST_CHECK enum status control_open(struct control_side *control, const struct jack_options *options,
                                    jack_client_t *host, struct nsm *nsm);

/* The control thread: tries to open a session; if only another libjack reaches a server, the program starts
 * itself anew with that one. control_join_again logs why it cannot, each reason once. */
MUST_CHECK enum status control_join(struct control_side *control);
MUST_CHECK enum status control_join_again(struct control_side *control);

/* The control thread: starts the program anew with the other libjack; returns if a signal has come. */
void control_change_libjack(struct control_side *control, enum server_choice choice);

/* The control thread: until a signal, or control_end, or the session manager asks for another project. A
 * server that goes away is waited for, for ever. With
 * --calibrate: until that is done. STATUS_OK unless that has failed. */
MUST_CHECK enum status control_run(struct control_side *control);

/* Any thread: makes control_run return. For plug-ins. */
void control_end(struct control_side *control);

/* After control_run has returned. */
void control_close(struct control_side *control);

#endif
