/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A take that goes through every state: silence, a drone, a drum loop in phase, unrelated noises, silence;
 * and what is to be said of it. */
#ifndef PHICAST_TESTS_UNIT_JACK_CLIENT_SCENE_H
#define PHICAST_TESTS_UNIT_JACK_CLIENT_SCENE_H

#include "shared/event.h"
#include "tests/unit/jack-client/dsp/signals.h"

#include <stdint.h>

enum { SCENE_RATE = 48000, SCENE_CHANNELS = 3, SCENE_EVENTS = 6 };

/* 16 s after the first `lead` samples, which are silent as well. */
struct take scene_new(uint32_t lead);

/* Fails CUnit assertions unless the events are the expected ones, in order, each at its time (Unix seconds;
 * `start` is that of the take's first sample) and with sensible numbers. */
void scene_check(const struct event *events, uint32_t count, double start, uint32_t lead);

/* Fails CUnit assertions unless both say the same; times, counted from either start, may be 3 us apart. */
void scene_compare(const struct event *a, double start_a, const struct event *b, double start_b);

#endif
