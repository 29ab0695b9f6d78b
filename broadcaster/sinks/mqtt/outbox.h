/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Events on their way to the broker: each stays until the broker has acknowledged it, and what it has not
 * when a connection ends goes out again over the next, in order. So none is lost, and none comes twice but
 * those whose acknowledgement was lost. Of more than EVENTLOG_LAG_MAX the oldest are given up, and counted.
 *
 * Event loop's thread. */
#ifndef PHICAST_BROADCASTER_SINKS_MQTT_OUTBOX_H
#define PHICAST_BROADCASTER_SINKS_MQTT_OUTBOX_H

#include "broadcaster/stream/eventlog.h"
#include "broadcaster/stream/sink.h"

#include <stdbool.h>
#include <stdint.h>

/* Sent and not acknowledged; libmosquitto would keep more than 20 to itself. */
enum { MQTT_WINDOW = 16 };

/* Start from {0}; free with mqtt_outbox_free. */
struct mqtt_outbox {
    struct eventlog log;
    uint64_t writer;      /* whose events the last ones are */
    uint64_t acked;       /* all before this one are */
    uint64_t next;        /* the first that is not on its way */
    int mid[MQTT_WINDOW]; /* MQTT's numbers of those between; 0: acknowledged, though one before it is not */
    uint64_t delivered;
    uint64_t lost;
};

/* STATUS_NO_MEMORY, and then the event is lost. */
MUST_CHECK enum status mqtt_outbox_push(struct mqtt_outbox *outbox, const char *text, size_t length,
                                        struct event_id id);

/* What is to be sent next; NULL: nothing at present. */
const struct wire *mqtt_outbox_next(struct mqtt_outbox *outbox);

/* It has been sent, under that number. */
void mqtt_outbox_sent(struct mqtt_outbox *outbox, int mid);

/* That number is acknowledged. False: no event has it. */
bool mqtt_outbox_acknowledge(struct mqtt_outbox *outbox, int mid);

/* The connection has ended: all that is not acknowledged is to be sent again. */
void mqtt_outbox_rewind(struct mqtt_outbox *outbox);

/* How many are not acknowledged. */
uint64_t mqtt_outbox_waiting(const struct mqtt_outbox *outbox);

/* For struct sink_kind. */
uint64_t mqtt_outbox_reached(const struct mqtt_outbox *outbox);

void mqtt_outbox_free(struct mqtt_outbox *outbox);

#endif
