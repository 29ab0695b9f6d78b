/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/rt/process.h"

enum status rt_prepare(struct rt *rt, const struct engine_config *config)
{
    rt->first_refused = atomic_load_explicit(&rt->reports.refused, memory_order_relaxed);
    rt->sample_rate = config->analysis.sample_rate;
    rt->channels = config->analysis.channels;
    rt->streaming = false;
    rt->jitter = (struct jitter){0};
    return engine_prepare(&rt->engine, config);
}

void rt_release(struct rt *rt)
{
    engine_release(&rt->engine);
}
