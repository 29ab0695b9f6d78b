/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/jack-client/rt/midi_take.h"

#include "tests/unit/unit.h"

#include <string.h>

struct midi_take take;

void midi_take_choose(const char *controller, bool fine)
{
    char error[OPTION_ERROR_MAX];
    const struct option_list controllers = {.count = controller ? 1 : 0, .item = {controller}};
    const struct option_list notes = {0};
    rig_midi_map = MIDI_OUT_DEFAULTS;
    rig_midi_map.fine = fine;
    CU_ASSERT_EQUAL(midi_out_map_read(&rig_midi_map, &controllers, &notes, 10, BANDS_MAX, error), STATUS_OK);
}

void midi_take_open(const struct analysis_config *config)
{
    rig_open(&take.rig, config);
    take.rig.rt->midi_map = MIDI_DEFAULTS;
    take.count = 0;
    take.frame_count = 0;
    take.event_count = 0;
    take.next_event = 0;
}

void midi_take_begin(uint32_t channels)
{
    struct analysis_config config = ANALYSIS_DEFAULTS;
    config.channels = channels;
    config.bands = BANDS_MAX;
    config.smooth_ms = 0;
    midi_take_open(&config);
}

static void keep_sent(uint64_t start)
{
    uint32_t found;
    const struct offline_message *message = offline_midi_sent(&found);
    CU_ASSERT_FATAL(take.count + found <= TAKE_MESSAGES);
    for (uint32_t i = 0; i < found; i++) {
        take.sent[take.count].at = start + message[i].time;
        memcpy(take.sent[take.count++].bytes, message[i].bytes, 3);
    }
}

void midi_take_cycle(uint32_t period)
{
    const uint64_t start = take.rig.samples;
    struct telemetry *telemetry = take.rig.rt->telemetry;
    rig_cycle(&take.rig, period);
    keep_sent(start);
    if (atomic_load(&take.rig.rt->reports.frames) > take.frame_count && take.frame_count < TAKE_FRAMES) {
        CU_ASSERT_EQUAL(telemetry_read_metrics(telemetry, &take.frames[take.frame_count]), STATUS_OK);
        take.frame_count++;
    }
    while (take.event_count < TAKE_EVENTS && event_read(&telemetry->events, &take.next_event,
                                                        &take.events[take.event_count], NULL) == STATUS_OK) {
        take.event_count++;
    }
}

void midi_take_restless(uint32_t period)
{
    const uint64_t n = take.rig.samples / 512;
    const float loud = n / 7 % 3 == 0 ? 1 : n / 7 % 3 == 1 ? 0.01F : 0.1F;
    rig_fill_noise(&take.rig, period);
    for (uint32_t i = 0; i < take.rig.rt->ports.channels; i++) {
        float *in = offline_input(i);
        for (uint32_t k = 0; k < period; k++) {
            in[k] *= loud;
        }
        if (i > 0 && n / 5 % 3 == 0) {
            memcpy(in, offline_input(0), period * sizeof *in);
        }
    }
}
