/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The way to the broker: connected, and connected again for ever, without ever holding the loop up. Names are
 * looked up and certificates read by a thread (connection.h); the rest is libmosquitto's, on sockets that
 * never block.
 *
 * What is published leaves at once, or as soon as the socket takes it; whoever asks mqtt_link_takes before
 * each message has no more than one waiting here, and TCP_NOTSENT_LOWAT sees to it that hardly more wait in
 * the kernel. Between two attempts lies what shared/backoff.h says.
 *
 * All functions: the event loop's thread. */
#ifndef PHICAST_BROADCASTER_SINKS_MQTT_LINK_H
#define PHICAST_BROADCASTER_SINKS_MQTT_LINK_H

#include "broadcaster/sinks/mqtt/url.h"

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    MQTT_CONNECT_US = 5000000, /* how long a broker has to answer */
    MQTT_CALM_US = 5000000,    /* a connection that has lasted so long was a good one */
    MQTT_KEEPALIVE_S = 20,     /* after 1.5 of them the broker sends the last will */
    MQTT_TOPIC_MAX = 256,
    MQTT_WHY_MAX = 160
};

enum mqtt_state {
    MQTT_WAITING, /* nothing is under way until the pause is over */
    MQTT_REFUSED, /* the same: the broker is there, but does not let us in */
    MQTT_CONNECTING,
    MQTT_CONNECTED,
    MQTT_ENDED
};

/* Who uses it. None of these is called from within a function below but beat. */
struct mqtt_user {
    void *arg;
    void (*opened)(void *arg); /* the broker takes messages now */
    void (*closed)(void *arg); /* it does not any more */
    void (*room)(void *arg);   /* there is room for a message again, or something was acknowledged */
    void (*acknowledged)(void *arg, int mid);
    /* A message to `commands`, or a topic below it. The payload is any bytes. */
    void (*message)(void *arg, const char *topic, const void *payload, size_t length, bool retained);
};

struct mqtt_plan {
    const struct mqtt_url *url;
    const char *password; /* NULL: none */
    char id[24];          /* the client's: the same after a restart, so that the broker ends what was left of
                             an earlier connection before it takes us, and its last will does not come later */
    char status[MQTT_TOPIC_MAX];   /* where the last will goes, "offline", retained */
    char commands[MQTT_TOPIC_MAX]; /* what is subscribed to, with all below it */
};

struct mqtt_link;

/* Begins to connect with the first beat. plan->url, plan->password and user->arg must live on. On failure
 * *link is NULL and `error`, of OPTION_ERROR_MAX bytes, says it: STATUS_NO_MEMORY; STATUS_NOT_FOUND: this
 * program was built without libmosquitto. */
MUST_CHECK enum status mqtt_link_open(struct mqtt_link **link, const struct mqtt_plan *plan,
                                      const struct mqtt_user *user, struct ev_loop *loop, char *error);
/* Without a word, unless mqtt_link_end came before. */
void mqtt_link_close(struct mqtt_link *link);

/* Does what is due. Returns when it must be called again, CLOCK_MONOTONIC in us. */
uint64_t mqtt_link_beat(struct mqtt_link *link, uint64_t now_us);

/* Whether there is a broker, and nothing waits to leave. */
bool mqtt_link_takes(const struct mqtt_link *link);

/* qos: 0, or 1, and then its acknowledgement carries *mid. mid may be NULL. False: the connection is broken,
 * which the next beat deals with. */
bool mqtt_link_publish(struct mqtt_link *link, const char *topic, const void *bytes, size_t length, int qos,
                       bool retain, int *mid);

/* Takes leave of the broker, which then sends no last will, and does not come back. */
void mqtt_link_end(struct mqtt_link *link);

enum mqtt_state mqtt_link_state(const struct mqtt_link *link);

/* The state in words, and since when things are otherwise than they should be. */
const char *mqtt_link_why(const struct mqtt_link *link);

/* How often it has been connected. */
uint64_t mqtt_link_openings(const struct mqtt_link *link);

#endif
