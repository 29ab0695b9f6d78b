/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/ports/ports.h"

#include <stddef.h>
#include <stdio.h>

#define AT(member) offsetof(struct ports, member)

struct row {
    const char *name;
    const char *type;
    unsigned long flags;
    const char *label;
    size_t at;
};

/* One of each for every channel, channel by channel; */
static const struct row of_a_channel[] = {
    {"in", JACK_DEFAULT_AUDIO_TYPE, JackPortIsInput, "Input", AT(in)},
    {"out", JACK_DEFAULT_AUDIO_TYPE, JackPortIsOutput, "Output", AT(out)},
};

/* then one of each; */
static const struct row of_the_client[] = {
    {"midi_in", JACK_DEFAULT_MIDI_TYPE, JackPortIsInput, NULL, AT(midi_in)},
    {"calibration_in", JACK_DEFAULT_AUDIO_TYPE, JackPortIsInput, NULL, AT(calibration_in)},
    {"calibration_out", JACK_DEFAULT_AUDIO_TYPE, JackPortIsOutput, NULL, AT(calibration_out)},
};

/* then, if they are wanted, MIDI; */
static const struct row midi_out[] = {
    {"midi_out", JACK_DEFAULT_MIDI_TYPE, JackPortIsOutput, NULL, AT(midi_out)}};

/* and the control voltages: one of each, then of every channel, then of every band. */
#define VOLTAGE JACK_DEFAULT_AUDIO_TYPE, JackPortIsOutput
static const struct row voltages[] = {
    {"cv_ici", VOLTAGE, "ICI", AT(cv_port[CV_ICI])},
    {"cv_criticality", VOLTAGE, "Criticality", AT(cv_port[CV_CRITICALITY])},
    {"cv_coherence", VOLTAGE, "Phase coherence", AT(cv_port[CV_COHERENCE])},
    {"cv_centroid", VOLTAGE, "Spectral centroid", AT(cv_port[CV_CENTROID])},
    {"cv_phi", VOLTAGE, "Breathing", AT(cv_port[CV_PHI])},
    {"cv_onset", VOLTAGE, "Onset", AT(cv_port[CV_ONSET])},
};
static const struct row level_voltage[] = {{"cv_level", VOLTAGE, "Level", AT(cv_level)}};
static const struct row band_voltage[] = {{"cv_band", VOLTAGE, "Band", AT(cv_band)}};

/* Rows that are gone through a number of times. */
struct kind {
    const struct row *row;
    uint32_t rows;
    uint32_t times;
    bool numbered;
    bool voltage;
};

enum { KINDS = 6 };

#define ROWS(array) array, sizeof(array) / sizeof((array)[0])

static void list_kinds(const struct ports *ports, struct kind kind[KINDS])
{
    kind[0] = (struct kind){ROWS(of_a_channel), ports->channels, true, false};
    kind[1] = (struct kind){ROWS(of_the_client), 1, false, false};
    kind[2] = (struct kind){ROWS(midi_out), ports->sends_midi, false, false};
    kind[3] = (struct kind){ROWS(voltages), ports->cv, false, true};
    kind[4] =
        (struct kind){ROWS(level_voltage), ports->cv_parts & PART_LEVELS ? ports->channels : 0, true, true};
    kind[5] = (struct kind){ROWS(band_voltage), ports->cv_parts & PART_BANDS ? ports->bands : 0, true, true};
}

/* The port at `index` of the list among those of this kind. */
static void describe(struct ports *ports, const struct kind *kind, uint32_t index, struct port *port)
{
    const uint32_t time = index / kind->rows;
    const struct row *row = &kind->row[index % kind->rows];
    port->handle = (jack_port_t **)(void *)((char *)ports + row->at) + time;
    port->type = row->type;
    port->flags = row->flags;
    port->label = row->label;
    port->group = kind->voltage ? "CV" : row->label;
    port->number = kind->numbered ? time + 1 : 0;
    port->order = time + 1;
    port->voltage = kind->voltage;
    if (kind->numbered) {
        snprintf(port->name, sizeof port->name, "%s_%u", row->name, port->number);
    } else {
        snprintf(port->name, sizeof port->name, "%s", row->name);
    }
}

bool ports_next(struct ports *ports, struct port *port)
{
    struct kind kind[KINDS];
    uint32_t index = port->next;
    uint32_t voltage = 0; /* before this kind */
    list_kinds(ports, kind);
    for (size_t k = 0; k < KINDS; k++) {
        const uint32_t count = kind[k].rows * kind[k].times;
        if (index < count) {
            *port = (struct port){.next = port->next + 1};
            describe(ports, &kind[k], index, port);
            port->order = kind[k].voltage ? voltage + index + 1 : port->order;
            return true;
        }
        index -= count;
        voltage += kind[k].voltage ? count : 0;
    }
    return false;
}

/* --- latency --- */

static void set_delayed(jack_port_t *port, const jack_latency_range_t *of, uint32_t delay)
{
    jack_latency_range_t range = {of->min + delay, of->max + delay};
    jack_port_set_latency_range(port, JackCaptureLatency, &range);
}

/* all: of all inputs together. */
static void pass_to_voltages(const struct ports *ports, const jack_latency_range_t *all)
{
    const struct cv_delay *delay = &ports->cv_delay;
    jack_latency_range_t one;
    for (size_t i = 0; i < CV_METRICS; i++) {
        set_delayed(ports->cv_port[i], all, delay->frame);
    }
    set_delayed(ports->cv_port[CV_ONSET], all, delay->onset);
    jack_port_get_latency_range(ports->in[0], JackCaptureLatency, &one);
    set_delayed(ports->cv_port[CV_PHI], &one, 0);
    for (uint32_t i = 0; i < ports->channels && (ports->cv_parts & PART_LEVELS); i++) {
        jack_port_get_latency_range(ports->in[i], JackCaptureLatency, &one);
        set_delayed(ports->cv_level[i], &one, delay->level);
    }
    for (uint32_t i = 0; i < ports->bands && (ports->cv_parts & PART_BANDS); i++) {
        set_delayed(ports->cv_band[i], all, delay->frame);
    }
}

jack_nframes_t ports_pass_latency(const struct ports *ports, jack_latency_callback_mode_t mode)
{
    const bool capture = mode == JackCaptureLatency;
    jack_latency_range_t all = {0};
    for (uint32_t i = 0; i < ports->channels; i++) {
        jack_latency_range_t range;
        jack_port_get_latency_range(capture ? ports->in[i] : ports->out[i], mode, &range);
        jack_port_set_latency_range(capture ? ports->out[i] : ports->in[i], mode, &range);
        all.min = i == 0 || range.min < all.min ? range.min : all.min;
        all.max = range.max > all.max ? range.max : all.max;
    }
    if (capture && ports->cv) {
        pass_to_voltages(ports, &all);
    }
    if (capture && ports->sends_midi) {
        set_delayed(ports->midi_out, &all, ports->midi_delay);
    }
    return all.max;
}
