/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/stream/query.h"

#include "shared/part.h"
#include "shared/text.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct subscription query_default(enum stream_kind kind)
{
    return (struct subscription){.rate_hz = kind == STREAM_METRICS   ? METRICS_HZ
                                            : kind == STREAM_LATENCY ? LATENCY_HZ
                                                                     : 0};
}

/* A plain decimal number within the range. */
static bool take_number(uint32_t *out, const char *text, uint32_t min, uint32_t max)
{
    const size_t length = strlen(text);
    if (length == 0 || length > 4 || text[strspn(text, "0123456789")] != '\0') {
        return false;
    }
    const unsigned long value = strtoul(text, NULL, 10);
    if (value < min || value > max) {
        return false;
    }
    *out = (uint32_t)value;
    return true;
}

static const char *take_parts(struct subscription *asked, enum stream_kind kind, const char *list)
{
    uint32_t parts;
    const bool good = parts_parse(list, &parts) == STATUS_OK;
    if (kind == STREAM_LATENCY) {
        return "add: nothing can be added to latency";
    }
    if (kind == STREAM_EVENTS && (!good || parts != PART_ONSETS)) {
        return "add: onsets is all that can be added to events";
    }
    if (!good) {
        return "add: give one or more of " PARTS_LIST ", with commas between";
    }
    asked->add = parts;
    return NULL;
}

const char *query_take(struct subscription *asked, enum stream_kind kind, const char *argument)
{
    static const char rate[] = "rate=";
    static const char replay[] = "replay=";
    static const char add[] = "add=";
    if (strncmp(argument, rate, sizeof rate - 1) == 0) {
        const char *value = argument + sizeof rate - 1;
        switch (kind) {
        case STREAM_METRICS:
            return take_number(&asked->rate_hz, value, 1, METRICS_HZ_MAX)
                       ? NULL
                       : "rate: give a whole number of Hz from 1 to " TEXT_OF(METRICS_HZ_MAX);
        case STREAM_LATENCY:
            return take_number(&asked->rate_hz, value, 1, LATENCY_HZ_MAX)
                       ? NULL
                       : "rate: give a whole number of Hz from 1 to " TEXT_OF(LATENCY_HZ_MAX);
        default: return "rate: events come as they happen";
        }
    }
    if (strncmp(argument, replay, sizeof replay - 1) == 0) {
        if (kind != STREAM_EVENTS) {
            return "replay: only events can be replayed";
        }
        return take_number(&asked->replay, argument + sizeof replay - 1, 0, REPLAY_MAX)
                   ? NULL
                   : "replay: give a whole number of events from 0 to " TEXT_OF(REPLAY_MAX);
    }
    if (strncmp(argument, add, sizeof add - 1) == 0) {
        return take_parts(asked, kind, argument + sizeof add - 1);
    }
    return NULL;
}
