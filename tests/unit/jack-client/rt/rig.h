/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The process callback on the bench: a struct rt between stand-in ports, driven period by period under the
 * guard. */
#ifndef PHICAST_TESTS_UNIT_JACK_CLIENT_RT_RIG_H
#define PHICAST_TESTS_UNIT_JACK_CLIENT_RT_RIG_H

#include "jack-client/rt/process.h"
#include "tests/unit/jack-client/dsp/signals.h"
#include "tests/unit/jack-client/rt/offline_jack.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rig {
    struct rt *rt;
    uint64_t samples;   /* run through so far, over all gaps: the clock's source */
    uint64_t frame;     /* JACK's count at the next period, before it is cut to 32 bits */
    uint64_t origin_us; /* JACK's time of sample 0 */
    uint64_t differing; /* output samples so far that were not the input's bits */
    bool breathes;      /* they need not be: set it before breathing is switched on */
    struct random random;
    uint32_t messages; /* MIDI that the next period brings */
    uint8_t message[64][3];
    size_t size[64];
};

/* enum metric_part: what the rigs opened from now on are asked for; 0 at first. */
extern uint32_t rig_wanted;

/* Whether they have control voltages, and which besides. */
extern bool rig_cv;
extern uint32_t rig_cv_parts;

/* Whether they have midi_out, and what it sends. */
extern bool rig_sends_midi;
extern struct midi_out_map rig_midi_map;

/* rt_prepare for this analysis, the rest of the engine at its defaults. */
MUST_CHECK enum status rig_prepare(struct rt *rt, const struct analysis_config *config);

/* A prepared rt on zeroed telemetry. Fails a CUnit assertion if it cannot be prepared. */
void rig_open(struct rig *rig, const struct analysis_config *config);
void rig_close(struct rig *rig);

/* Fills the input buffers with white noise. */
void rig_fill_noise(struct rig *rig, uint32_t count);

/* Fills the input buffers with random bits: NaN, infinities, denormals, anything. */
void rig_fill_bits(struct rig *rig, uint32_t count);

/* A MIDI message of up to 3 bytes at midi_in in the next period; at most 64. */
void rig_midi(struct rig *rig, const uint8_t *message, size_t size);

/* One period of what the input buffers hold: the callback runs under the guard, and every output is compared
 * with its input, unless the rig breathes. Fails CUnit assertions. The time of the period follows from the
 * samples so far. */
void rig_cycle(struct rig *rig, uint32_t count);

/* Sound goes missing: JACK's count and its clock jump by so many samples. */
void rig_skip(struct rig *rig, int64_t samples);

/* JACK's time of a sample, us, not rounded. */
double rig_time_us(const struct rig *rig, double sample);

#endif
