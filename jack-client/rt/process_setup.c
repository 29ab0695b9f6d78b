/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/rt/memory.h"
#include "jack-client/rt/process.h"

#include <errno.h>
#include <math.h>
#include <string.h>

enum status rt_prepare(struct rt *rt, const struct engine_config *config)
{
    rt->first_refused = atomic_load_explicit(&rt->reports.refused, memory_order_relaxed);
    rt->sample_rate = config->analysis.sample_rate;
    rt->ports.channels = config->analysis.channels;
    rt->ports.bands = config->analysis.bands;
    rt->streaming = false;
    rt->jitter = (struct jitter){0};
    struct engine_config engine = *config;
    if (rt->ports.cv) {
        cv_prepare(&rt->cv, &rt->ports, &config->analysis);
        engine.gain = true;
        engine.always |= PART_ONSETS | rt->ports.cv_parts;
    }
    if (rt->ports.sends_midi) {
        midi_out_prepare(&rt->midi_out, &rt->midi_out_map, &rt->ports, &config->analysis);
        engine.always |= rt->midi_out_map.parts;
    }
    return engine_prepare(&rt->engine, &engine);
}

void rt_release(struct rt *rt)
{
    engine_release(&rt->engine);
}

static void note(int *error, bool held)
{
    *error = held ? *error : errno;
}

bool rt_hold(struct rt *rt)
{
    const struct analysis_memory analysis = analysis_memory(rt->engine.analysis);
    /* One function of each program or library whose code the callback may run. */
    const void *const code[] = {(const void *)rt_process, (const void *)pow, (const void *)memcpy,
                                (const void *)jack_get_time};
    int error = 0;
    note(&error, memory_hold(rt, sizeof *rt));
    note(&error, memory_hold(rt->telemetry, sizeof *rt->telemetry));
    note(&error, memory_hold(analysis.state, analysis.state_bytes));
    note(&error, memory_hold(analysis.arrays, analysis.arrays_bytes));
    for (size_t i = 0; i < sizeof code / sizeof code[0]; i++) {
        note(&error, memory_hold_object(code[i], false));
    }
    note(&error, memory_hold_used(analysis.plan));
    note(&error, memory_hold_object(analysis.code, true));
    errno = error;
    return error == 0;
}
