/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/json/messages.h"

#include "shared/json/build.h"

#include <stdlib.h>

static void add_metric(struct build *build, const struct metric *metric, const char *key,
                       const void *snapshot)
{
    const double value = metric_read(metric, snapshot);
    switch (metric->type) {
    case METRIC_FLOAT:
    case METRIC_DOUBLE: build_number(build, key, value); break;
    case METRIC_TIME: build_time(build, key, value); break;
    case METRIC_FLAG: build_flag(build, key, value != 0); break;
    case METRIC_COUNT: build_count(build, key, (uint64_t)value); break;
    case METRIC_SERIAL: build_count(build, key, metric_serial(metric, snapshot)); break;
    }
}

static void add_metrics(struct build *build, const struct metric *metric, size_t count, const void *snapshot)
{
    for (size_t i = 0; i < count; i++) {
        add_metric(build, &metric[i], metric[i].name, snapshot);
    }
}

/* One channel's, or those of all together. */
static struct build list_bands(struct metric_place place, const struct metrics_snapshot *snapshot)
{
    struct build list = build_list(snapshot->band_count);
    for (place.band = 0; place.band < snapshot->band_count; place.band++) {
        add_metric(&list, place.group->metric, NULL, metric_struct(&place, snapshot));
    }
    return list;
}

static struct build describe_channel(struct metric_place place, const struct metrics_snapshot *snapshot)
{
    struct build entry = build_object();
    build_count(&entry, "channel", place.channel);
    add_metrics(&entry, place.group->metric, place.group->count, metric_struct(&place, snapshot));
    return entry;
}

static struct build list_channels(struct metric_place place, const struct metrics_snapshot *snapshot)
{
    struct build list = build_list(snapshot->channel_count);
    for (place.channel = 0; place.channel < snapshot->channel_count; place.channel++) {
        build_nest(&list, NULL,
                   place.group->band_step ? list_bands(place, snapshot) : describe_channel(place, snapshot));
    }
    return list;
}

static void add_group(struct build *build, const struct metric_group *group,
                      const struct metrics_snapshot *snapshot)
{
    const struct metric_place place = {.group = group};
    if (group->channel_step) {
        build_nest(build, group->key, list_channels(place, snapshot));
    } else if (group->band_step) {
        build_nest(build, group->key, list_bands(place, snapshot));
    } else {
        add_metrics(build, group->metric, group->count, metric_struct(&place, snapshot));
    }
}

void build_parts(struct build *build, const struct metrics_snapshot *snapshot, uint32_t parts)
{
    const uint32_t bands = parts & PART_BANDS ? snapshot->parts & PART_CHANNEL_BANDS : 0;
    for (size_t g = 0; g < METRIC_GROUPS; g++) {
        if ((parts | bands) & metric_group[g].part) {
            add_group(build, &metric_group[g], snapshot);
        }
    }
}

enum status message_metrics(struct message *message, const struct metrics_snapshot *snapshot, uint32_t parts)
{
    if (snapshot->channel_count > CHANNELS_MAX || snapshot->band_count > BANDS_MAX) {
        return STATUS_CORRUPT;
    }
    struct build build = build_object();
    for (size_t g = 0; g < METRIC_GROUPS; g++) {
        if (metric_group[g].part == 0) {
            add_group(&build, &metric_group[g], snapshot);
        }
    }
    build_parts(&build, snapshot, parts);
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
        } else if (fields[i].whole) {
            build_count(&build, fields[i].name, (uint64_t)event_number(&fields[i], event));
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
