/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What server.c, which runs, and server_setup.c, which prepares, share. */
#ifndef PHICAST_BROADCASTER_SERVER_SERVER_STATE_H
#define PHICAST_BROADCASTER_SERVER_SERVER_STATE_H

#include "broadcaster/guard/limits.h"
#include "broadcaster/guard/listen.h"
#include "broadcaster/http/access.h"
#include "broadcaster/http/connection.h"
#include "broadcaster/http/listener.h"
#include "broadcaster/http/relay.h"
#include "broadcaster/http/site.h"
#include "broadcaster/http/tls.h"
#include "broadcaster/options.h"
#include "broadcaster/server/privileges.h"
#include "broadcaster/sinks/osc/in.h"
#include "broadcaster/sinks/osc/out.h"
#include "broadcaster/stream/hub.h"
#include "shared/segment.h"

#include <libwebsockets.h>
#include <stdint.h>

enum {
    MESSAGE_MAX = 32768, /* bytes that leave in one write; 64 channels make about 8 KB of metrics */
    RECEIVE_MAX = 256    /* bytes that are looked at in one piece: what clients say is not listened to */
};

/* A stream that libwebsockets is about to open. */
struct arrival {
    const struct ws_offer *offer;
    struct address *address; /* NULL: libwebsockets' connection has it */
};

struct server {
    const struct broadcaster_options *options;
    struct identity identity;
    struct segment control;
    struct hub hub;
    struct remote remote;
    struct osc_out *osc_out;
    struct osc_in osc_in;
    struct site site;
    struct access access;
    struct limits limits;
    struct listen_plan plan;
    struct ev_loop *loop;
    struct tls tls; /* without a context: plain */
    struct connections connections;
    struct listener listener;
    struct relays relays;
    struct lws_context *context;
    struct lws_vhost *streams;
    struct arrival arrival;
    int timer;              /* until the context owns it */
    int signals;            /* likewise */
    bool timer_rang;        /* seen by a callback, heeded outside of it */
    bool signal_came;       /* likewise */
    uint64_t stop_at_us;    /* 0: running */
    int stopped_by;         /* the signal */
    uint64_t watchdog_us;   /* how often systemd wants to hear of us; 0: never */
    uint64_t watchdog_next; /* CLOCK_MONOTONIC, us */
};

/* For struct connections. */
void server_open_stream(void *arg, struct channel *channel, const struct ws_offer *offer,
                        struct address *address);

/* Those that clients speak. */
extern const struct lws_protocols server_public_protocols[];

/* Ours: on a vhost of their own, which does not listen, so that no client can ask for them by name. */
extern const struct lws_protocols server_private_protocols[];

#endif
