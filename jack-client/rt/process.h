/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The realtime side: all that JACK's process callback touches stands in struct rt. */
#ifndef PHICAST_JACK_CLIENT_RT_PROCESS_H
#define PHICAST_JACK_CLIENT_RT_PROCESS_H

#include "jack-client/engine.h"
#include "jack-client/ports/cv.h"
#include "jack-client/ports/midi.h"
#include "jack-client/ports/midi_out.h"
#include "jack-client/ports/player.h"
#include "jack-client/ports/ports.h"
#include "jack-client/rt/jitter.h"
#include "shared/ring.h"
#include "shared/rt_safe.h"
#include "shared/status.h"
#include "shared/telemetry.h"

#include <jack/jack.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Control thread to RT thread. The atomics are relaxed: each stands for itself. */
struct rt_inputs {
    _Atomic int64_t realtime_offset_us;  /* CLOCK_REALTIME minus jack_get_time() */
    _Atomic uint32_t clock_steps;        /* how often CLOCK_REALTIME has been set */
    _Atomic int64_t monotonic_offset_us; /* CLOCK_MONOTONIC minus jack_get_time() */
    _Atomic uint32_t capture_latency;    /* samples: how long before its cycle a sample was at the input */
    _Atomic int32_t extra_latency;       /* samples: what calibration found on top of it */
    _Atomic bool uncompensated;          /* timestamps are those of publishing */
    _Atomic bool freewheeling;           /* JACK runs as fast as it can: no time for auto-phi to act in */
    _Atomic uint32_t wanted;             /* enum metric_part: what is asked for at present */
    _Atomic bool midi_newcomer;          /* somebody new listens to midi_out; the RT thread takes it back */
    _Atomic bool ending;                 /* the client is going: no note may be left sounding */
    struct ring commands;                /* struct command, pushed by the control thread alone */
};

/* RT thread to control thread. All atomic, relaxed. They count over the life of struct rt. */
struct rt_reports {
    _Atomic uint64_t callbacks;
    _Atomic uint64_t frames;        /* analysis frames published */
    _Atomic uint64_t gaps;          /* breaks in JACK's frame count; each restarts the window */
    _Atomic uint64_t refused;       /* samples taken as 0 */
    _Atomic uint64_t last_cycle_us; /* jack_get_time() at the latest callback's start; 0 before any */
    _Atomic uint32_t worst_us;      /* the longest callback */
    _Atomic uint32_t jitter_ns;     /* standard deviation of the wake-up over the last 10 s */
    _Atomic uint32_t commands;      /* carried out */
    _Atomic uint32_t breathing;     /* 0 or 1: whether it is on */
    _Atomic uint32_t auto_phi;      /* 0 or 1: whether it steers */
    _Atomic double phi_depth;       /* 0...1: where it is, or is gliding to */
    _Atomic double phi_phase;       /* rad, [0, 2 pi): likewise */
    _Atomic double phi_rate;        /* Hz: what was asked for last */
    _Atomic uint32_t period;        /* samples in the latest callback */
    _Atomic uint64_t midi_lost;     /* messages that found no room in their cycle */
    _Atomic uint32_t stream_start;  /* JACK frame of the first sample of the stream, after the latest gap */
};

struct rt {
    /* Set while no callback runs. */
    jack_client_t *client;
    uint32_t sample_rate; /* Hz */
    struct ports ports;
    struct midi_map midi_map;
    struct midi_out_map midi_out_map;
    struct player player;
    struct engine engine;
    struct cv cv;
    struct midi_out midi_out;
    struct telemetry *_Atomic telemetry; /* where to publish; may change between two callbacks */
    uint64_t first_refused; /* added to the analysis' refused samples, so that they never go back */

    struct rt_inputs inputs;
    struct rt_reports reports;

    /* The RT thread's own. */
    bool streaming;            /* next_cycle is known */
    double last_timestamp;     /* Unix seconds; timestamps do not go back behind it, */
    uint32_t clock_steps;      /* unless the clock has been set since */
    uint64_t next_command;     /* of inputs.commands */
    jack_nframes_t next_cycle; /* the JACK frame at which the next callback should begin */
    struct jitter jitter;
    struct analysis_frame frame;
    struct metrics_snapshot snapshot;
};

/* JACK's process callback; rt is a struct rt. */
RT_SAFE int rt_process(jack_nframes_t count, void *rt);

/* Setup thread, with no callback running: the engine for this rate, and what rt->ports has of control
 * voltages and MIDI. STATUS_BAD_ARG, STATUS_NO_MEMORY. */
MUST_CHECK enum status rt_prepare(struct rt *rt, const struct engine_config *config);
void rt_release(struct rt *rt);

/* Likewise, after rt_prepare: brings all memory and code that the callback can touch into memory, and locks
 * it there. False, with errno set, if some of it could not be locked. */
bool rt_hold(struct rt *rt);

#endif
