/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A stand-in for libjack: see the header for why. */
#include "tests/unit/jack-client/rt/offline_jack.h"

#include <jack/midiport.h>
#include <string.h>

struct _jack_port {
    _Alignas(64) float buffer[OFFLINE_PERIOD_MAX];
};

struct _jack_client {
    jack_nframes_t frame;
    jack_nframes_t count;
    uint64_t start_us;
    uint64_t now_us;
    int64_t lateness_us;
    uint64_t tick_us;
    bool no_cycle_times;
    uint32_t misuses;
};

enum { MIDI_MAX = 64, MIDI_SIZE_MAX = 8, SENT_MAX = 2048 };

/* What the MIDI port's buffer points to: the period's messages. */
struct midi_queue {
    uint32_t count;
    size_t size[MIDI_MAX];
    jack_midi_data_t data[MIDI_MAX][MIDI_SIZE_MAX];
};

/* Likewise what leaves. */
struct midi_sent {
    bool connected;
    bool cleared; /* in this period */
    uint32_t room;
    uint32_t count;
    struct offline_message message[SENT_MAX];
};

static struct _jack_client server;
static struct _jack_port midi_out_port;
static struct midi_sent sent;
static struct _jack_port midi_port;
static struct midi_queue midi;
static struct _jack_port inputs[CHANNELS_MAX];
static struct _jack_port outputs[CHANNELS_MAX];
static struct _jack_port loop[2]; /* out of one end, into the other */
static struct _jack_port voltages[CV_PORTS + CHANNELS_MAX + BANDS_MAX];

/* --- what the test says --- */

void offline_reset(void)
{
    server = (struct _jack_client){0};
    memset(inputs, 0, sizeof inputs);
    memset(outputs, 0, sizeof outputs);
    memset(loop, 0, sizeof loop);
    memset(voltages, 0, sizeof voltages);
    midi.count = 0;
    sent.connected = false;
    sent.room = SENT_MAX;
}

void offline_connect(struct rt *rt, uint32_t channels)
{
    rt->client = &server;
    rt->ports.midi_in = &midi_port;
    for (uint32_t i = 0; i < channels; i++) {
        rt->ports.in[i] = &inputs[i];
        rt->ports.out[i] = &outputs[i];
    }
}

void offline_connect_calibration(struct rt *rt)
{
    rt->ports.calibration_out = &loop[0];
    rt->ports.calibration_in = &loop[1];
}

void offline_connect_midi_out(struct rt *rt)
{
    rt->ports.midi_out = &midi_out_port;
    sent.connected = sent.cleared = true;
}

void offline_midi_room(uint32_t messages)
{
    sent.room = messages;
}

const struct offline_message *offline_midi_sent(uint32_t *count)
{
    *count = sent.count;
    return sent.message;
}

void offline_connect_cv(struct rt *rt)
{
    struct port port = {0};
    size_t count = 0;
    while (ports_next(&rt->ports, &port)) {
        if (port.voltage) {
            *port.handle = &voltages[count++];
        }
    }
}

float *offline_buffer(jack_port_t *port)
{
    return port->buffer;
}

void offline_midi(const uint8_t *message, size_t size)
{
    if (midi.count == MIDI_MAX || size > MIDI_SIZE_MAX) {
        server.misuses++;
        return;
    }
    memcpy(midi.data[midi.count], message, size);
    midi.size[midi.count++] = size;
}

float *offline_input(uint32_t i)
{
    return inputs[i].buffer;
}

float *offline_output(uint32_t i)
{
    return outputs[i].buffer;
}

void offline_cycle(jack_nframes_t frame, uint64_t start_us, jack_nframes_t count)
{
    server.frame = frame;
    server.start_us = start_us;
    server.count = count;
    server.now_us = start_us + (uint64_t)server.lateness_us;
    midi.count = 0;
    server.misuses += sent.connected && !sent.cleared;
    sent.cleared = false;
    memcpy(&loop[1], &loop[0], sizeof loop[0]);
}

void offline_lateness(int64_t us)
{
    server.lateness_us = us;
}

void offline_tick(uint64_t us)
{
    server.tick_us = us;
}

void offline_cycle_times(bool given)
{
    server.no_cycle_times = !given;
}

uint32_t offline_misuses(void)
{
    return server.misuses;
}

/* --- what rt/process.c asks --- */

static bool is_port(const struct _jack_port *port)
{
    return (port >= inputs && port < inputs + CHANNELS_MAX) ||
           (port >= outputs && port < outputs + CHANNELS_MAX) || (port >= loop && port < loop + 2) ||
           (port >= voltages && port < voltages + sizeof voltages / sizeof voltages[0]);
}

void *jack_port_get_buffer(jack_port_t *port, jack_nframes_t count)
{
    if (port == &midi_port) {
        return &midi;
    }
    if (port == &midi_out_port) {
        server.misuses += count != server.count;
        return &sent;
    }
    if (!is_port(port) || count != server.count || count > OFFLINE_PERIOD_MAX) {
        server.misuses++;
    }
    return port->buffer;
}

jack_time_t jack_get_time(void)
{
    const uint64_t now = server.now_us;
    server.now_us += server.tick_us;
    return now;
}

jack_nframes_t jack_last_frame_time(const jack_client_t *client)
{
    return client->frame;
}

int jack_get_cycle_times(const jack_client_t *client, jack_nframes_t *frame, jack_time_t *start,
                         jack_time_t *next, float *period_us)
{
    if (client->no_cycle_times) {
        return 1;
    }
    *frame = client->frame;
    *start = client->start_us;
    *period_us = (float)client->count * 1e6F / 48000;
    *next = *start + (jack_time_t)*period_us;
    return 0;
}

jack_nframes_t jack_midi_get_event_count(void *buffer)
{
    return ((const struct midi_queue *)buffer)->count;
}

int jack_midi_event_get(jack_midi_event_t *event, void *buffer, uint32_t index)
{
    struct midi_queue *queue = buffer;
    if (index >= queue->count) {
        return 1;
    }
    *event = (jack_midi_event_t){.size = queue->size[index], .buffer = queue->data[index]};
    return 0;
}

void jack_midi_clear_buffer(void *buffer)
{
    struct midi_sent *out = buffer;
    out->cleared = true;
    out->count = 0;
}

int jack_midi_event_write(void *buffer, jack_nframes_t time, const jack_midi_data_t *data, size_t size)
{
    struct midi_sent *out = buffer;
    const bool late = out->count > 0 && time < out->message[out->count - 1].time;
    if (!out->cleared || late || time >= server.count || size != 3 || !(data[0] & 0x80) || data[1] > 127 ||
        data[2] > 127) {
        server.misuses++;
        return 1;
    }
    if (out->count >= out->room) {
        return 1;
    }
    out->message[out->count].time = time;
    memcpy(out->message[out->count++].bytes, data, size);
    return 0;
}
