/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/osc_space.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char top[] = "/phicast/";
static const char channel[] = "/phicast/channel/";

/* From the struct that the walk is in on to the next number that has an address. What is measured on request
 * is there all the time; of the channels' bands nobody can tell before. */
static bool next_metric(struct metric_place *place, const struct metrics_snapshot *frame)
{
    const uint32_t parts = PARTS_ALL | (frame->parts & PART_CHANNEL_BANDS);
    do {
        if (place->group && ++place->metric < place->group->metric + place->group->count) {
            continue;
        }
        place->metric = place->group ? place->group->metric : NULL; /* the next struct's first */
        if (!metric_next(place, frame, parts)) {
            return false;
        }
    } while (!place->metric->address);
    return true;
}

bool osc_leaf_next(struct osc_leaf *leaf, const struct osc_space *space)
{
    switch (leaf->kind) {
    case OSC_LEAF_NONE:
    case OSC_LEAF_METRIC:
        leaf->kind = OSC_LEAF_METRIC;
        if (next_metric(&leaf->place, space->frame)) {
            return true;
        }
        *leaf = (struct osc_leaf){.kind = OSC_LEAF_NAME};
        if (space->frame->channel_count > 0) {
            return true;
        }
        break;
    case OSC_LEAF_NAME:
        if (++leaf->place.channel < space->frame->channel_count) {
            return true;
        }
        break;
    case OSC_LEAF_COMMAND: break;
    }
    leaf->kind = OSC_LEAF_COMMAND;
    do {
        leaf->command++;
    } while (command_row(leaf->command) && !command_row(leaf->command)->address);
    return space->takes_commands && command_row(leaf->command);
}

const char *osc_leaf_path(const struct osc_leaf *leaf, char out[OSC_PATH_MAX])
{
    char address[METRIC_ADDRESS_MAX];
    switch (leaf->kind) {
    case OSC_LEAF_METRIC:
        snprintf(out, OSC_PATH_MAX, "%s%s", top, metric_address(&leaf->place, address));
        break;
    case OSC_LEAF_NAME: snprintf(out, OSC_PATH_MAX, "%s%u/name", channel, leaf->place.channel + 1); break;
    default: snprintf(out, OSC_PATH_MAX, "%s", command_row(leaf->command)->address);
    }
    return out;
}

/* Those of a kind of which `leaf` is the first that the path may be. */
static bool find_metric(struct osc_leaf *leaf, const char *path)
{
    struct metric_place last;
    leaf->kind = OSC_LEAF_METRIC;
    return metric_choose(path + sizeof top - 1, &leaf->place, &last);
}

static bool find_name(struct osc_leaf *leaf, const char *path)
{
    const bool starts = strncmp(path, channel, sizeof channel - 1) == 0;
    const unsigned long number = starts ? strtoul(path + sizeof channel - 1, NULL, 10) : 0;
    *leaf = (struct osc_leaf){.kind = OSC_LEAF_NAME, .place.channel = (uint32_t)number - 1};
    return number >= 1 && number <= CHANNELS_MAX;
}

static bool find_command(struct osc_leaf *leaf, const char *path)
{
    const struct command_row *row;
    *leaf = (struct osc_leaf){.kind = OSC_LEAF_COMMAND, .command = COMMAND_DEPTH};
    while ((row = command_row(leaf->command)) && (!row->address || strcmp(row->address, path) != 0)) {
        leaf->command++;
    }
    return row != NULL;
}

/* Whatever reads addresses more generously: only the one that we write ourselves is good. */
static bool is_at(const struct osc_leaf *leaf, const char *path)
{
    char own[OSC_PATH_MAX];
    return strcmp(osc_leaf_path(leaf, own), path) == 0;
}

bool osc_leaf_find(struct osc_leaf *leaf, const char *path)
{
    *leaf = (struct osc_leaf){0};
    return strncmp(path, top, sizeof top - 1) == 0 &&
           ((find_metric(leaf, path) && is_at(leaf, path)) || (find_name(leaf, path) && is_at(leaf, path)) ||
            find_command(leaf, path));
}

/* How many structs of a group there can be. */
static uint32_t extent_of(const struct metric_group *group)
{
    return (group->channel_step ? CHANNELS_MAX : 1U) * (group->band_step ? BANDS_MAX : 1U);
}

uint32_t osc_leaf_number(const struct osc_leaf *leaf)
{
    const struct metric_place *place = &leaf->place;
    uint32_t number = 0;
    for (size_t i = 0; i < METRIC_GROUPS && &metric_group[i] != place->group; i++) {
        number += metric_group[i].count * extent_of(&metric_group[i]);
    }
    switch (leaf->kind) {
    case OSC_LEAF_METRIC:
        return number + (uint32_t)(place->metric - place->group->metric) +
               place->group->count *
                   (place->channel * (place->group->band_step ? BANDS_MAX : 1U) + place->band);
    case OSC_LEAF_NAME: return number + place->channel;
    default: return number + CHANNELS_MAX + leaf->command;
    }
}

uint32_t osc_leaf_part(const struct osc_leaf *leaf)
{
    return leaf->kind == OSC_LEAF_METRIC ? leaf->place.group->part : 0;
}

/* What the command last set. False: nobody knows. */
static bool read_back(const struct osc_space *space, uint32_t kind, double *value)
{
    const struct analyser_status *analyser = space->analyser;
    switch (kind) {
    case COMMAND_DEPTH: *value = (double)space->frame->phi_depth; return true;
    case COMMAND_PHASE: *value = (double)space->frame->phi_phase; return true;
    case COMMAND_BREATHING: *value = space->frame->phi_breathing_active; return true;
    case COMMAND_RATE: *value = analyser ? (double)analyser->phi_rate : 0; return analyser != NULL;
    case COMMAND_AUTO: *value = analyser ? analyser->auto_phi : 0; return analyser != NULL;
    default: return false;
    }
}

bool osc_leaf_read(const struct osc_leaf *leaf, const struct osc_space *space, struct osc_value *value)
{
    *value = (struct osc_value){.type = 'f'};
    switch (leaf->kind) {
    case OSC_LEAF_METRIC: value->number = metric_value(&leaf->place, space->frame); return true;
    case OSC_LEAF_NAME:
        value->type = 's';
        value->text = space->names->name[leaf->place.channel];
        return leaf->place.channel < space->frame->channel_count;
    default: break;
    }
    const bool known = read_back(space, leaf->command, &value->number);
    if (command_is_switch(leaf->command)) {
        value->type = value->number != 0 ? 'T' : 'F';
    }
    return known;
}
