/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All that leaves as MIDI while a rig runs, with the frames and events that it comes from. */
#ifndef PHICAST_TESTS_UNIT_JACK_CLIENT_RT_MIDI_TAKE_H
#define PHICAST_TESTS_UNIT_JACK_CLIENT_RT_MIDI_TAKE_H

#include "jack-client/ports/midi_out.h"
#include "tests/unit/jack-client/rt/rig.h"

#include <stdbool.h>
#include <stdint.h>

enum { TAKE_MESSAGES = 40000, TAKE_FRAMES = 8192, TAKE_EVENTS = 4096 };

struct midi_take {
    struct rig rig;
    struct {
        uint64_t at; /* sample of the stream */
        uint8_t bytes[3];
    } sent[TAKE_MESSAGES];
    uint32_t count;
    struct metrics_snapshot frames[TAKE_FRAMES]; /* by their numbers */
    uint64_t frame_count;
    struct event events[TAKE_EVENTS];
    uint32_t event_count;
    uint64_t next_event;
};

extern struct midi_take take;

/* What the next take sends: the usual, and that controller ("band/5=102"; NULL: none) of up to 10 channels
 * and 32 bands. */
void midi_take_choose(const char *controller, bool fine);

/* Opens the rig; close it with rig_close. */
void midi_take_open(const struct analysis_config *config);

/* The same, at the defaults, but without smoothing, so that numbers jump, and with 32 bands. */
void midi_take_begin(uint32_t channels);

/* One cycle. Periods are at most a hop where frames are looked at, so that none is missed. */
void midi_take_cycle(uint32_t period);

/* Noise whose loudness and agreement change all the time: the input of one of a run's cycles. */
void midi_take_restless(uint32_t period);

#endif
