/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A stand-in for the few functions of libjack that rt/process.c calls, so that periods can be driven one by
 * one: a real server cannot be made to hand out chosen gaps, sizes and times.
 *
 * A program that links offline_jack.c gets these instead of libjack's own (a program's definitions come
 * before a shared library's). One client, one thread. Typical use:
 *
 *     offline_reset();
 *     offline_connect(&rt, channels);
 *     for (each period) {
 *         fill offline_input(i)[0 ... count-1];
 *         offline_cycle(frame, start_us, count);
 *         rt_process(count, &rt);
 *         look at offline_output(i);
 *     }
 */
#ifndef PHICAST_TESTS_UNIT_JACK_CLIENT_RT_OFFLINE_JACK_H
#define PHICAST_TESTS_UNIT_JACK_CLIENT_RT_OFFLINE_JACK_H

#include "jack-client/rt/process.h"

#include <jack/jack.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OFFLINE_PERIOD_MAX = 8192 };

/* Back to the start: clock at 0, no lateness, no tick, cycle times given, buffers zeroed. */
void offline_reset(void);

/* Sets rt's client, its first `channels` pairs of ports, and midi_in. */
void offline_connect(struct rt *rt, uint32_t channels);

/* The buffers of port in_(i+1) and out_(i+1): OFFLINE_PERIOD_MAX samples, the same ones in every period. */
float *offline_input(uint32_t i);
float *offline_output(uint32_t i);

/* The next period: JACK's frame count at its first sample, the time (us) that JACK's delay-locked loop gives
 * for it, and its length. Moves the clock to start_us + lateness. */
void offline_cycle(jack_nframes_t frame, uint64_t start_us, jack_nframes_t count);

/* Sets rt's calibration ports: what leaves by the one comes back by the other a period later. */
void offline_connect_calibration(struct rt *rt);

/* Sets rt's ports of control voltages, once rt_prepare knows which there are. */
void offline_connect_cv(struct rt *rt);

/* Sets rt's port midi_out. What is wrong with what comes there is a misuse: a cycle in which it was not
 * cleared, times that go back or lie outside of the cycle, sizes that no message has. */
void offline_connect_midi_out(struct rt *rt);

/* How many messages have room in it from now on; many at first. */
void offline_midi_room(uint32_t messages);

struct offline_message {
    uint32_t time; /* samples */
    uint8_t bytes[3];
};

/* What it has got in this cycle. */
const struct offline_message *offline_midi_sent(uint32_t *count);

/* The buffer of the port of that handle. */
float *offline_buffer(jack_port_t *port);

/* A message at the MIDI port in the period that offline_cycle has begun; at most 64 of at most 8 bytes. */
void offline_midi(const uint8_t *message, size_t size);

/* How long after start_us the callback is woken, us; may be negative. */
void offline_lateness(int64_t us);

/* How far the clock moves with every reading, us: a callback then takes a known time. */
void offline_tick(uint64_t us);

/* Whether jack_get_cycle_times answers, as it does not before the delay-locked loop has run. */
void offline_cycle_times(bool given);

/* The number of times a buffer was asked for with another length than the period's, or of an unknown port;
 * and more, of midi_out. */
uint32_t offline_misuses(void);

#endif
