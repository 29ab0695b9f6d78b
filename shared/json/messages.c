/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/json/messages.h"

#include "shared/json/build.h"

#include <stdlib.h>

static void add_metric(struct build *build, const struct metric *metric, const void *snapshot)
{
    const double value = metric_read(metric, snapshot);
    switch (metric->type) {
    case METRIC_FLOAT:
    case METRIC_DOUBLE: build_number(build, metric->name, value); break;
    case METRIC_TIME: build_time(build, metric->name, value); break;
    case METRIC_FLAG: build_flag(build, metric->name, value != 0); break;
    case METRIC_COUNT: build_count(build, metric->name, (uint64_t)value); break;
    case METRIC_SERIAL: build_count(build, metric->name, metric_serial(metric, snapshot)); break;
    }
}

static void add_metrics(struct build *build, const struct metric *metric, size_t count, const void *snapshot)
{
    for (size_t i = 0; i < count; i++) {
        add_metric(build, &metric[i], snapshot);
    }
}

static void add_channels(struct build *build, const struct metrics_snapshot *snapshot)
{
    struct build list = build_list(snapshot->channel_count);
    for (uint32_t i = 0; i < snapshot->channel_count; i++) {
        struct build entry = build_object();
        build_count(&entry, "channel", i);
        add_metrics(&entry, channel_metric, CHANNEL_METRICS, &snapshot->channel[i]);
        build_nest(&list, NULL, entry);
    }
    build_nest(build, "channel_metrics", list);
}

enum status message_metrics(struct message *message, const struct metrics_snapshot *snapshot)
{
    if (snapshot->channel_count > CHANNELS_MAX) {
        return STATUS_CORRUPT;
    }
    struct build build = build_object();
    add_metrics(&build, frame_metric, FRAME_METRICS, snapshot);
    add_channels(&build, snapshot);
    return build_print(build, message);
}

enum status message_latency(struct message *message, const struct latency_report *report)
{
    struct build build = build_object();
    add_metrics(&build, latency_metric, LATENCY_METRICS, report);
    return build_print(build, message);
}

enum status message_event(struct message *message, const struct event *event)
{
    size_t count;
    const struct event_field *fields = event_fields(event->kind, &count);
    const enum status status = event_check(event);
    if (status) {
        return status;
    }
    struct build build = build_object();
    build_text(&build, "type", event_kind_str(event->kind));
    build_time(&build, "timestamp", event->timestamp);
    for (size_t i = 0; i < count; i++) {
        if (fields[i].word) {
            build_text(&build, fields[i].name, event_word(&fields[i], event));
        } else {
            build_number(&build, fields[i].name, (double)event_number(&fields[i], event));
        }
    }
    return build_print(build, message);
}

void message_free(struct message *message)
{
    free(message->text);
    *message = (struct message){0};
}
