/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list of ports, walked. */
#include "jack-client/ports/ports.h"
#include "tests/unit/unit.h"

#include <string.h>

static struct ports ports;

static void all_once_and_in_order(void)
{
    static const char *const names[] = {"in_1",  "out_1",   "in_2",           "out_2",          "in_3",
                                        "out_3", "midi_in", "calibration_in", "calibration_out"};
    jack_port_t **const places[] = {&ports.in[0],   &ports.out[0],         &ports.in[1],
                                    &ports.out[1],  &ports.in[2],          &ports.out[2],
                                    &ports.midi_in, &ports.calibration_in, &ports.calibration_out};
    struct port port = {0};
    size_t count = 0;
    ports.channels = 3;
    while (ports_next(&ports, &port)) {
        CU_ASSERT_FATAL(count < sizeof names / sizeof names[0]);
        CU_ASSERT_STRING_EQUAL(port.name, names[count]);
        CU_ASSERT_PTR_EQUAL(port.handle, places[count]);
        CU_ASSERT_EQUAL((port.flags & JackPortIsInput) != 0,
                        strncmp(port.name, "out", 3) != 0 && !strstr(port.name, "_out"));
        CU_ASSERT_EQUAL(port.number, count < 6 ? count / 2 + 1 : 0);
        CU_ASSERT_EQUAL(port.label != NULL, count < 6);
        CU_ASSERT_EQUAL(port.order, port.number ? port.number : 1);
        CU_ASSERT_FALSE(port.voltage);
        CU_ASSERT_EQUAL(strcmp(port.type, JACK_DEFAULT_MIDI_TYPE) == 0, count == 6);
        count++;
    }
    CU_ASSERT_EQUAL(count, sizeof names / sizeof names[0]);
    CU_ASSERT_FALSE(ports_next(&ports, &port));
}

static void voltages_come_last(void)
{
    static const struct {
        const char *name;
        const char *label;
        uint32_t number;
        jack_port_t **handle;
    } rows[] = {
        {"cv_ici", "ICI", 0, &ports.cv_port[CV_ICI]},
        {"cv_criticality", "Criticality", 0, &ports.cv_port[CV_CRITICALITY]},
        {"cv_coherence", "Phase coherence", 0, &ports.cv_port[CV_COHERENCE]},
        {"cv_centroid", "Spectral centroid", 0, &ports.cv_port[CV_CENTROID]},
        {"cv_phi", "Breathing", 0, &ports.cv_port[CV_PHI]},
        {"cv_onset", "Onset", 0, &ports.cv_port[CV_ONSET]},
        {"cv_level_1", "Level", 1, &ports.cv_level[0]},
        {"cv_level_2", "Level", 2, &ports.cv_level[1]},
        {"cv_band_1", "Band", 1, &ports.cv_band[0]},
        {"cv_band_2", "Band", 2, &ports.cv_band[1]},
        {"cv_band_3", "Band", 3, &ports.cv_band[2]},
    };
    struct port port = {0};
    uint32_t count = 0;
    ports.channels = 2;
    ports.bands = 3;
    ports.cv = true;
    ports.cv_parts = PART_LEVELS | PART_BANDS;
    for (uint32_t i = 0; i < 7; i++) {
        CU_ASSERT_FATAL(ports_next(&ports, &port));
        CU_ASSERT_FALSE(port.voltage);
    }
    while (ports_next(&ports, &port)) {
        CU_ASSERT_FATAL(count < sizeof rows / sizeof rows[0]);
        CU_ASSERT_STRING_EQUAL(port.name, rows[count].name);
        CU_ASSERT_STRING_EQUAL(port.label, rows[count].label);
        CU_ASSERT_STRING_EQUAL(port.group, "CV");
        CU_ASSERT_STRING_EQUAL(port.type, JACK_DEFAULT_AUDIO_TYPE);
        CU_ASSERT_EQUAL(port.flags, JackPortIsOutput);
        CU_ASSERT_EQUAL(port.number, rows[count].number);
        CU_ASSERT_EQUAL(port.order, count + 1);
        CU_ASSERT_PTR_EQUAL(port.handle, rows[count].handle);
        CU_ASSERT(port.voltage);
        count++;
    }
    CU_ASSERT_EQUAL(count, sizeof rows / sizeof rows[0]);
    ports.cv = false;
    ports.cv_parts = 0;
}

static void midi_leaves_if_wanted(void)
{
    struct port port = {0};
    ports.channels = 1;
    ports.sends_midi = true;
    for (uint32_t i = 0; i < 6; i++) {
        CU_ASSERT_FATAL(ports_next(&ports, &port));
    }
    CU_ASSERT_STRING_EQUAL(port.name, "midi_out");
    CU_ASSERT_STRING_EQUAL(port.type, JACK_DEFAULT_MIDI_TYPE);
    CU_ASSERT_EQUAL(port.flags, JackPortIsOutput);
    CU_ASSERT_PTR_EQUAL(port.handle, &ports.midi_out);
    CU_ASSERT_FALSE(ports_next(&ports, &port));
    ports.sends_midi = false;
}

static void as_many_as_there_can_be(void)
{
    struct port port = {0};
    size_t count = 0;
    ports.channels = CHANNELS_MAX;
    while (ports_next(&ports, &port)) {
        *port.handle = (jack_port_t *)(uintptr_t)(++count); /* each its own place */
    }
    CU_ASSERT_EQUAL(count, 2 * CHANNELS_MAX + 3);
    port = (struct port){0};
    for (size_t i = 1; ports_next(&ports, &port); i++) {
        CU_ASSERT_EQUAL((size_t)(uintptr_t)*port.handle, i);
    }
    CU_ASSERT_EQUAL((size_t)(uintptr_t)ports.in[CHANNELS_MAX - 1], 2 * CHANNELS_MAX - 1);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"all once and in order", all_once_and_in_order},
        {"voltages come last", voltages_come_last},
        {"MIDI leaves if wanted", midi_leaves_if_wanted},
        {"as many as there can be", as_many_as_there_can_be},
        CU_TEST_INFO_NULL,
    };
    return unit_run("ports", tests);
}
