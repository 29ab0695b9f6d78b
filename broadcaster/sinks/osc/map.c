/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/sinks/osc/map.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEARTBEAT_WRAP = 65536 }; /* frames: a float counts that far and much farther without a gap */

/* The frame's number as a float holds it: in OSC only. */
static const struct metric heartbeat = {.name = "heartbeat",
                                        .address = "heartbeat",
                                        .type = METRIC_SERIAL,
                                        .at = offsetof(struct metrics_snapshot, frame),
                                        .usual_high = HEARTBEAT_WRAP};

/* Resolume's addresses are fixed: the eight links of the composition's dashboard, which can be put on
 * anything. All of them take 0...1. */
static const struct map_line resolume[] = {
    {"ici", "/composition/dashboard/link1", .has_out = true, .clip = true, .out = {0, 1}},
    {"criticality", "/composition/dashboard/link2", .has_out = true, .clip = true, .out = {0, 1}},
    {"phase_coherence", "/composition/dashboard/link3", .has_out = true, .clip = true, .out = {0, 1}},
    {"spectral_centroid", "/composition/dashboard/link4", .has_out = true, .clip = true, .out = {0, 1}},
    {"phi_depth", "/composition/dashboard/link5", .has_out = true, .clip = true, .out = {0, 1}},
    {"phi_phase", "/composition/dashboard/link6", .has_out = true, .clip = true, .out = {0, 1}},
    {"channel/1/amplitude", "/composition/dashboard/link7", .has_out = true, .clip = true, .out = {0, 1}},
    {"channel/2/amplitude", "/composition/dashboard/link8", .has_out = true, .clip = true, .out = {0, 1}},
};

/* Levels of channels 0...100, numbered where few shows have any. */
static const struct map_line eos[] = {
    {"ici", "/eos/chan/901", .has_out = true, .clip = true, .out = {0, 100}},
    {"criticality", "/eos/chan/902", .has_out = true, .clip = true, .out = {0, 100}},
    {"phase_coherence", "/eos/chan/903", .has_out = true, .clip = true, .out = {0, 100}},
    {"spectral_centroid", "/eos/chan/904", .has_out = true, .clip = true, .out = {0, 100}},
    {"phi_depth", "/eos/chan/905", .has_out = true, .clip = true, .out = {0, 100}},
    {"phi_phase", "/eos/chan/906", .has_out = true, .clip = true, .out = {0, 100}},
};

static struct osc_row *new_row(struct osc_map *map)
{
    struct osc_row *grown = realloc(map->row, (map->count + 1) * sizeof *grown);
    if (!grown) {
        return NULL;
    }
    map->row = grown;
    map->row[map->count] = (struct osc_row){0};
    return &map->row[map->count++];
}

static enum status add_plain(struct osc_map *map, const struct metric *metric, const char *prefix)
{
    struct osc_row *row = new_row(map);
    if (!row) {
        return STATUS_NO_MEMORY;
    }
    row->metric = metric;
    snprintf(row->address, sizeof row->address, "%s/%s", prefix, metric->address);
    return STATUS_OK;
}

static enum status add_plain_channel(struct osc_map *map, uint32_t channel, const char *prefix)
{
    char below[MAP_ADDRESS_MAX - 16];
    enum status status = STATUS_OK;
    snprintf(below, sizeof below, "%s/channel/%u", prefix, channel + 1);
    for (uint32_t m = 0; status == STATUS_OK && m < CHANNEL_METRICS; m++) {
        status = add_plain(map, &channel_metric[m], below);
        if (status == STATUS_OK) {
            map->row[map->count - 1].per_channel = true;
            map->row[map->count - 1].channel = channel;
        }
    }
    return status;
}

static enum status make_default(struct osc_map *map, const char *prefix)
{
    enum status status = STATUS_OK;
    for (uint32_t m = 0; status == STATUS_OK && m < FRAME_METRICS; m++) {
        status = frame_metric[m].address ? add_plain(map, &frame_metric[m], prefix) : STATUS_OK;
    }
    if (status == STATUS_OK) {
        status = add_plain(map, &heartbeat, prefix);
    }
    for (uint32_t channel = 0; status == STATUS_OK && channel < CHANNELS_MAX; channel++) {
        status = add_plain_channel(map, channel, prefix);
    }
    return status;
}

/* NULL: there is none, or it is not sent. */
static const struct metric *find_frame_metric(const char *name)
{
    const size_t at = metric_find(frame_metric, FRAME_METRICS, name);
    if (at < FRAME_METRICS && frame_metric[at].address) {
        return &frame_metric[at];
    }
    return strcmp(name, heartbeat.name) == 0 ? &heartbeat : NULL;
}

/* "channel/3/amplitude" or "channel/ * /amplitude": the metric, and the channels from *first to *last. */
static const struct metric *find_channel_metric(const char *name, uint32_t *first, uint32_t *last)
{
    static const char start[] = "channel/";
    const char *number = name + sizeof start - 1;
    char *slash;
    if (strncmp(name, start, sizeof start - 1) != 0) {
        return NULL;
    }
    if (strncmp(number, "*/", 2) == 0) {
        *first = 0;
        *last = CHANNELS_MAX - 1;
        slash = strchr(number, '/');
    } else {
        const unsigned long value = *number >= '1' && *number <= '9' ? strtoul(number, &slash, 10) : 0;
        if (value < 1 || value > CHANNELS_MAX || *slash != '/') {
            return NULL;
        }
        *first = *last = (uint32_t)value - 1;
    }
    const size_t at = metric_find(channel_metric, CHANNEL_METRICS, slash + 1);
    return at < CHANNEL_METRICS ? &channel_metric[at] : NULL;
}

/* Where a line stands for all channels, the star in its address becomes their number. */
static bool make_address(struct osc_row *row, const char *address, bool all_channels)
{
    const char *star = strchr(address, '*');
    if ((star != NULL) != all_channels || address[0] != '/' || address[1] == '\0') {
        return false;
    }
    for (const char *c = address; *c; c++) {
        if (c != star && (*c <= ' ' || *c > '~' || strchr("#*,?[]{}", *c))) {
            return false;
        }
    }
    const int length = star ? snprintf(row->address, sizeof row->address, "%.*s%u%s", (int)(star - address),
                                       address, row->channel + 1, star + 1)
                            : snprintf(row->address, sizeof row->address, "%s", address);
    return length < (int)sizeof row->address;
}

static void make_range(struct osc_row *row, const struct map_line *line)
{
    if (!line->has_out) {
        return;
    }
    const double from = line->has_in ? line->in[0] : row->metric->usual_low;
    const double to = line->has_in ? line->in[1] : row->metric->usual_high;
    row->scaled = true;
    row->clip = line->clip;
    row->in_from = from;
    row->slope = (line->out[1] - line->out[0]) / (to - from);
    row->out_from = line->out[0];
    row->out_to = line->out[1];
}

static enum status add_line(struct osc_map *map, const struct map_line *line, const char **wrong)
{
    uint32_t first = 0;
    uint32_t last = 0;
    const struct metric *of_frame = find_frame_metric(line->metric);
    const struct metric *metric = of_frame ? of_frame : find_channel_metric(line->metric, &first, &last);
    if (!metric) {
        *wrong = "no such metric; docs/osc.md lists them";
        return STATUS_BAD_ARG;
    }
    for (uint32_t channel = first; channel <= last; channel++) {
        struct osc_row *row = new_row(map);
        if (!row) {
            *wrong = "out of memory";
            return STATUS_NO_MEMORY;
        }
        row->metric = metric;
        row->channel = channel;
        row->per_channel = !of_frame;
        make_range(row, line);
        if (!make_address(row, line->address, first != last)) {
            *wrong = "give an address such as /light/1, with one * in it for \"channel/*/...\" and none else";
            return STATUS_BAD_ARG;
        }
    }
    return STATUS_OK;
}

static enum status add_lines(struct osc_map *map, const struct map_line *lines, uint32_t count,
                             const char *name, char *error)
{
    for (uint32_t i = 0; i < count; i++) {
        const char *wrong = "";
        const enum status status = add_line(map, &lines[i], &wrong);
        if (status) {
            snprintf(error, OPTION_ERROR_MAX, "%.60s: line %u of the map, %.39s: %s", name, i + 1,
                     lines[i].metric, wrong);
            return status;
        }
    }
    return STATUS_OK;
}

static enum status make_from_file(struct osc_map *map, const char *path, char *error)
{
    uint32_t count;
    struct map_line *lines = calloc(MAP_LINES_MAX, sizeof *lines);
    enum status status = STATUS_NO_MEMORY;
    if (lines) {
        status = map_load(path, lines, &count, error);
    } else {
        snprintf(error, OPTION_ERROR_MAX, "out of memory");
    }
    if (status == STATUS_OK) {
        status = add_lines(map, lines, count, path, error);
    }
    free(lines);
    return status;
}

enum status osc_map_make(struct osc_map *map, const char *name, const char *prefix,
                         char error[OPTION_ERROR_MAX])
{
    enum status status = STATUS_OK;
    *map = (struct osc_map){0};
    if (name[0] == '\0' || strcmp(name, "touchdesigner") == 0) {
        status = make_default(map, prefix);
        if (status) {
            snprintf(error, OPTION_ERROR_MAX, "out of memory");
        }
    } else if (strcmp(name, "resolume") == 0) {
        status = add_lines(map, resolume, sizeof resolume / sizeof resolume[0], name, error);
    } else if (strcmp(name, "eos") == 0) {
        status = add_lines(map, eos, sizeof eos / sizeof eos[0], name, error);
    } else {
        status = make_from_file(map, name, error);
    }
    if (status) {
        osc_map_free(map);
    }
    return status;
}

void osc_map_free(struct osc_map *map)
{
    free(map->row);
    *map = (struct osc_map){0};
}

static double read_metric(const struct osc_row *row, const struct metrics_snapshot *frame)
{
    if (!row->per_channel) {
        return row->metric == &heartbeat ? (double)(frame->frame % HEARTBEAT_WRAP)
                                         : metric_read(row->metric, frame);
    }
    return row->channel < frame->channel_count && row->channel < CHANNELS_MAX
               ? metric_read(row->metric, &frame->channel[row->channel])
               : 0;
}

float osc_map_value(const struct osc_row *row, const struct metrics_snapshot *frame)
{
    const double value = read_metric(row, frame);
    if (!row->scaled) {
        return (float)value;
    }
    double out = row->out_from + (value - row->in_from) * row->slope;
    if (row->clip) {
        out = fmax(out, fmin(row->out_from, row->out_to));
        out = fmin(out, fmax(row->out_from, row->out_to));
    }
    return (float)fmax(fmin(out, 3.4e38), -3.4e38);
}
