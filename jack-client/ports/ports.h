/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All ports that the client has, by one fixed list: what registers, names, connects or removes them goes
 * through that, and the process callback passes each a cycle. */
#ifndef PHICAST_JACK_CLIENT_PORTS_PORTS_H
#define PHICAST_JACK_CLIENT_PORTS_PORTS_H

#include "jack-client/engine.h"
#include "shared/rt_safe.h"
#include "shared/telemetry.h"

#include <jack/jack.h>
#include <stdbool.h>
#include <stdint.h>

/* The control voltages that there always are; those from CV_METRICS on are no number of a frame's. */
enum cv_port {
    CV_ICI,
    CV_CRITICALITY,
    CV_COHERENCE,
    CV_CENTROID,
    CV_METRICS,
    CV_PHI = CV_METRICS,
    CV_ONSET,
    CV_PORTS
};

/* Samples from the sound at the input to what a voltage says of it. */
struct cv_delay {
    uint32_t frame; /* what is of the window, or */
    uint32_t level; /* of the last hop */
    uint32_t onset;
};

/* The handles. Set while no callback runs; NULL: not registered. */
struct ports {
    uint32_t channels; /* 1...CHANNELS_MAX */
    uint32_t bands;    /* 0...BANDS_MAX */
    bool cv;           /* there are control voltages, */
    uint32_t cv_parts; /* these of them as well: PART_LEVELS, PART_BANDS; 0 without cv */
    struct cv_delay cv_delay;
    bool sends_midi;     /* there is midi_out, */
    uint32_t midi_delay; /* with so many samples from the sound at the input to what it says of it */
    jack_port_t *in[CHANNELS_MAX];
    jack_port_t *out[CHANNELS_MAX];
    jack_port_t *midi_in;
    jack_port_t *midi_out;
    jack_port_t *calibration_in;
    jack_port_t *calibration_out;
    jack_port_t *cv_port[CV_PORTS];
    jack_port_t *cv_level[CHANNELS_MAX];
    jack_port_t *cv_band[BANDS_MAX];
};

/* One of them. Start a walk with {0}. */
struct port {
    uint32_t next;        /* the walk's own */
    jack_port_t **handle; /* its place in struct ports */
    char name[32];        /* "in_1" */
    const char *type;
    unsigned long flags;
    const char *label; /* for people, with `number` behind it; NULL: its name does */
    const char *group; /* for people; NULL without a label */
    uint32_t number;   /* of its channel or band, from 1; 0: it has none */
    uint32_t order;    /* from 1, in its group */
    bool voltage;      /* it carries a control voltage, 0...1 */
};

/* Control thread. The next port of the list; false after the last. */
bool ports_next(struct ports *ports, struct port *port);

/* JACK's latency callback. We delay no sound: output i has the capture latency of input i, and input i the
 * playback latency of output i. Returns the largest, in samples. A control voltage has the capture latency of
 * the inputs that it tells of, and its own delay, and so has MIDI. Where they go to says nothing of when the
 * sound is heard, so the inputs' playback latency knows nothing of it. */
jack_nframes_t ports_pass_latency(const struct ports *ports, jack_latency_callback_mode_t mode);

/* The process callback, in this order: */

/* The sound, through the engine. gap: samples are missing before this cycle. */
RT_SAFE void ports_pass_sound(const struct ports *ports, struct engine *engine, jack_nframes_t count,
                              bool gap);

struct midi_map;
/* What MIDI controllers ask for. */
RT_SAFE void ports_pass_midi(const struct ports *ports, const struct midi_map *map, struct engine *engine,
                             jack_nframes_t count);

struct player;
RT_SAFE void ports_pass_calibration(const struct ports *ports, struct player *player, jack_nframes_t count,
                                    bool gap);

#endif
