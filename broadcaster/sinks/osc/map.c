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
static const struct metric_place heartbeat_place = {.group = &metric_group[0], .metric = &heartbeat};

/* Resolume's addresses are fixed: the eight links of the composition's dashboard, which can be put on
 * anything. All of them take 0...1. */
static const struct map_line resolume[] = {
    {"ici", "/composition/dashboard/link1", .has_out = true, .clip = true, .out = {0, 1}},
    {"criticality", "/composition/dashboard/link2", .has_out = true, .clip = true, .out = {0, 1}},
    {"phase_coherence", "/composition/dashboard/link3", .has_out = true, .clip = true, .out = {0, 1}},
    {"spectral_centroid", "/composition/dashboard/link4", .has_out = true, .clip = true, .out = {0, 1}},
    {"phi_depth", "/composition/dashboard/link5", .has_out = true, .clip = true, .out = {0, 1}},
    {"phi_phase", "/composition/dashboard/link6", .has_out = true, .clip = true, .out = {0, 1}},
    {"level/1/rms", "/composition/dashboard/link7", .has_out = true, .clip = true, .out = {0, 1}},
    {"onset_strength", "/composition/dashboard/link8", .has_out = true, .clip = true, .out = {0, 1}},
    {"band/*", "/composition/layers/1/dashboard/link*", .has_out = true, .clip = true, .out = {0, 1}},
};

/* Levels of channels 0...100, numbered where few shows have any. */
static const struct map_line eos[] = {
    {"ici", "/eos/chan/901", .has_out = true, .clip = true, .out = {0, 100}},
    {"criticality", "/eos/chan/902", .has_out = true, .clip = true, .out = {0, 100}},
    {"phase_coherence", "/eos/chan/903", .has_out = true, .clip = true, .out = {0, 100}},
    {"spectral_centroid", "/eos/chan/904", .has_out = true, .clip = true, .out = {0, 100}},
    {"phi_depth", "/eos/chan/905", .has_out = true, .clip = true, .out = {0, 100}},
    {"phi_phase", "/eos/chan/906", .has_out = true, .clip = true, .out = {0, 100}},
    {"onset_strength", "/eos/chan/907", .has_out = true, .clip = true, .out = {0, 100}},
    {"level/1/rms", "/eos/chan/908", .has_out = true, .clip = true, .out = {0, 100}},
    {"level/2/rms", "/eos/chan/909", .has_out = true, .clip = true, .out = {0, 100}},
    {"band/1", "/eos/chan/911", .has_out = true, .clip = true, .out = {0, 100}},
    {"band/2", "/eos/chan/912", .has_out = true, .clip = true, .out = {0, 100}},
    {"band/3", "/eos/chan/913", .has_out = true, .clip = true, .out = {0, 100}},
    {"band/4", "/eos/chan/914", .has_out = true, .clip = true, .out = {0, 100}},
    {"band/5", "/eos/chan/915", .has_out = true, .clip = true, .out = {0, 100}},
    {"band/6", "/eos/chan/916", .has_out = true, .clip = true, .out = {0, 100}},
    {"band/7", "/eos/chan/917", .has_out = true, .clip = true, .out = {0, 100}},
    {"band/8", "/eos/chan/918", .has_out = true, .clip = true, .out = {0, 100}},
};

/* Faders of executors, 0...100, on a page where few shows have any. */
static const struct map_line grandma3[] = {
    {"ici", "/gma3/Page99/Fader201", .has_out = true, .clip = true, .out = {0, 100}},
    {"criticality", "/gma3/Page99/Fader202", .has_out = true, .clip = true, .out = {0, 100}},
    {"phase_coherence", "/gma3/Page99/Fader203", .has_out = true, .clip = true, .out = {0, 100}},
    {"spectral_centroid", "/gma3/Page99/Fader204", .has_out = true, .clip = true, .out = {0, 100}},
    {"phi_depth", "/gma3/Page99/Fader205", .has_out = true, .clip = true, .out = {0, 100}},
    {"phi_phase", "/gma3/Page99/Fader206", .has_out = true, .clip = true, .out = {0, 100}},
    {"onset_strength", "/gma3/Page99/Fader207", .has_out = true, .clip = true, .out = {0, 100}},
    {"level/1/rms", "/gma3/Page99/Fader208", .has_out = true, .clip = true, .out = {0, 100}},
    {"level/2/rms", "/gma3/Page99/Fader209", .has_out = true, .clip = true, .out = {0, 100}},
    {"band/1", "/gma3/Page99/Fader211", .has_out = true, .clip = true, .out = {0, 100}},
    {"band/2", "/gma3/Page99/Fader212", .has_out = true, .clip = true, .out = {0, 100}},
    {"band/3", "/gma3/Page99/Fader213", .has_out = true, .clip = true, .out = {0, 100}},
    {"band/4", "/gma3/Page99/Fader214", .has_out = true, .clip = true, .out = {0, 100}},
    {"band/5", "/gma3/Page99/Fader215", .has_out = true, .clip = true, .out = {0, 100}},
    {"band/6", "/gma3/Page99/Fader216", .has_out = true, .clip = true, .out = {0, 100}},
    {"band/7", "/gma3/Page99/Fader217", .has_out = true, .clip = true, .out = {0, 100}},
    {"band/8", "/gma3/Page99/Fader218", .has_out = true, .clip = true, .out = {0, 100}},
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

static enum status add_plain(struct osc_map *map, const struct metric_place *place, const char *prefix)
{
    char address[METRIC_ADDRESS_MAX];
    struct osc_row *row = new_row(map);
    if (!row) {
        return STATUS_NO_MEMORY;
    }
    row->place = *place;
    map->parts |= place->group->part;
    snprintf(row->address, sizeof row->address, "%s/%s", prefix, metric_address(place, address));
    return STATUS_OK;
}

/* One channel's, of one group, in each band; of a group without channels, all. */
static enum status add_group(struct osc_map *map, struct metric_place place, const char *prefix)
{
    enum status status = STATUS_OK;
    const uint32_t bands = place.group->band_step ? BANDS_MAX : 1;
    for (place.band = 0; place.band < bands; place.band++) {
        for (uint32_t m = 0; status == STATUS_OK && m < place.group->count; m++) {
            place.metric = &place.group->metric[m];
            status = place.metric->address ? add_plain(map, &place, prefix) : STATUS_OK;
        }
    }
    return status;
}

/* The frame's and then, channel by channel, theirs; in the order of the groups. */
static enum status make_default(struct osc_map *map, const char *prefix, uint32_t parts)
{
    const uint32_t wanted = parts | (parts & PART_BANDS ? PART_CHANNEL_BANDS : 0);
    enum status status = STATUS_OK;
    for (size_t g = 0; status == STATUS_OK && g < METRIC_GROUPS; g++) {
        struct metric_place place = {.group = &metric_group[g]};
        const uint32_t channels = place.group->channel_step ? CHANNELS_MAX : 1;
        const bool wants = place.group->part == 0 || (place.group->part & wanted);
        for (; wants && status == STATUS_OK && place.channel < channels; place.channel++) {
            status = add_group(map, place, prefix);
        }
        if (status == STATUS_OK && g == 0) {
            status = add_plain(map, &heartbeat_place, prefix);
        }
    }
    return status;
}

/* False: there is none, or it is not sent. */
static bool find_metric(const char *name, struct metric_place *first, struct metric_place *last)
{
    if (strcmp(name, heartbeat.name) == 0) {
        *first = *last = heartbeat_place;
        return true;
    }
    return metric_choose(name, first, last);
}

/* Where a line stands for all channels, or bands, the star in its address becomes their number. */
static bool make_address(struct osc_row *row, const char *address, bool all, uint32_t number)
{
    const char *star = strchr(address, '*');
    if ((star != NULL) != all || address[0] != '/' || address[1] == '\0') {
        return false;
    }
    for (const char *c = address; *c; c++) {
        if (c != star && (*c <= ' ' || *c > '~' || strchr("#*,?[]{}", *c))) {
            return false;
        }
    }
    const int length = star ? snprintf(row->address, sizeof row->address, "%.*s%u%s", (int)(star - address),
                                       address, number, star + 1)
                            : snprintf(row->address, sizeof row->address, "%s", address);
    return length < (int)sizeof row->address;
}

static void make_range(struct osc_row *row, const struct map_line *line)
{
    if (!line->has_out) {
        return;
    }
    const double from = line->has_in ? line->in[0] : row->place.metric->usual_low;
    const double to = line->has_in ? line->in[1] : row->place.metric->usual_high;
    row->scaled = true;
    row->clip = line->clip;
    row->in_from = from;
    row->slope = (line->out[1] - line->out[0]) / (to - from);
    row->out_from = line->out[0];
    row->out_to = line->out[1];
}

static enum status add_line(struct osc_map *map, const struct map_line *line, const char **wrong)
{
    struct metric_place place;
    struct metric_place last;
    if (!find_metric(line->metric, &place, &last)) {
        *wrong = "no such metric; docs/osc.md lists them";
        return STATUS_BAD_ARG;
    }
    const bool all_channels = place.channel != last.channel;
    const bool all_bands = place.band != last.band;
    if (all_channels && all_bands) {
        *wrong = "two stars; give one of the numbers";
        return STATUS_BAD_ARG;
    }
    map->parts |= place.group->part;
    for (; place.channel <= last.channel && place.band <= last.band;
         place.channel += all_channels, place.band += all_bands) {
        struct osc_row *row = new_row(map);
        if (!row) {
            *wrong = "out of memory";
            return STATUS_NO_MEMORY;
        }
        row->place = place;
        make_range(row, line);
        if (!make_address(row, line->address, all_channels || all_bands,
                          1 + (all_bands ? place.band : place.channel))) {
            *wrong =
                "give an address such as /light/1, with one * in it where the metric has one, and none else";
            return STATUS_BAD_ARG;
        }
        if (!all_channels && !all_bands) {
            break;
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

enum status osc_map_make(struct osc_map *map, const char *name, const char *prefix, uint32_t parts,
                         char error[OPTION_ERROR_MAX])
{
    enum status status = STATUS_OK;
    const bool touchdesigner = strcmp(name, "touchdesigner") == 0;
    *map = (struct osc_map){0};
    if (name[0] == '\0' || touchdesigner) {
        status = make_default(map, prefix, touchdesigner ? PARTS_ALL : parts);
        if (status) {
            snprintf(error, OPTION_ERROR_MAX, "out of memory");
        }
    } else if (strcmp(name, "resolume") == 0) {
        status = add_lines(map, resolume, sizeof resolume / sizeof resolume[0], name, error);
    } else if (strcmp(name, "eos") == 0) {
        status = add_lines(map, eos, sizeof eos / sizeof eos[0], name, error);
    } else if (strcmp(name, OSC_MAP_GRANDMA3) == 0) {
        status = add_lines(map, grandma3, sizeof grandma3 / sizeof grandma3[0], name, error);
    } else {
        status = make_from_file(map, name, error);
    }
    if (status) {
        osc_map_free(map);
    }
    return status;
}

bool osc_map_is_file(const char *name)
{
    static const char *const ready_made[] = {"", "touchdesigner", "resolume", "eos"};
    bool is_file = true;
    for (size_t i = 0; i < sizeof ready_made / sizeof ready_made[0]; i++) {
        is_file = is_file && strcmp(name, ready_made[i]) != 0;
    }
    return is_file;
}

void osc_map_free(struct osc_map *map)
{
    free(map->row);
    *map = (struct osc_map){0};
}

float osc_map_value(const struct osc_row *row, const struct metrics_snapshot *frame)
{
    const double value = row->place.metric == &heartbeat ? (double)(frame->frame % HEARTBEAT_WRAP)
                                                         : metric_value(&row->place, frame);
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
