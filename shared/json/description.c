/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/json/description.h"

#include "shared/control.h"
#include "shared/json/build.h"
#include "shared/json/recording.h"
#include "shared/metric.h"

#include <float.h>

/* null: no limit that means anything. */
static void add_limit(struct build *build, const char *key, double limit)
{
    if (limit >= (double)FLT_MAX) {
        build_null(build, key);
    } else {
        build_number(build, key, limit);
    }
}

static const char *type_str(enum metric_type type)
{
    switch (type) {
    case METRIC_FLAG: return "boolean";
    case METRIC_COUNT:
    case METRIC_SERIAL: return "integer";
    default: return "number";
    }
}

static struct build describe_metric(const struct metric *metric)
{
    struct build build = build_object();
    build_text(&build, "name", metric->name);
    build_text(&build, "type", type_str(metric->type));
    build_text(&build, "unit", metric->unit);
    add_limit(&build, "min", metric->low);
    add_limit(&build, "max", metric->high);
    build_number(&build, "usual_min", metric->usual_low);
    build_number(&build, "usual_max", metric->usual_high);
    build_text(&build, "help", metric->help);
    return build;
}

static struct build describe_metrics(const struct metric *metric, uint32_t count)
{
    struct build list = build_list(count);
    for (uint32_t i = 0; i < count; i++) {
        build_nest(&list, NULL, describe_metric(&metric[i]));
    }
    return list;
}

static struct build describe_command(const struct command_row *row)
{
    struct build build = build_object();
    build_text(&build, "name", row->name);
    build_text(&build, "type", row->is_switch ? "boolean" : "number");
    build_text(&build, "unit", row->unit);
    build_number(&build, "min", row->low);
    build_number(&build, "max", row->high);
    build_text(&build, "help", row->range);
    return build;
}

enum status message_description(struct message *message)
{
    struct build build = build_object();
    struct build commands = build_list(COMMAND_CALIBRATE);
    const struct command_row *row;
    for (uint32_t kind = COMMAND_DEPTH; (row = command_row(kind)); kind++) {
        build_nest(&commands, NULL, describe_command(row));
    }
    build_nest(&build, "metrics", describe_metrics(frame_metric, FRAME_METRICS));
    build_nest(&build, "channel_metrics", describe_metrics(channel_metric, CHANNEL_METRICS));
    build_nest(&build, "levels", describe_metrics(level_metric, LEVEL_METRICS));
    build_nest(&build, "bands", describe_metrics(band_metric, BAND_METRICS));
    build_nest(&build, "onsets", describe_metrics(onset_metric, ONSET_METRICS));
    build_nest(&build, "latency", describe_metrics(latency_metric, LATENCY_METRICS));
    build_nest(&build, "commands", commands);
    return build_print(build, message);
}

static void add_ranges(struct build *ranges, const struct metric *metric, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (metric[i].type == METRIC_FLAG || metric[i].type == METRIC_TIME) {
            continue;
        }
        struct build range = build_list(2);
        add_limit(&range, NULL, metric[i].low);
        add_limit(&range, NULL, metric[i].high);
        build_nest(ranges, metric[i].name, range);
    }
}

/* Those of a list stand under its name. */
static struct build report_ranges(void)
{
    struct build ranges = build_object();
    for (size_t g = 0; g < METRIC_GROUPS; g++) {
        const struct metric_group *group = &metric_group[g];
        if (group->key) {
            struct build inner = build_object();
            add_ranges(&inner, group->metric, group->count);
            build_nest(&ranges, group->key, inner);
        } else {
            add_ranges(&ranges, group->metric, group->count);
        }
    }
    add_ranges(&ranges, latency_metric, LATENCY_METRICS);
    return ranges;
}

enum status message_recording(struct message *message, const struct recording_report *report)
{
    struct build build = build_object();
    struct build rates = build_object();
    if (report->metrics_hz > 0) {
        build_count(&rates, "metrics", report->metrics_hz);
    } else {
        build_text(&rates, "metrics", "all");
    }
    build_count(&rates, "latency", report->latency_hz);
    build_text(&build, "phicast", "recording");
    build_count(&build, "version", RECORDING_VERSION);
    build_text(&build, "program", "phicast-broadcaster " PHICAST_VERSION);
    build_text(&build, "name", report->name);
    build_time(&build, "started", report->started);
    build_nest(&build, "rates", rates);
    build_nest(&build, "ranges", report_ranges());
    build_nest(&build, "add", build_part_names(report->add));
    return build_print(build, message);
}
