/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What server.c, which runs, and server_setup.c, which prepares, share. */
#ifndef PHICAST_BROADCASTER_SERVER_SERVER_STATE_H
#define PHICAST_BROADCASTER_SERVER_SERVER_STATE_H

#include "broadcaster/control/recorder.h"
#include "broadcaster/control/remote.h"
#include "broadcaster/guard/limits.h"
#include "broadcaster/guard/listen.h"
#include "broadcaster/http/access.h"
#include "broadcaster/http/connection.h"
#include "broadcaster/http/listener.h"
#include "broadcaster/http/site.h"
#include "broadcaster/http/tls.h"
#include "broadcaster/options.h"
#include "broadcaster/server/privileges.h"
#include "broadcaster/source/live.h"
#include "broadcaster/source/replay.h"
#include "broadcaster/stream/hub.h"
#include "shared/segment.h"

#include <ev.h>
#include <stdint.h>

struct server {
    const struct broadcaster_options *options;
    struct identity identity;
    struct segment control;
    struct source *source; /* one of the next two */
    struct live live;
    struct replay replay;
    struct hub hub;
    struct remote remote;
    struct recorder recorder;
    struct site site;
    struct access access;
    struct refusals refusals;
    struct limits limits;
    struct listen_plan plan;
    struct tls tls; /* without a context: plain */
    struct connections connections;
    struct listener listener;
    struct ev_loop *loop;
    ev_io timer;            /* rings for the next beat */
    ev_io signals;          /* readable when one has come */
    struct nsm *nsm;        /* NULL: no session */
    ev_io session;          /* readable when its manager has sent something */
    uint64_t project_us;    /* when to look next whether something is to be saved */
    uint64_t saved_changes; /* of the OSC targets (osc_report): so many are in the session's file */
    uint64_t stop_at_us;    /* 0: running */
    int stopped_by;         /* the signal */
    uint64_t watchdog_us;   /* how often systemd wants to hear of us; 0: never */
    uint64_t watchdog_next; /* CLOCK_MONOTONIC, us */
};

/* Watchers: the hub's beat is due; a signal has come; the session manager has sent something. */
void server_on_timer(struct ev_loop *loop, ev_io *watcher, int events);
void server_on_signal(struct ev_loop *loop, ev_io *watcher, int events);
void server_on_session(struct ev_loop *loop, ev_io *watcher, int events);

#endif
