/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/rt/process.h"

enum status rt_prepare(struct rt *rt, const struct analysis_config *config)
{
    /* A new analysis counts its frames from 0; whoever listens must not see them go back. */
    rt->first_frame = atomic_load_explicit(&rt->reports.frames, memory_order_relaxed);
    rt->first_refused = atomic_load_explicit(&rt->reports.refused, memory_order_relaxed);
    rt->sample_rate = config->sample_rate;
    rt->channels = config->channels;
    rt->window = config->window;
    rt->streaming = false;
    rt->jitter = (struct jitter){0};
    return analysis_create(config, &rt->analysis);
}

void rt_release(struct rt *rt)
{
    analysis_destroy(rt->analysis);
    rt->analysis = NULL;
}
