/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/sinks/osc/packet.h"

#include <lo/lo.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { BUNDLE_HEAD = 16, ELEMENT_HEAD = 4, ADDRESS_MAX = 160 };

/* NTP counts from 1900. */
static lo_timetag timetag_of(bool dated, double unix_s)
{
    static const double unix_epoch = 2208988800.0;
    if (!dated || !(unix_s >= 0) || !(unix_s < 2e9)) {
        return LO_TT_IMMEDIATE;
    }
    const double whole = floor(unix_s);
    return (lo_timetag){.sec = (uint32_t)(whole + unix_epoch),
                        .frac = (uint32_t)((unix_s - whole) * 4294967296.0)};
}

static enum status finish_bundle(struct osc_packet *packet, lo_bundle bundle)
{
    packet->length = 0;
    return lo_bundle_serialise(bundle, packet->bytes, &packet->length) ? STATUS_OK : STATUS_NO_MEMORY;
}

/* The arguments; 0 if all of them could be added, as liblo has it. */
static int add_arguments(lo_message message, const struct event *event)
{
    size_t count;
    const struct event_field *fields = event_fields(event->kind, &count);
    int failed = 0;
    for (size_t i = 0; i < count; i++) {
        const float number = fields[i].word ? 0 : event_number(&fields[i], event);
        failed |= fields[i].word ? lo_message_add_string(message, event_word(&fields[i], event))
                                 : lo_message_add_float(message, number + (fields[i].whole ? 1 : 0));
    }
    return failed;
}

enum status osc_pack_event(struct osc_packet *packet, const struct event *event, const char *prefix,
                           bool dated)
{
    char address[ADDRESS_MAX];
    enum status status = event_check(event);
    packet->length = 0;
    if (status) {
        return status;
    }
    lo_message message = lo_message_new();
    if (!message || add_arguments(message, event) != 0) {
        lo_message_free(message);
        return STATUS_NO_MEMORY;
    }
    snprintf(address, sizeof address, "%s/%s%s", prefix, event->kind == EVENT_ONSET ? "" : "event/",
             event_kind_str(event->kind));
    if (!dated) {
        status = osc_pack_message(packet, message, address);
        lo_message_free(message);
        return status;
    }
    lo_bundle bundle = lo_bundle_new(timetag_of(true, event->timestamp));
    if (!bundle || lo_bundle_add_message(bundle, address, message) != 0) {
        lo_message_free(message);
        status = STATUS_NO_MEMORY;
    } else {
        status = finish_bundle(packet, bundle);
    }
    if (bundle) {
        lo_bundle_free_recursive(bundle);
    }
    return status;
}

/* Adds the row's float. False when out of memory. */
static bool add_row(lo_bundle bundle, const struct osc_row *row, const struct metrics_snapshot *frame)
{
    lo_message message = lo_message_new();
    if (!message || lo_message_add_float(message, osc_map_value(row, frame)) != 0 ||
        lo_bundle_add_message(bundle, row->address, message) != 0) {
        lo_message_free(message);
        return false;
    }
    return true;
}

/* Of a message with one float: the address, padded; ",f" with its padding; the float. */
static size_t row_length(const struct osc_row *row)
{
    return ELEMENT_HEAD + (strlen(row->address) / 4 + 1) * 4 + 4 + 4;
}

static bool is_beyond(const struct metric_place *place, struct osc_extent most)
{
    return (place->group->part == PART_CHANNEL_BANDS && !most.channel_bands) ||
           (place->group->channel_step && place->channel >= most.channels) ||
           (place->group->band_step && place->band >= most.bands);
}

enum status osc_pack_frame(struct osc_packet *packet, const struct osc_map *map, uint32_t *next,
                           const struct metrics_snapshot *frame, struct osc_extent most, bool dated)
{
    lo_bundle bundle = lo_bundle_new(timetag_of(dated, frame->timestamp));
    size_t length = BUNDLE_HEAD;
    enum status status = bundle ? STATUS_OK : STATUS_NO_MEMORY;

    packet->length = 0;
    for (; status == STATUS_OK && *next < map->count; ++*next) {
        const struct osc_row *row = &map->row[*next];
        if (is_beyond(&row->place, most)) {
            continue;
        }
        if (length + row_length(row) > sizeof packet->bytes) {
            break;
        }
        length += row_length(row);
        if (!add_row(bundle, row, frame)) {
            status = STATUS_NO_MEMORY;
        }
    }
    if (status == STATUS_OK && length > BUNDLE_HEAD) {
        status = finish_bundle(packet, bundle);
    }
    if (bundle) {
        lo_bundle_free_recursive(bundle);
    }
    return status;
}

enum status osc_pack_row(struct osc_packet *packet, const struct osc_map *map, uint32_t *next,
                         const struct metrics_snapshot *frame, struct osc_extent most)
{
    packet->length = 0;
    while (*next < map->count && is_beyond(&map->row[*next].place, most)) {
        ++*next;
    }
    if (*next == map->count) {
        return STATUS_OK;
    }
    const struct osc_row *row = &map->row[(*next)++];
    const struct osc_value value = {.type = 'f', .number = (double)osc_map_value(row, frame)};
    return osc_pack_value(packet, row->address, &value);
}

enum status osc_pack_name(struct osc_packet *packet, const char *prefix, uint32_t channel, const char *name)
{
    char address[ADDRESS_MAX];
    const struct osc_value value = {.type = 's', .text = name};
    snprintf(address, sizeof address, "%s/channel/%u/name", prefix, channel + 1);
    return osc_pack_value(packet, address, &value);
}
