/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One attempt at a broker, and the connection that comes of it.
 *
 * mosquitto_connect_async waits for the resolver, for half a minute if a name server is dead, and reads
 * certificates. So a thread calls it, and hands over what it has made: a socket that is being connected, and
 * never blocks. Of a name's addresses libmosquitto takes the first alone; as most brokers that are not to be
 * found at all of them listen on IPv4, while "localhost" gives ::1 first, the caller says which it is to be.
 */
#ifndef PHICAST_BROADCASTER_SINKS_MQTT_CONNECTION_H
#define PHICAST_BROADCASTER_SINKS_MQTT_CONNECTION_H

#include "broadcaster/sinks/mqtt/link.h"

#include <mosquitto.h>
#include <stdatomic.h>

/* Before `done`, which is set with release, the thread's; then the event loop's. */
struct mqtt_connection {
    struct mosquitto *mosq;
    void *arg; /* for its callbacks */
    char host[MQTT_HOST_MAX];
    uint16_t port;
    bool tls;
    bool v4;                /* an address of IPv4 first, and else of IPv6 */
    bool failed;            /* as `why` says */
    char why[MQTT_WHY_MAX]; /* the first error that libmosquitto told of; "" */
    atomic_bool done;
    atomic_int owners; /* the thread and the event loop; the last one frees it */
};

/* All functions: the event loop's thread. */

/* Begins. The callbacks of connection->mosq are to be set when it is done. NULL when out of memory or
 * threads.
 */
struct mqtt_connection *mqtt_connection_start(const struct mqtt_plan *plan, bool v4, void *arg);

bool mqtt_connection_is_done(const struct mqtt_connection *connection);

/* Does not wait for a name that is being looked up: the thread cleans up after itself. */
void mqtt_connection_end(struct mqtt_connection *connection);

/* Notes the first thing that has gone wrong: of "OpenSSL Error[0]: error:0A000086:SSL routines::certificate
 * verify failed" the last words, with `what` in front. */
void mqtt_connection_note(struct mqtt_connection *connection, const char *what, const char *text);

/* What a result of libmosquitto's means, for people; errno is still the one that came with it. */
const char *mqtt_connection_reason(const struct mqtt_connection *connection, int result);

#endif
