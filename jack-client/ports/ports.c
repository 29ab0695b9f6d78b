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

/* then one of each. */
static const struct row of_the_client[] = {
    {"midi_in", JACK_DEFAULT_MIDI_TYPE, JackPortIsInput, NULL, AT(midi_in)},
    {"calibration_in", JACK_DEFAULT_AUDIO_TYPE, JackPortIsInput, NULL, AT(calibration_in)},
    {"calibration_out", JACK_DEFAULT_AUDIO_TYPE, JackPortIsOutput, NULL, AT(calibration_out)},
};

enum {
    PER_CHANNEL = sizeof of_a_channel / sizeof of_a_channel[0],
    SINGLE = sizeof of_the_client / sizeof of_the_client[0]
};

bool ports_next(struct ports *ports, struct port *port)
{
    const uint32_t index = port->next;
    const uint32_t paired = ports->channels * PER_CHANNEL;
    if (index >= paired + SINGLE) {
        return false;
    }
    const bool single = index >= paired;
    const uint32_t channel = single ? 0 : index / PER_CHANNEL;
    const struct row *row = single ? &of_the_client[index - paired] : &of_a_channel[index % PER_CHANNEL];
    *port = (struct port){
        .next = index + 1,
        .handle = (jack_port_t **)(void *)((char *)ports + row->at) + channel,
        .type = row->type,
        .flags = row->flags,
        .label = row->label,
        .number = single ? 0 : channel + 1,
    };
    if (single) {
        snprintf(port->name, sizeof port->name, "%s", row->name);
    } else {
        snprintf(port->name, sizeof port->name, "%s_%u", row->name, port->number);
    }
    return true;
}

jack_nframes_t ports_pass_latency(const struct ports *ports, jack_latency_callback_mode_t mode)
{
    const bool capture = mode == JackCaptureLatency;
    jack_nframes_t largest = 0;
    for (uint32_t i = 0; i < ports->channels; i++) {
        jack_latency_range_t range;
        jack_port_get_latency_range(capture ? ports->in[i] : ports->out[i], mode, &range);
        jack_port_set_latency_range(capture ? ports->out[i] : ports->in[i], mode, &range);
        largest = range.max > largest ? range.max : largest;
    }
    return largest;
}
