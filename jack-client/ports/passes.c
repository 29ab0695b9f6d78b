/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What each kind of port does with a cycle. */
#include "jack-client/ports/midi.h"
#include "jack-client/ports/player.h"
#include "jack-client/ports/ports.h"

#include <jack/midiport.h>

RT_TRUST(void *jack_port_get_buffer(jack_port_t *port, jack_nframes_t count);)
RT_TRUST(uint32_t jack_midi_get_event_count(void *buffer);)
RT_TRUST(int jack_midi_event_get(jack_midi_event_t *event, void *buffer, uint32_t index);)

RT_SAFE void ports_pass_midi(const struct ports *ports, const struct midi_map *map, struct engine *engine,
                             jack_nframes_t count)
{
    enum { MIDI_MAX = 64 }; /* a cycle's work is bounded */
    void *midi = ports->midi_in ? jack_port_get_buffer(ports->midi_in, count) : NULL;
    const uint32_t events = midi ? jack_midi_get_event_count(midi) : 0;
    for (uint32_t i = 0; i < events && i < MIDI_MAX; i++) {
        jack_midi_event_t event;
        struct command command;
        if (jack_midi_event_get(&event, midi, i) == 0 &&
            midi_command(map, event.buffer, event.size, &command)) {
            engine_command(engine, &command);
        }
    }
}

RT_SAFE void ports_pass_sound(const struct ports *ports, struct engine *engine, jack_nframes_t count,
                              bool gap)
{
    const float *inputs[BREATHING_CHANNELS_MAX];
    float *outputs[BREATHING_CHANNELS_MAX];
    for (uint32_t i = 0; i < ports->channels; i++) {
        inputs[i] = jack_port_get_buffer(ports->in[i], count);
        outputs[i] = jack_port_get_buffer(ports->out[i], count);
    }
    if (ports->cv) {
        float *gain = jack_port_get_buffer(ports->cv_port[CV_PHI], count);
        for (jack_nframes_t n = 0; n < count; n++) {
            gain[n] = 1;
        }
        inputs[ports->channels] = outputs[ports->channels] = gain;
    }
    engine_pass(engine, inputs, outputs, count, gap);
}

RT_SAFE void ports_pass_calibration(const struct ports *ports, struct player *player, jack_nframes_t count,
                                    bool gap)
{
    if (ports->calibration_in) {
        player_pass(player, jack_port_get_buffer(ports->calibration_in, count),
                    jack_port_get_buffer(ports->calibration_out, count), count, gap);
    }
}
