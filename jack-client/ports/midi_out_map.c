/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/ports/midi_out_map.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *metric;
    uint32_t number;
} usual_controller[] = {
    {"ici", 20},
    {"criticality", 21},
    {"phase_coherence", 22},
    {"spectral_centroid", 23},
    {"phi_depth", 24},
    {"phi_phase", 25},
    {"phi_breathing_active", 26},
    {"active_channels", 27},
    {"onset_strength", 28},
};

enum { USUAL_NOTE = 60, NONE = UINT32_MAX };

__attribute__((format(printf, 2, 3))) static enum status refuse(char *error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(error, OPTION_ERROR_MAX, format, args);
    va_end(args);
    return STATUS_BAD_ARG;
}

/* Cuts "NAME=NUMBER" or "NAME=none" (*number: NONE). False: it is neither. */
static bool take_pair(const char *item, char name[METRIC_ADDRESS_MAX], uint32_t most, uint32_t *number)
{
    const char *equals = strrchr(item, '=');
    const size_t length = equals ? (size_t)(equals - item) : 0;
    if (length == 0 || length >= METRIC_ADDRESS_MAX) {
        return false;
    }
    memcpy(name, item, length);
    name[length] = '\0';
    const char *digits = equals + 1;
    const size_t count = strlen(digits);
    *number = NONE;
    if (strcmp(digits, "none") == 0) {
        return true;
    }
    if (count == 0 || count > 3 || strspn(digits, "0123456789") != count) {
        return false;
    }
    *number = (uint32_t)strtoul(digits, NULL, 10);
    return *number <= most;
}

/* --- controllers --- */

static bool is_same(const struct metric_place *a, const struct metric_place *b)
{
    return a->metric == b->metric && a->channel == b->channel && a->band == b->band;
}

static void drop(struct midi_out_map *map, const struct metric_place *place)
{
    for (uint32_t i = 0; i < map->count; i++) {
        if (is_same(&map->controller[i].place, place)) {
            map->controller[i] = map->controller[--map->count];
            return;
        }
    }
}

/* Places from first to last, of which one number at most goes up, from that controller on. */
static enum status set(struct midi_out_map *map, struct metric_place place, const struct metric_place *last,
                       uint32_t number, const char *item, char *error)
{
    const bool by_channel = place.channel != last->channel;
    const uint32_t steps = last->channel - place.channel + last->band - place.band;
    if (number != NONE && number + steps >= MIDI_OUT_CONTROLLERS) {
        return refuse(error,
                      "--midi-out-cc %.90s: its %u controllers would not end at %d; give a lower number",
                      item, steps + 1, MIDI_OUT_CONTROLLERS - 1);
    }
    for (uint32_t i = 0; i <= steps; i++) {
        drop(map, &place);
        if (number != NONE) {
            if (map->count == MIDI_OUT_CONTROLLERS) {
                return refuse(error,
                              "--midi-out-cc %.90s: there are no more than %d controllers; leave some out",
                              item, MIDI_OUT_CONTROLLERS);
            }
            map->controller[map->count++] = (struct midi_out_controller){place, number + i};
        }
        place.channel += by_channel;
        place.band += !by_channel;
    }
    return STATUS_OK;
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static enum status take_controller(struct midi_out_map *map, const char *item, uint32_t channels,
                                   uint32_t bands, char *error)
{
    char name[METRIC_ADDRESS_MAX];
    uint32_t number;
    struct metric_place first;
    struct metric_place last;
    if (!take_pair(item, name, MIDI_OUT_CONTROLLERS - 1, &number)) {
        return refuse(error, "--midi-out-cc %.90s: give METRIC=CC, with CC from 0 to %d, or METRIC=none",
                      item, MIDI_OUT_CONTROLLERS - 1);
    }
    if (!metric_choose(name, &first, &last)) {
        return refuse(error, "--midi-out-cc %.90s: no such metric; docs/osc.md lists them", item);
    }
    if (first.channel >= channels || first.band >= bands) {
        return refuse(
            error,
            "--midi-out-cc %.90s: there are %u channels and %u bands; ask for more with --channels or "
            "--bands, or leave it out",
            item, channels, bands);
    }
    last.channel = smaller(last.channel, channels - 1);
    last.band = smaller(last.band, bands - 1);
    if (first.channel != last.channel && first.band != last.band) {
        return refuse(error, "--midi-out-cc %.90s: two stars; give one of the numbers", item);
    }
    return set(map, first, &last, number, item, error);
}

/* Whose the controller is, as far as `count`: the metric's whole number, or the lower half of it. */
static const struct midi_out_controller *owner(const struct midi_out_map *map, uint32_t count,
                                               uint32_t number)
{
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t own = map->controller[i].number;
        if (own == number || (map->fine && own < MIDI_OUT_FINE && own + MIDI_OUT_FINE == number)) {
            return &map->controller[i];
        }
    }
    return NULL;
}

static enum status check_twice(const struct midi_out_map *map, char *error)
{
    for (uint32_t i = 0; i < map->count; i++) {
        const struct midi_out_controller *one = &map->controller[i];
        const struct midi_out_controller *other = owner(map, i, one->number);
        uint32_t number = one->number;
        if (!other && map->fine && one->number < MIDI_OUT_FINE) {
            number += MIDI_OUT_FINE;
            other = owner(map, i, number);
        }
        if (other) {
            char a[METRIC_ADDRESS_MAX];
            char b[METRIC_ADDRESS_MAX];
            return refuse(
                error, "--midi-out-cc %s=%u: controller %u is that of %s as well%s; give either another",
                metric_address(&one->place, a), one->number, number, metric_address(&other->place, b),
                number == other->number && number == one->number ? "" : " (--midi-out-fine)");
        }
    }
    return STATUS_OK;
}

/* --- notes --- */

static const char *note_name(uint32_t note)
{
    return note == MIDI_OUT_CRITICAL ? event_kind_str(EVENT_CRITICAL)
           : note == MIDI_OUT_ONSET  ? event_kind_str(EVENT_ONSET)
                                     : sound_state_str(note);
}

static enum status take_note(struct midi_out_map *map, const char *item, char *error)
{
    char name[METRIC_ADDRESS_MAX];
    uint32_t number;
    if (!take_pair(item, name, MIDI_CONTROLLER_MAX, &number)) {
        return refuse(error, "--midi-out-note %.90s: give WHAT=NOTE, with NOTE from 0 to %d, or WHAT=none",
                      item, MIDI_CONTROLLER_MAX);
    }
    for (uint32_t i = 0; i < MIDI_OUT_NOTES; i++) {
        if (strcmp(name, note_name(i)) == 0) {
            map->note[i] = number == NONE ? MIDI_OUT_NONE : number;
            return STATUS_OK;
        }
    }
    return refuse(
        error,
        "--midi-out-note %.40s: has no note; there are idle, ambient, coherent, turbulent, critical, "
        "critical_event and onset",
        item);
}

static enum status check_notes(const struct midi_out_map *map, char *error)
{
    for (uint32_t i = 1; i < MIDI_OUT_NOTES; i++) {
        for (uint32_t k = 0; k < i; k++) {
            if (map->note[i] == map->note[k] && map->note[i] != MIDI_OUT_NONE) {
                return refuse(error, "--midi-out-note %s=%u: is the note of %s as well; give either another",
                              note_name(i), map->note[i], note_name(k));
            }
        }
    }
    return STATUS_OK;
}

/* --- both --- */

static void set_usual(struct midi_out_map *map)
{
    map->count = 0;
    for (size_t i = 0; i < sizeof usual_controller / sizeof usual_controller[0]; i++) {
        struct midi_out_controller *controller = &map->controller[map->count++];
        struct metric_place last;
        controller->number = usual_controller[i].number;
        (void)metric_choose(usual_controller[i].metric, &controller->place, &last);
    }
    for (uint32_t i = 0; i < MIDI_OUT_NOTES; i++) {
        map->note[i] = USUAL_NOTE + i;
    }
}

static uint32_t parts_of(const struct midi_out_map *map)
{
    uint32_t parts = map->note[MIDI_OUT_ONSET] != MIDI_OUT_NONE ? PART_ONSETS : 0;
    for (uint32_t i = 0; i < map->count; i++) {
        parts |= map->controller[i].place.group->part;
    }
    return parts_to_ask(parts);
}

enum status midi_out_map_read(struct midi_out_map *map, const struct option_list *controllers,
                              const struct option_list *notes, uint32_t channels, uint32_t bands,
                              char error[OPTION_ERROR_MAX])
{
    enum status status = STATUS_OK;
    set_usual(map);
    for (uint32_t i = 0; status == STATUS_OK && i < controllers->count; i++) {
        status = take_controller(map, controllers->item[i], channels, bands, error);
    }
    for (uint32_t i = 0; status == STATUS_OK && i < notes->count; i++) {
        status = take_note(map, notes->item[i], error);
    }
    map->parts = parts_of(map);
    if (status == STATUS_OK) {
        status = check_twice(map, error);
    }
    return status ? status : check_notes(map, error);
}

enum status midi_out_map_check(const struct midi_out_map *map, const struct midi_map *in,
                               char error[OPTION_ERROR_MAX])
{
    const struct {
        const char *option;
        uint32_t number;
    } heard[] = {{"depth", in->depth},
                 {"phase", in->phase},
                 {"rate", in->rate},
                 {"breathing", in->breathing},
                 {"auto", in->auto_phi}};
    for (size_t i = 0; i < sizeof heard / sizeof heard[0]; i++) {
        const struct midi_out_controller *own = owner(map, map->count, heard[i].number);
        if (own) {
            char name[METRIC_ADDRESS_MAX];
            return refuse(error,
                          "--midi-out-cc %s=%u: midi_in takes controller %u as --midi-%s, so midi_out would "
                          "steer it; give either another number",
                          metric_address(&own->place, name), own->number, heard[i].number, heard[i].option);
        }
    }
    return STATUS_OK;
}
