/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes MCAP (https://mcap.dev/spec), the container of logs that Foxglove opens: JSON messages with a schema
 * for each topic, in chunks with an index. One thread at a time. */
#ifndef PHICAST_BROADCASTER_EXPORT_MCAP_H
#define PHICAST_BROADCASTER_EXPORT_MCAP_H

#include "shared/status.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { MCAP_TOPICS_MAX = 16 };

struct mcap;

/* Begins a file; `out` must live on. STATUS_NO_MEMORY. Free with mcap_close. */
MUST_CHECK enum status mcap_open(struct mcap **mcap, FILE *out);

/* One topic more, and its number. schema_name and schema (JSON Schema) tell of its messages. STATUS_OVERRUN:
 * there are MCAP_TOPICS_MAX; STATUS_NO_MEMORY. */
MUST_CHECK enum status mcap_add_topic(struct mcap *mcap, uint16_t *number, const char *topic,
                                      const char *schema_name, const char *schema);

/* A message of a topic, at this time (ns since 1970). STATUS_NO_MEMORY, STATUS_IO (errno). */
MUST_CHECK enum status mcap_add(struct mcap *mcap, uint16_t number, uint64_t at_ns, const char *json,
                                size_t length);

/* Writes what is due and the summary; without it, readers have to go through the file. STATUS_NO_MEMORY,
 * STATUS_IO (errno). */
MUST_CHECK enum status mcap_end(struct mcap *mcap);

void mcap_close(struct mcap *mcap);

#endif
