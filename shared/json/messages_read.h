/* SPDX-License-Identifier: GPL-3.0-or-later */
/* messages.h the other way: from a message of the wire contract to what it was printed from. Printed again,
 * every number is the same text. Keys that are not known are passed over. Pure, any thread. */
#ifndef PHICAST_SHARED_JSON_MESSAGES_READ_H
#define PHICAST_SHARED_JSON_MESSAGES_READ_H

#include "shared/event.h"
#include "shared/json/parse.h"
#include "shared/metric.h"
#include "shared/telemetry.h"

#include <stdbool.h>

/* Each is false if a number is missing or out of its range, and then `why`, of JSON_WHY_MAX bytes, is a
 * phrase that names it. */
/* Of an analyser that was not there, channel_count is 0. What a message does not hold was not measured. */
bool message_read_metrics(const struct json_object *message, struct metrics_snapshot *snapshot, char *why);
bool message_read_latency(const struct json_object *message, struct latency_report *report, char *why);
/* Its kind is 0 if its type is not known. */
bool message_read_event(const struct json_object *message, struct event *event, char *why);

/* NULL: there is none; of a text, also if it is none. */
const struct json_object *json_member(const struct json_object *object, const char *key);
const char *json_get_text(const struct json_object *object, const char *key);

/* A number from -1e11 to 1e11; false: it is not. */
bool json_get_time(const struct json_object *value, double *out);

#endif
