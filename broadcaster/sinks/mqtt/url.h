/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where --mqtt goes: mqtt://[USER@]HOST[:PORT][/PREFIX][?CHOICE=VALUE[&CHOICE=VALUE]...], or mqtts://. Pure.
 */
#ifndef PHICAST_BROADCASTER_SINKS_MQTT_URL_H
#define PHICAST_BROADCASTER_SINKS_MQTT_URL_H

#include "shared/options.h"
#include "shared/status.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    MQTT_HOST_MAX = 256,
    MQTT_USER_MAX = 128,
    MQTT_PREFIX_MAX = 128,
    MQTT_FILE_MAX = 512,
    MQTT_PORT = 1883,
    MQTT_PORT_TLS = 8883,
    MQTT_BROKER_MAX = MQTT_HOST_MAX + 32
};

#define MQTT_RATE_DEFAULT 10
#define MQTT_RATE_MAX 120
#define MQTT_PREFIX_DEFAULT "phicast"

struct mqtt_url {
    bool tls;
    char host[MQTT_HOST_MAX]; /* a name or a number, without brackets; empty: no URL was given */
    uint16_t port;
    char user[MQTT_USER_MAX];     /* empty: none */
    char prefix[MQTT_PREFIX_MAX]; /* levels with slashes between, none of them empty */
    char ca_file[MQTT_FILE_MAX];  /* PEM; empty: the system's */
    char password_file[MQTT_FILE_MAX];
    uint32_t rate_hz; /* of metrics, 1...MQTT_RATE_MAX */
    uint32_t add;     /* bits of enum metric_part */
    bool homeassistant;
};

/* text: NULL for none. STATUS_BAD_ARG: `error` names the fault and the cure, and no password. */
MUST_CHECK enum status mqtt_url_read(struct mqtt_url *url, const char *text, char error[OPTION_ERROR_MAX]);

/* "mqtts://host:8883", for people: without user and files. Returns out. */
const char *mqtt_url_broker(const struct mqtt_url *url, char out[MQTT_BROKER_MAX]);

#endif
