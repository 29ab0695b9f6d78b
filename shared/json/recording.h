/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One line of a recording (docs/recording.md), back into what it was printed from. Printed again, every
 * number is the same text. Pure, any thread. */
#ifndef PHICAST_SHARED_JSON_RECORDING_H
#define PHICAST_SHARED_JSON_RECORDING_H

#include "shared/event.h"
#include "shared/json/messages.h"
#include "shared/json/parse.h"
#include "shared/metric.h"
#include "shared/segment.h"
#include "shared/status.h"
#include "shared/telemetry.h"

#include <stdbool.h>
#include <stddef.h>

enum { RECORDING_VERSION = 1 };

/* The longest line that is believed: 64 channels with all that can be added take a sixth of it. */
enum { RECORDING_LINE_MAX = 262144 };

enum recorded_kind {
    RECORDED_OTHER, /* a stream or a message that is not known; to be passed over */
    RECORDED_HEAD,  /* here a recording begins */
    RECORDED_METRICS,
    RECORDED_LATENCY,
    RECORDED_EVENT
};

struct recorded {
    enum recorded_kind kind;
    double t; /* Unix seconds, -1e11...1e11: when it was sent; of no meaning in a head */
    union {
        char name[SEGMENT_NAME_LONGEST + 1]; /* a head's: the analyser's, "" if it says none */
        struct metrics_snapshot metrics;     /* channel_count may be 0: nobody was there to be measured */
        struct latency_report latency;
        struct event event;
    };
};

/* The line is without its end. STATUS_CORRUPT, STATUS_BAD_ARG, STATUS_BAD_ABI (of a later version),
 * STATUS_NO_MEMORY: `why` is a phrase that names what is wrong. */
MUST_CHECK enum status recording_read(struct recorded *out, const char *line, size_t length,
                                      char why[JSON_WHY_MAX]);

/* As recording_read, and the text of what is neither a head nor OTHER replaces that of `text`, as it was
 * recorded. */
MUST_CHECK enum status recording_read_text(struct recorded *out, struct message *text, const char *line,
                                           size_t length, char why[JSON_WHY_MAX]);

/* The JSON Schema that this message and its like fit, as text that replaces that of `schema`.
 * STATUS_NO_MEMORY. */
MUST_CHECK enum status recording_schema(struct message *schema, const struct message *text);

/* Only its t, which is had fifty times faster where the line looks as ours do. False: it does not. */
bool recording_peek_time(const char *line, size_t length, double *t);

#endif
