/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/rt/process.h"

#include "jack-client/snapshot.h"

#include <string.h>

#define LOAD(atomic) atomic_load_explicit(&(atomic), memory_order_relaxed)
#define STORE(atomic, value) atomic_store_explicit(&(atomic), value, memory_order_relaxed)

/* One period, as JACK's own clock sees it. */
struct cycle {
    jack_nframes_t frame; /* JACK's count at the first sample */
    uint64_t began_us;    /* jack_get_time() when the callback was entered */
    uint64_t start_us;    /* jack_get_time() that JACK's delay-locked loop gives for the first sample */
};

static struct cycle read_cycle(struct rt *rt)
{
    struct cycle cycle = {.began_us = jack_get_time()};
    jack_nframes_t frame;
    jack_time_t start;
    jack_time_t next;
    float period_us;

    if (jack_get_cycle_times(rt->client, &frame, &start, &next, &period_us) == 0) {
        cycle.frame = frame;
        cycle.start_us = start;
        jitter_add(&rt->jitter, cycle.began_us, (double)(int64_t)(cycle.began_us - start));
    } else {
        cycle.frame = jack_last_frame_time(rt->client);
        cycle.start_us = cycle.began_us;
    }
    return cycle;
}

/* A cycle that does not follow on the last one means that samples are missing: the window would be a lie. */
static void follow_stream(struct rt *rt, const struct cycle *cycle, jack_nframes_t count)
{
    if (!rt->streaming || cycle->frame != rt->next_cycle) {
        if (rt->streaming) {
            STORE(rt->reports.gaps, LOAD(rt->reports.gaps) + 1);
        }
        analysis_restart_window(rt->analysis);
        STORE(rt->reports.stream_start, cycle->frame);
        rt->streaming = true;
    }
    rt->next_cycle = cycle->frame + count;
}

/* Input to output, bit for bit. What leaves is what is analysed. */
static void pass_through(struct rt *rt, jack_nframes_t count, const float *outputs[CHANNELS_MAX])
{
    for (uint32_t i = 0; i < rt->channels; i++) {
        const void *in = jack_port_get_buffer(rt->in[i], count);
        void *out = jack_port_get_buffer(rt->out[i], count);
        memcpy(out, in, count * sizeof(float));
        outputs[i] = out;
    }
}

/* The analysis knows samples; here they become times. `fed` is the stream position at the cycle's first
 * sample. */
static void publish_frame(struct rt *rt, const struct cycle *cycle, uint64_t fed)
{
    struct metrics_snapshot *snapshot = &rt->snapshot;
    const double us_per_sample = 1e6 / rt->sample_rate;
    const double centre =
        (double)(int64_t)(rt->frame.end - fed) - 0.5 * rt->window; /* samples after cycle start */
    const int64_t centre_us = (int64_t)cycle->start_us + (int64_t)(centre * us_per_sample);
    const int64_t capture_us = (int64_t)(LOAD(rt->inputs.capture_latency) * us_per_sample);
    const int64_t monotonic = LOAD(rt->inputs.monotonic_offset_us);

    snapshot_from_frame(snapshot, &rt->frame, rt->channels);
    snapshot->frame += rt->first_frame;
    snapshot->timestamp = (double)(centre_us - capture_us + LOAD(rt->inputs.realtime_offset_us)) * 1e-6;
    snapshot->centre_us = (uint64_t)(centre_us + monotonic);
    snapshot->published_us = (uint64_t)((int64_t)jack_get_time() + monotonic);
    telemetry_write_metrics(rt->telemetry, snapshot);
    STORE(rt->reports.frames, snapshot->frame + 1);
}

static void report(struct rt *rt, const struct cycle *cycle, jack_nframes_t count)
{
    const uint32_t took = (uint32_t)(jack_get_time() - cycle->began_us);
    if (took > LOAD(rt->reports.worst_us)) {
        STORE(rt->reports.worst_us, took);
    }
    STORE(rt->reports.refused, rt->first_refused + analysis_refused_samples(rt->analysis));
    STORE(rt->reports.jitter_ns, (uint32_t)(jitter_deviation(&rt->jitter) * 1000));
    STORE(rt->reports.period, count);
    STORE(rt->reports.last_cycle_us, cycle->began_us);
    STORE(rt->reports.callbacks, LOAD(rt->reports.callbacks) + 1);
    STORE(rt->telemetry->heartbeat_us,
          (uint64_t)((int64_t)cycle->began_us + LOAD(rt->inputs.monotonic_offset_us)));
}

int rt_process(jack_nframes_t count, void *arg)
{
    struct rt *rt = arg;
    const float *outputs[CHANNELS_MAX];
    const struct cycle cycle = read_cycle(rt);

    pass_through(rt, count, outputs);
    follow_stream(rt, &cycle, count);
    const uint64_t fed = analysis_position(rt->analysis);
    analysis_feed(rt->analysis, outputs, count);
    while (analysis_step(rt->analysis, &rt->frame)) {
        publish_frame(rt, &cycle, fed);
    }
    report(rt, &cycle, count);
    return 0;
}
