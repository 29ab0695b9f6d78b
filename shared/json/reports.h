/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the broadcaster says of itself over HTTP and in recordings, as JSON text. All numbers are finite. */
#ifndef PHICAST_SHARED_JSON_REPORTS_H
#define PHICAST_SHARED_JSON_REPORTS_H

#include "shared/json/messages.h"
#include "shared/options.h"
#include "shared/status.h"
#include "shared/telemetry.h"

#include <stdbool.h>
#include <stdint.h>

struct stream_report {
    uint32_t clients;
    uint64_t sent;    /* messages handed to sockets, all clients together */
    uint32_t rate_hz; /* messages made in the last whole second */
};

struct osc_target_report {
    uint32_t id;       /* never given to another while the program runs */
    const char *given; /* the URL that asked for it */
    const char *url;   /* address and prefix */
    bool kept;         /* also for the next start */
    const char *state;
    const char *detail;
    bool events;
    bool metrics;
    uint32_t rate_hz; /* 0 without metrics */
    uint64_t sent;    /* packets */
    uint64_t dropped;
};

struct osc_report {
    uint32_t target_count;
    struct osc_target_report target[OPTION_LIST_MAX];
    uint64_t changes;   /* targets added or removed since the start, but for those that are kept */
    uint32_t url_count; /* 0: does not listen */
    const char *url[OPTION_LIST_MAX];
    uint64_t packets;  /* arrived */
    uint64_t commands; /* passed on to the analyser */
    uint64_t pings;    /* answered */
    uint64_t refused;  /* packets */
};

struct wled_report {
    const char *address;
    uint64_t sent; /* packets */
    uint64_t dropped;
};

/* Its texts are short-lived. */
struct mqtt_report {
    const char *broker; /* without user and password; NULL: none is given */
    const char *topic;  /* that all others begin with */
    const char *state;
    const char *detail;
    bool connected;
    uint64_t reconnects;
    uint64_t sent;     /* messages */
    uint64_t skipped;  /* of metrics and latency, since the broker did not take the ones before */
    uint64_t events;   /* acknowledged by the broker, */
    uint64_t waiting;  /* not yet, */
    uint64_t lost;     /* and given up */
    uint64_t commands; /* passed on to the analyser */
    uint64_t refused;
};

/* One channel of one edge. */
struct edge_report {
    const char *url;
    const char *channel;
    const char *state;
    const char *detail;
    double lag_ms;    /* how long the last message took to be answered, or the one on its way has; while it is
                         not connected, for how long it is not */
    uint64_t waiting; /* events that it has yet to be sent */
    uint64_t sent;
    uint64_t acknowledged;
    uint64_t skipped; /* messages of state for which there was a newer one */
    uint64_t lost;    /* events that it will never get */
    uint64_t resent;  /* events */
    uint64_t connections;
};

/* Of its WebSocket. */
struct oscquery_report {
    uint32_t clients;
    uint32_t addresses; /* that they listen to, all clients together */
    uint64_t sent;      /* values */
    uint64_t commands;  /* passed on to the analyser */
    uint64_t ignored;   /* texts */
    uint64_t refused;   /* packets */
};

enum { ZEROCONF_OFFERS_MAX = 4, ZEROCONF_REPORT_NAME_MAX = 64 };

/* What is told of us on the local network. */
struct zeroconf_report {
    const char *state;
    char detail[OPTION_ERROR_MAX];
    char name[ZEROCONF_REPORT_NAME_MAX]; /* of the services; empty: not announced at present */
    uint32_t count;
    const char *type[ZEROCONF_OFFERS_MAX]; /* "_http._tcp" */
    uint16_t port[ZEROCONF_OFFERS_MAX];
};

struct record_report {
    bool possible; /* there is somewhere to record to */
    bool on;
    const char *file;  /* written to now, or last; NULL: none yet */
    double seconds;    /* how long it has gone on, or did */
    uint64_t bytes;    /* on the disk */
    uint64_t dropped;  /* messages that are missing */
    const char *error; /* what it has ended by; NULL: nothing */
};

/* How a recording is being played. */
struct replay_report {
    const char *file; /* NULL: none is */
    double position_s;
    double duration_s; /* below 0: not known (yet) */
    double speed;
    bool paused;
    bool ended;
    bool loops;
    bool can_seek;
    uint64_t troubles;   /* lines that were of no use */
    const char *trouble; /* the last of them, with its cure; "" */
};

enum { REFUSED_ORIGINS_MAX = 8 };

/* A page's origin that was refused. */
struct refused_report {
    const char *origin;
    const char *admit; /* what --allow-origin takes to let it in; "": nothing does */
    uint64_t count;
    double last; /* Unix seconds */
};

/* What /api/status tells. */
struct server_report {
    bool may_control; /* who asks may steer as well, and is told whom was refused: */
    uint32_t refused_count;
    struct refused_report refused[REFUSED_ORIGINS_MAX]; /* the newest first */
    double uptime_s;
    const char *source_name;
    const char *source_state;
    const char *source_detail;
    uint64_t frame;             /* the last one known */
    uint64_t attached;          /* analysers found so far */
    uint64_t refused_snapshots; /* left half-written, corrupt or going back */
    uint64_t refused_events;
    uint64_t lost_events;                   /* overwritten before they were read */
    const char *state;                      /* the sound's: "ambient" … "offline" */
    const struct metrics_snapshot *sound;   /* NULL unless the analyser is live */
    struct latency_report sound_latency;    /* holds then */
    const struct analyser_status *analyser; /* NULL when unknown */
    const struct channel_names *names;      /* of the analyser's channels */
    struct stream_report metrics;
    struct stream_report latency;
    struct stream_report events;
    struct osc_report osc;
    struct oscquery_report oscquery;
    struct replay_report replay;
    uint32_t wled_count;
    struct wled_report wled[OPTION_LIST_MAX];
    struct mqtt_report mqtt;
    uint32_t edge_count;
    const struct edge_report *edge; /* the sink's own */
    struct zeroconf_report zeroconf;
    struct record_report record;
};

/* Each replaces the text of `message`. STATUS_NO_MEMORY. */
MUST_CHECK enum status message_health(struct message *message);
MUST_CHECK enum status message_version(struct message *message);
/* detail: why it is not ready; NULL when it is. */
MUST_CHECK enum status message_ready(struct message *message, const char *detail);
/* The body of every error. */
MUST_CHECK enum status message_detail(struct message *message, const char *detail);
/* By which addresses other machines reach us. viewer_token: NULL, or what to tell who may steer. */
MUST_CHECK enum status message_links(struct message *message, const char *const url[], uint32_t count,
                                     const char *viewer_token);
MUST_CHECK enum status message_server(struct message *message, const struct server_report *report);

#endif
