/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A frame's numbers as MIDI controllers, and what happens as notes.
 *
 * They leave a fixed time after the end of the frame's window, whatever the period: that in which the frame
 * is certain to be finished (analysis_lag). Controllers leave when they change, all that have changed
 * together, and not before a thirtieth of a second after the last time. A note ends by itself.
 *
 *     midi_out_begin                 a cycle's buffer
 *     for each frame: midi_out_frame
 *     midi_out_end                   what is due in the cycle has been written
 */
#ifndef PHICAST_JACK_CLIENT_PORTS_MIDI_OUT_H
#define PHICAST_JACK_CLIENT_PORTS_MIDI_OUT_H

#include "jack-client/dsp/analysis.h"
#include "jack-client/ports/midi_out_map.h"
#include "jack-client/ports/ports.h"
#include "shared/event.h"
#include "shared/rt_safe.h"
#include "shared/telemetry.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MIDI_OUT_RATE 30          /* Hz: no controller is sent more often */
#define MIDI_OUT_NOTE_SECONDS 0.1 /* from a note's begin to its end */

/* More than three frames have to say, and no more than that can be waiting for their moments. */
enum { MIDI_OUT_WAITING = 512 };

struct midi_out_metric {
    const struct metric *metric;
    size_t at;    /* where a struct metrics_snapshot has the struct of it */
    double low;   /* what is 0, */
    double high;  /* and the most; beyond them it is cut off */
    bool octaves; /* between them, ratios count */
    uint8_t number;
    bool fine;     /* 14 bits */
    uint16_t sent; /* the value that the receiver has, or will have; MIDI_OUT_UNSENT */
};

enum { MIDI_OUT_UNSENT = UINT16_MAX };

struct midi_out_note_off {
    bool sounds;
    int64_t at;
};

/* Moments are samples of the cycle at hand. */
struct midi_out_message {
    int64_t at;
    bool note;
    uint8_t which;  /* the note, enum midi_out_note; or the metric */
    uint16_t value; /* the velocity, or the controller's */
};

/* Prepared by the setup thread, then the RT thread's. */
struct midi_out {
    uint8_t channel;   /* 0...15 */
    uint32_t hop;      /* samples, as all of these: */
    uint32_t lag;      /* from a frame's end to its moment */
    uint32_t interval; /* between two values of a controller, at least */
    uint32_t length;   /* of a note */
    double criticality_high;
    uint32_t count;
    struct midi_out_metric metric[MIDI_OUT_CONTROLLERS];
    uint8_t note[MIDI_OUT_NOTES]; /* 0...127, or MIDI_OUT_NONE */

    void *buffer;    /* this cycle's */
    int64_t cycle;   /* its length */
    int64_t written; /* the moment of the last message in it */
    uint32_t lost;   /* messages that had no room in it */
    int64_t due;     /* controllers may be sent from here on */
    struct midi_out_note_off off[MIDI_OUT_NOTES];
    uint32_t first; /* of what waits, in the order of its moments */
    uint32_t waiting;
    struct midi_out_message message[MIDI_OUT_WAITING];
};

/* Setup thread. By that map, which has been checked; tells the ports of the delay. All values are sent anew.
 */
void midi_out_prepare(struct midi_out *out, const struct midi_out_map *map, struct ports *ports,
                      const struct analysis_config *config);

/* The process callback. */
RT_SAFE void midi_out_renew(struct midi_out *out); /* sends all values anew with the next frame */
RT_SAFE void midi_out_begin(struct midi_out *out, const struct ports *ports, uint32_t count);

/* end: how many samples after the cycle's first one the frame's window ends; not before the last frame's. */
RT_SAFE void midi_out_frame(struct midi_out *out, const struct metrics_snapshot *snapshot,
                            const struct event *events, uint32_t count, int64_t end);

/* ending: there will be no more; whatever sounds ends now, and nothing else is sent. Returns how many
 * messages found no room in the cycle. A value is then sent with the next frames, an end of a note with the
 * next cycle.
 */
RT_SAFE uint32_t midi_out_end(struct midi_out *out, bool ending);

#endif
