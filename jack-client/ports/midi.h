/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MIDI controllers as commands: a fader for depth, phase and rate, a switch for breathing and auto-phi. */
#ifndef PHICAST_JACK_CLIENT_PORTS_MIDI_H
#define PHICAST_JACK_CLIENT_PORTS_MIDI_H

#include "shared/control.h"
#include "shared/rt_safe.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MIDI_CONTROLLER_MAX = 127 };

/* Controller numbers, 0...MIDI_CONTROLLER_MAX, on any MIDI channel. No two of them are the same. */
struct midi_map {
    uint32_t depth;     /* 0...127 is 0...1 */
    uint32_t phase;     /* 0...127 is 0...2 pi, the end left out */
    uint32_t rate;      /* 0...127 is 0.01...10 Hz, each step the same ratio */
    uint32_t breathing; /* 64 and up is on */
    uint32_t auto_phi;  /* 64 and up is on */
};

#define MIDI_DEFAULTS ((struct midi_map){.depth = 1, .phase = 2, .rate = 3, .breathing = 64, .auto_phi = 65})

/* True when the message is one of those controllers, and whole; *command is then what it asks for. */
RT_SAFE bool midi_command(const struct midi_map *map, const uint8_t *message, size_t size,
                          struct command *command);

#endif
