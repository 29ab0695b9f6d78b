/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/ports/midi.h"

#include "jack-client/dsp/breathing.h"

#include <math.h>

enum { CONTROL_CHANGE = 0xB0, MESSAGE_SIZE = 3, SWITCH_ON = 64 };

static const double two_pi = 6.28318530717958647693;

static double rate_of(uint8_t value)
{
    return BREATHING_RATE_MIN * pow(BREATHING_RATE_MAX / BREATHING_RATE_MIN, value / 127.0);
}

static struct command make(enum command_kind kind, double value)
{
    return (struct command){.kind = kind, .value = value};
}

RT_SAFE bool midi_command(const struct midi_map *map, const uint8_t *message, size_t size,
                          struct command *command)
{
    if (size != MESSAGE_SIZE || (message[0] & 0xF0) != CONTROL_CHANGE || message[1] > 127 ||
        message[2] > 127) {
        return false;
    }
    const uint32_t controller = message[1];
    const uint8_t value = message[2];
    if (controller == map->depth) {
        *command = make(COMMAND_DEPTH, value / 127.0);
    } else if (controller == map->phase) {
        *command = make(COMMAND_PHASE, two_pi * value / 128.0);
    } else if (controller == map->rate) {
        *command = make(COMMAND_RATE, fmin(rate_of(value), BREATHING_RATE_MAX));
    } else if (controller == map->breathing) {
        *command = make(COMMAND_BREATHING, value >= SWITCH_ON);
    } else if (controller == map->auto_phi) {
        *command = make(COMMAND_AUTO, value >= SWITCH_ON);
    } else {
        return false;
    }
    return true;
}
