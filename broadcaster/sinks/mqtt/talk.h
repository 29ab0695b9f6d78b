/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is said and heard under PREFIX/NAME: metrics and latency, of which the newest counts, and events, of
 * which none is lost; commands; whether we are there, retained; and what Home Assistant wants. Of metrics and
 * latency it is a client of the hub among others, as long as there is a broker.
 *
 * All functions: the event loop's thread. */
#ifndef PHICAST_BROADCASTER_SINKS_MQTT_TALK_H
#define PHICAST_BROADCASTER_SINKS_MQTT_TALK_H

#include "broadcaster/control/remote.h"
#include "broadcaster/sinks/mqtt/link.h"
#include "broadcaster/sinks/mqtt/outbox.h"
#include "broadcaster/stream/hub.h"
#include "broadcaster/stream/schedule.h"
#include "shared/json/messages.h"

#include <stdbool.h>
#include <stdint.h>

/* One of the hub's streams. */
struct mqtt_follower {
    struct client client;
    const char *level; /* of its topic */
    bool owes;         /* a message is due that the broker did not take yet */
};

enum { MQTT_METRICS, MQTT_LATENCY, MQTT_FOLLOWERS };

/* Start with mqtt_talk_init; `link` is whoever's opens it. */
struct mqtt_talk {
    struct hub *hub;
    struct remote *remote;
    const struct mqtt_url *url;
    const char *name; /* the analyser's */
    struct mqtt_link *link;
    char base[MQTT_TOPIC_MAX - 16]; /* PREFIX/NAME */
    char commands[MQTT_TOPIC_MAX];  /* PREFIX/NAME/set */
    struct carrier carrier;
    struct mqtt_follower follower[MQTT_FOLLOWERS];
    bool follows; /* both are the hub's */
    struct mqtt_outbox outbox;
    struct schedule ha_schedule;
    uint32_t ha_next; /* the entity to be told of next */
    bool ha_told;     /* of all of them */
    struct message ha_text;
    bool stopping;
    bool said_goodbye;
    int goodbye; /* the number of that message; 0: it is acknowledged */
    uint64_t sent;
    uint64_t skipped;
    uint64_t executed; /* commands */
    uint64_t refused;
    uint64_t overflows;
};

/* All of it must live on. */
void mqtt_talk_init(struct mqtt_talk *talk, struct hub *hub, struct remote *remote,
                    const struct mqtt_url *url, const char *name);
void mqtt_talk_end(struct mqtt_talk *talk);

/* For mqtt_link_open. */
struct mqtt_user mqtt_talk_user(struct mqtt_talk *talk);

/* As in struct sink_kind. */
void mqtt_talk_event(struct mqtt_talk *talk, const struct event *event, struct event_id id);
uint64_t mqtt_talk_beat(struct mqtt_talk *talk, const struct source *source, uint64_t now_us);

#endif
