/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/jack-client/rig.h"

#include "tests/unit/jack-client/rt_guard.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static struct rt rt;
static struct telemetry telemetry;

enum status rig_prepare(struct rt *prepared, const struct analysis_config *config)
{
    struct engine_config engine = ENGINE_DEFAULTS;
    engine.analysis = *config;
    return rt_prepare(prepared, &engine);
}

void rig_open(struct rig *rig, const struct analysis_config *config)
{
    memset(&rt, 0, sizeof rt);
    memset(&telemetry, 0, sizeof telemetry);
    rt.telemetry = &telemetry;
    *rig = (struct rig){.rt = &rt, .frame = 1000, .origin_us = 5000000, .random = {42}};
    offline_reset();
    const enum status status = rig_prepare(&rt, config);
    CU_ASSERT_EQUAL_FATAL(status, STATUS_OK);
    offline_connect(&rt, config->channels);
}

void rig_close(struct rig *rig)
{
    CU_ASSERT_EQUAL(offline_misuses(), 0);
    CU_ASSERT_EQUAL(rig->differing, 0);
    rt_release(rig->rt);
    CU_ASSERT_PTR_NULL(rig->rt->engine.analysis);
}

void rig_fill_noise(struct rig *rig, uint32_t count)
{
    for (uint32_t i = 0; i < rig->rt->channels; i++) {
        float *in = offline_input(i);
        for (uint32_t n = 0; n < count; n++) {
            in[n] = (float)(random_uniform(&rig->random) - 0.5);
        }
    }
}

void rig_fill_bits(struct rig *rig, uint32_t count)
{
    for (uint32_t i = 0; i < rig->rt->channels; i++) {
        float *in = offline_input(i);
        for (uint32_t n = 0; n < count; n++) {
            const uint32_t bits = (uint32_t)random_bits(&rig->random);
            memcpy(&in[n], &bits, sizeof bits);
        }
    }
}

static void compare(struct rig *rig, uint32_t count)
{
    for (uint32_t i = 0; i < rig->rt->channels && !rig->breathes; i++) {
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
    for (uint32_t i = 0; i < rig->rt->channels; i++) {
        memset(offline_output(i), 0x55, count * sizeof(float));
    }
    offline_cycle((jack_nframes_t)rig->frame, (uint64_t)llround(start), count);
    deliver_midi(rig);
    rt_guard_enter();
    const int result = rt_process(count, rig->rt);
    const uint32_t calls = rt_guard_leave();
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
