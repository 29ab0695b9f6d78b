/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How every JSON message of ours is put together. One thread at a time. */
#ifndef PHICAST_SHARED_JSON_BUILD_H
#define PHICAST_SHARED_JSON_BUILD_H

#include "shared/json/messages.h"
#include "shared/status.h"

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

/* An object or a list being filled; the first failure anywhere sticks. */
struct build {
    struct json_object *object;
    enum status status;
};

struct build build_object(void);
struct build build_list(uint32_t count); /* about as many as it is going to have */

/* Each adds a member of that name, which must live on; to a list, without one (NULL). */
void build_text(struct build *build, const char *key, const char *value);
void build_flag(struct build *build, const char *key, bool value);
void build_count(struct build *build, const char *key, uint64_t value);
void build_number(struct build *build, const char *key,
                  double value);                                     /* 7 digits; finite, or STATUS_CORRUPT */
void build_time(struct build *build, const char *key, double value); /* to the microsecond; likewise */
void build_null(struct build *build, const char *key);
void build_nest(struct build *build, const char *key, struct build inner); /* takes it over */

/* The names of these parts (bits of enum metric_part). */
struct build build_part_names(uint32_t parts);

/* Adds the members of what is measured on request: of these parts, bits of enum metric_part. The snapshot's
 * counts must be good. */
void build_parts(struct build *build, const struct metrics_snapshot *snapshot, uint32_t parts);

struct osc_target_report;

/* Adds what is told of an OSC target wherever one is told of: its state, what it gets, and its packets. */
void build_osc_target(struct build *build, const struct osc_target_report *target);

/* Prints it, replacing the text of `message`, and frees it. On failure the old text stays. */
MUST_CHECK enum status build_print(struct build build, struct message *message);

#endif
