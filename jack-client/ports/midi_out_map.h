/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What leaves as MIDI, and by which numbers: a controller for a metric, a note for what happens. Pure. */
#ifndef PHICAST_JACK_CLIENT_PORTS_MIDI_OUT_MAP_H
#define PHICAST_JACK_CLIENT_PORTS_MIDI_OUT_MAP_H

#include "jack-client/ports/midi.h"
#include "shared/event.h"
#include "shared/metric.h"
#include "shared/options.h"
#include "shared/status.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    MIDI_CHANNELS = 16,
    MIDI_OUT_CONTROLLERS = 120, /* 0...119; the numbers above mean something else */
    MIDI_OUT_FINE = 32,         /* controllers below may have 14 bits: the lower 7 are those of number + 32 */
    MIDI_OUT_NONE = 255         /* in place of a note's number */
};

/* What has a note of its own: each state, by its number, when the sound comes to it; and two more. */
enum midi_out_note { MIDI_OUT_CRITICAL = STATE_OFFLINE, MIDI_OUT_ONSET, MIDI_OUT_NOTES };

struct midi_out_controller {
    struct metric_place place;
    uint32_t number;
};

struct midi_out_map {
    uint32_t channel; /* 1...MIDI_CHANNELS */
    bool fine;        /* 14 bits where there can be */
    uint32_t count;
    struct midi_out_controller controller[MIDI_OUT_CONTROLLERS]; /* no number or metric twice */
    uint32_t note[MIDI_OUT_NOTES];                               /* 0...127, or MIDI_OUT_NONE */
    uint32_t parts; /* enum metric_part: what must be measured for it */
};

#define MIDI_OUT_DEFAULTS ((struct midi_out_map){.channel = MIDI_CHANNELS})

/* Fills all but the channel and `fine`: the usual numbers, changed by what controllers ("level/2/rms=70",
 * "ici=none"; with a star for all, which get one number after the other) and notes ("onset=36") say, for an
 * analyser of so many channels and bands. STATUS_BAD_ARG: `error` names the option and the cure. */
MUST_CHECK enum status midi_out_map_read(struct midi_out_map *map, const struct option_list *controllers,
                                         const struct option_list *notes, uint32_t channels, uint32_t bands,
                                         char error[OPTION_ERROR_MAX]);

/* STATUS_BAD_ARG: one of its controllers is one that midi_in listens to, on any MIDI channel; connected with
 * it, we would steer ourselves. */
MUST_CHECK enum status midi_out_map_check(const struct midi_out_map *map, const struct midi_map *in,
                                          char error[OPTION_ERROR_MAX]);

#endif
