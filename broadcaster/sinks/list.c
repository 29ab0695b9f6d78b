/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/sinks/list.h"

#include "broadcaster/stream/hub.h"

#include <assert.h>

#define SINK_ENTRY(name) &name##_sink,
static const struct sink_kind *const kinds[] = {SINKS(SINK_ENTRY)};
#undef SINK_ENTRY

static_assert(sizeof kinds / sizeof kinds[0] <= FEED_SINKS,
              "the note of what has been delivered has a place for each");

enum status sinks_open(const struct sink_context *context, char *error)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0] && status == STATUS_OK; i++) {
        struct sink *sink = NULL;
        status = kinds[i]->open(&sink, context, error);
        if (sink) {
            feed_add_sink(&context->hub->feed, sink);
        }
    }
    return status;
}

void sinks_close(struct hub *hub)
{
    for (uint32_t i = 0; i < hub->feed.sink_count; i++) {
        struct sink *sink = hub->feed.sink[i];
        sink->kind->close(sink);
    }
    hub->feed.sink_count = 0;
}

void sinks_announce(const struct hub *hub, FILE *out)
{
    for (uint32_t i = 0; i < hub->feed.sink_count; i++) {
        const struct sink *sink = hub->feed.sink[i];
        if (sink->kind->announce) {
            sink->kind->announce(sink, out);
        }
    }
}

bool sinks_are_busy(const struct hub *hub)
{
    for (uint32_t i = 0; i < hub->feed.sink_count; i++) {
        const struct sink *sink = hub->feed.sink[i];
        if (sink->kind->is_busy && sink->kind->is_busy(sink)) {
            return true;
        }
    }
    return false;
}
