/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/jack-client/rt/rig.h"

#include "jack-client/rt/memory.h"
#include "tests/unit/jack-client/rt/rt_guard.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

/* As in the programs, memory of which no page has been touched. */
static void *fresh(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CU_ASSERT_FATAL(memory != MAP_FAILED);
    return memory;
}

uint32_t rig_wanted;
bool rig_cv;
uint32_t rig_cv_parts;
bool rig_sends_midi;
struct midi_out_map rig_midi_map;

enum status rig_prepare(struct rt *prepared, const struct analysis_config *config)
{
    struct engine_config engine = ENGINE_DEFAULTS;
    engine.analysis = *config;
    const enum status status = rt_prepare(prepared, &engine);
    if (status == STATUS_OK && prepared->telemetry) {
        (void)rt_hold(prepared); /* where little may be locked, it is brought in all the same */
        (void)memory_hold_stack();
    }
    return status;
}

void rig_open(struct rig *rig, const struct analysis_config *config)
{
    struct rt *rt = fresh(sizeof *rt);
    rt->telemetry = fresh(sizeof *rt->telemetry);
    *rig = (struct rig){.rt = rt, .frame = 1000, .origin_us = 5000000, .random = {42}};
    offline_reset();
    rt->ports.cv = rig_cv;
    rt->ports.cv_parts = rig_cv_parts;
    rt->ports.sends_midi = rig_sends_midi;
    rt->midi_out_map = rig_midi_map;
    const enum status status = rig_prepare(rt, config);
    CU_ASSERT_EQUAL_FATAL(status, STATUS_OK);
    rt->inputs.wanted = rig_wanted;
    offline_connect(rt, config->channels);
    offline_connect_cv(rt);
    if (rig_sends_midi) {
        offline_connect_midi_out(rt);
    }
}

void rig_close(struct rig *rig)
{
    CU_ASSERT_EQUAL(offline_misuses(), 0);
    CU_ASSERT_EQUAL(rig->differing, 0);
    rt_release(rig->rt);
    CU_ASSERT_PTR_NULL(rig->rt->engine.analysis);
    munmap(rig->rt->telemetry, sizeof *rig->rt->telemetry);
    munmap(rig->rt, sizeof *rig->rt);
    rig->rt = NULL;
}

void rig_fill_noise(struct rig *rig, uint32_t count)
{
    for (uint32_t i = 0; i < rig->rt->ports.channels; i++) {
        float *in = offline_input(i);
        for (uint32_t n = 0; n < count; n++) {
            in[n] = (float)(random_uniform(&rig->random) - 0.5);
        }
    }
}

void rig_fill_bits(struct rig *rig, uint32_t count)
{
    for (uint32_t i = 0; i < rig->rt->ports.channels; i++) {
        float *in = offline_input(i);
        for (uint32_t n = 0; n < count; n++) {
            const uint32_t bits = (uint32_t)random_bits(&rig->random);
            memcpy(&in[n], &bits, sizeof bits);
        }
    }
}

static void compare(struct rig *rig, uint32_t count)
{
    for (uint32_t i = 0; i < rig->rt->ports.channels && !rig->breathes; i++) {
        rig->differing += memcmp(offline_input(i), offline_output(i), count * sizeof(float)) != 0;
    }
}

void rig_midi(struct rig *rig, const uint8_t *message, size_t size)
{
    CU_ASSERT_FATAL(rig->messages < 64 && size <= 3);
    memcpy(rig->message[rig->messages], message, size);
    rig->size[rig->messages++] = size;
}

static void deliver_midi(struct rig *rig)
{
    for (uint32_t i = 0; i < rig->messages; i++) {
        offline_midi(rig->message[i], rig->size[i]);
    }
    rig->messages = 0;
}

double rig_time_us(const struct rig *rig, double sample)
{
    return (double)rig->origin_us + sample * 1e6 / rig->rt->sample_rate;
}

void rig_cycle(struct rig *rig, uint32_t count)
{
    const double start = rig_time_us(rig, (double)rig->samples);
    for (uint32_t i = 0; i < rig->rt->ports.channels; i++) {
        memset(offline_output(i), 0x55, count * sizeof(float));
    }
    offline_cycle((jack_nframes_t)rig->frame, (uint64_t)llround(start), count);
    deliver_midi(rig);
    rt_guard_enter();
    const int result = rt_process(count, rig->rt);
    const uint32_t calls = rt_guard_leave();
    if (rt_guard_armed()) {
        CU_ASSERT_EQUAL(rt_guard_faults(), 0);
    }
    if (calls) {
        fprintf(stderr, "forbidden in a realtime thread: %s, %u calls\n", rt_guard_first(), calls);
    }
    CU_ASSERT_EQUAL(calls, 0);
    CU_ASSERT_EQUAL(result, 0);
    compare(rig, count);
    rig->samples += count;
    rig->frame += count;
}

void rig_skip(struct rig *rig, int64_t samples)
{
    rig->frame += (uint64_t)samples;
    rig->samples += (uint64_t)samples;
}
