/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/ports/midi_out.h"

#include "jack-client/ports/scale.h"

#include <jack/midiport.h>
#include <math.h>

RT_TRUST(void *jack_port_get_buffer(jack_port_t *port, jack_nframes_t count);)
RT_TRUST(void jack_midi_clear_buffer(void *buffer);)
RT_TRUST(int jack_midi_event_write(void *buffer, jack_nframes_t time, const jack_midi_data_t *data,
                                   size_t size);)

enum { NOTE_OFF = 0x80, NOTE_ON = 0x90, CONTROL_CHANGE = 0xB0, BITS = 7, VALUE_MAX = 127, FINE_MAX = 16383 };

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* --- writing --- */

/* JACK takes messages in the order of their times alone, and so many bytes. */
static bool write_message(struct midi_out *out, int64_t at, uint8_t kind, uint8_t number, uint8_t value)
{
    const jack_midi_data_t bytes[] = {(jack_midi_data_t)(kind | out->channel), number, value};
    out->written = later(at, out->written);
    if (jack_midi_event_write(out->buffer, (jack_nframes_t)out->written, bytes, sizeof bytes) != 0) {
        out->lost++;
        return false;
    }
    return true;
}

static void send_off(struct midi_out *out, uint32_t note, int64_t at)
{
    struct midi_out_note_off *off = &out->off[note];
    off->sounds = !write_message(out, at, NOTE_OFF, out->note[note], 0);
    off->at = out->cycle; /* no room: the next one has some */
}

static void send_note(struct midi_out *out, const struct midi_out_message *message)
{
    struct midi_out_note_off *off = &out->off[message->which];
    if (off->sounds) {
        send_off(out, message->which, message->at);
    }
    if (!off->sounds &&
        write_message(out, message->at, NOTE_ON, out->note[message->which], (uint8_t)message->value)) {
        *off = (struct midi_out_note_off){true, out->written + out->length};
    }
}

/* The upper half first: receivers set the lower one to 0 when they get it. */
static void send_value(struct midi_out *out, const struct midi_out_message *message)
{
    struct midi_out_metric *metric = &out->metric[message->which];
    const uint32_t value = message->value;
    bool sent;
    if (metric->fine) {
        sent = write_message(out, message->at, CONTROL_CHANGE, metric->number, (uint8_t)(value >> BITS)) &&
               write_message(out, message->at, CONTROL_CHANGE, (uint8_t)(metric->number + MIDI_OUT_FINE),
                             value & VALUE_MAX);
    } else {
        sent = write_message(out, message->at, CONTROL_CHANGE, metric->number, (uint8_t)value);
    }
    if (!sent) {
        metric->sent = MIDI_OUT_UNSENT;
    }
}

/* The note that ends first; MIDI_OUT_NOTES: none sounds. */
static uint32_t next_off(const struct midi_out *out)
{
    uint32_t next = MIDI_OUT_NOTES;
    for (uint32_t i = 0; i < MIDI_OUT_NOTES; i++) {
        if (out->off[i].sounds && (next == MIDI_OUT_NOTES || out->off[i].at < out->off[next].at)) {
            next = i;
        }
    }
    return next;
}

/* All whose moment comes before that one, and within the cycle. */
static void send_until(struct midi_out *out, int64_t limit)
{
    const int64_t end = limit < out->cycle ? limit : out->cycle;
    for (;;) {
        const struct midi_out_message *message = out->waiting > 0 ? &out->message[out->first] : NULL;
        const uint32_t note = next_off(out);
        const bool ends = note < MIDI_OUT_NOTES && (!message || out->off[note].at <= message->at);
        if (ends && out->off[note].at < end) {
            send_off(out, note, out->off[note].at);
        } else if (!ends && message && message->at < end) {
            if (message->note) {
                send_note(out, message);
            } else {
                send_value(out, message);
            }
            out->first = (out->first + 1) % MIDI_OUT_WAITING;
            out->waiting--;
        } else {
            return;
        }
    }
}

/* --- frames --- */

/* False, and counted, if there is no room, which cannot be. */
static bool wait_for(struct midi_out *out, struct midi_out_message message)
{
    if (out->waiting == MIDI_OUT_WAITING) {
        out->lost++;
        return false;
    }
    out->message[(out->first + out->waiting++) % MIDI_OUT_WAITING] = message;
    return true;
}

static void add_values(struct midi_out *out, const struct metrics_snapshot *snapshot, int64_t at)
{
    bool any = false;
    for (uint32_t i = 0; i < out->count; i++) {
        struct midi_out_metric *m = &out->metric[i];
        const double number = metric_read(m->metric, (const char *)snapshot + m->at);
        const double unit = scale_to_unit(number, m->low, m->high, m->octaves);
        const uint16_t value = (uint16_t)(unit * (m->fine ? FINE_MAX : VALUE_MAX) + 0.5);
        if (value != m->sent && wait_for(out, (struct midi_out_message){at, false, (uint8_t)i, value})) {
            m->sent = value;
            any = true;
        }
    }
    out->due = any ? at + out->interval : out->due;
}

/* 1...127: a velocity of 0 would end the note. */
static uint16_t velocity(double unit)
{
    return (uint16_t)(1 + lround(unit * (VALUE_MAX - 1)));
}

static void add_note(struct midi_out *out, const struct event *event, int64_t at)
{
    uint32_t note;
    double unit;
    switch (event->kind) {
    case EVENT_STATE_CHANGE:
        note = event->state_change.to_state;
        unit = (double)event->state_change.confidence;
        break;
    case EVENT_CRITICAL:
        note = MIDI_OUT_CRITICAL;
        unit = scale_to_unit((double)event->critical.criticality, 0, out->criticality_high, false);
        break;
    case EVENT_ONSET:
        note = MIDI_OUT_ONSET;
        unit = (double)event->onset.strength;
        break;
    default: return;
    }
    if (out->note[note] != MIDI_OUT_NONE) {
        (void)wait_for(out, (struct midi_out_message){at, true, (uint8_t)note, velocity(unit)});
    }
}

RT_SAFE void midi_out_renew(struct midi_out *out)
{
    for (uint32_t i = 0; i < out->count; i++) {
        out->metric[i].sent = MIDI_OUT_UNSENT;
    }
}

RT_SAFE void midi_out_begin(struct midi_out *out, const struct ports *ports, uint32_t count)
{
    out->buffer = jack_port_get_buffer(ports->midi_out, count);
    jack_midi_clear_buffer(out->buffer);
    out->cycle = count;
    out->written = 0;
    out->lost = 0;
}

RT_SAFE void midi_out_frame(struct midi_out *out, const struct metrics_snapshot *snapshot,
                            const struct event *events, uint32_t count, int64_t end)
{
    const int64_t at = end + out->lag;
    send_until(out, at);
    for (uint32_t i = 0; i < count; i++) {
        add_note(out, &events[i], at);
    }
    if (out->due < at + out->hop) { /* else the next frame is in time */
        add_values(out, snapshot, later(at, out->due));
    }
}

static void end_all(struct midi_out *out)
{
    out->waiting = 0;
    for (uint32_t i = 0; i < MIDI_OUT_NOTES; i++) {
        if (out->off[i].sounds) {
            send_off(out, i, out->written);
        }
    }
}

RT_SAFE uint32_t midi_out_end(struct midi_out *out, bool ending)
{
    if (ending) {
        end_all(out);
    } else {
        send_until(out, out->cycle);
    }
    out->due -= out->cycle;
    for (uint32_t i = 0; i < MIDI_OUT_NOTES; i++) {
        out->off[i].at -= out->cycle;
    }
    for (uint32_t i = 0; i < out->waiting; i++) {
        out->message[(out->first + i) % MIDI_OUT_WAITING].at -= out->cycle;
    }
    return out->lost;
}
