/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/rt/process.h"

#include "shared/relaxed.h"
#include "shared/rt_safe.h"

RT_TRUST(jack_time_t jack_get_time(void);)
RT_TRUST(jack_nframes_t jack_last_frame_time(const jack_client_t *client);)
RT_TRUST(int jack_get_cycle_times(const jack_client_t *client, jack_nframes_t *current_frames,
                                  jack_time_t *current_usecs, jack_time_t *next_usecs, float *period_usecs);)

/* One period, as JACK's own clock sees it. */
struct cycle {
    jack_nframes_t count; /* samples */
    jack_nframes_t frame; /* JACK's count at the first sample */
    uint64_t began_us;    /* jack_get_time() when the callback was entered */
    uint64_t start_us;    /* jack_get_time() that JACK's delay-locked loop gives for the first sample */
    struct telemetry *telemetry; /* the same throughout */
};

static struct cycle read_cycle(struct rt *rt, jack_nframes_t count)
{
    struct cycle cycle = {.count = count,
                          .began_us = jack_get_time(),
                          .telemetry = atomic_load_explicit(&rt->telemetry, memory_order_acquire)};
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

/* A cycle that does not follow on the last one means that samples are missing: true, and the window must
 * begin anew. */
static bool is_gap(struct rt *rt, const struct cycle *cycle)
{
    const bool gap = !rt->streaming || cycle->frame != rt->next_cycle;
    if (gap) {
        store_relaxed(rt->reports.gaps, load_relaxed(rt->reports.gaps) + rt->streaming);
        store_relaxed(rt->reports.stream_start, cycle->frame);
        rt->streaming = true;
    }
    rt->next_cycle = cycle->frame + cycle->count;
    return gap;
}

/* A period's work is bounded; but what is not taken now would be overwritten by what comes next, so take all
 * that the ring can hold. */
static void take_commands(struct rt *rt)
{
    struct command command;
    for (int i = 0; i < RING_SLOTS; i++) {
        const enum status status = command_take(&rt->inputs.commands, &rt->next_command, &command, NULL);
        if (status == STATUS_EMPTY) {
            break;
        }
        if (status == STATUS_OK) {
            engine_command(&rt->engine, &command);
        }
    }
}

/* Between two steps of the real-time clock, time does not go back, though latencies may change and clocks be
 * slewed. */
static double forward(struct rt *rt, double timestamp)
{
    const uint32_t steps = atomic_load_explicit(&rt->inputs.clock_steps, memory_order_acquire);
    if (steps == rt->clock_steps && timestamp < rt->last_timestamp) {
        return rt->last_timestamp;
    }
    rt->clock_steps = steps;
    rt->last_timestamp = timestamp;
    return timestamp;
}

/* Samples: how long before its cycle's count a sample was at the input. */
static double capture_of(const struct rt *rt)
{
    const double capture =
        (double)load_relaxed(rt->inputs.capture_latency) + load_relaxed(rt->inputs.extra_latency);
    return capture > 0 ? capture : 0;
}

/* Samples: how far JACK's clock is ahead of the sound. A program hands a period over when its cycle begins,
 * but the clock dates its samples from then until the next one. Where a period is longer than half a window,
 * the newest window's centre would so lie in the future, and more so the longer the period; yet its sound
 * was there when the cycle began. For a card the capture latency makes up for it. */
static double ahead_of(const struct rt *rt, const struct cycle *cycle)
{
    const double ahead = cycle->count - 0.5 * rt->engine.window - capture_of(rt);
    return ahead > 0 ? ahead : 0;
}

static int64_t to_us(const struct rt *rt, double samples)
{
    return (int64_t)(samples * 1e6 / rt->sample_rate);
}

/* JACK's time of the window's centre. No sound can have been at the input later than now, though the
 * prediction of a server that is catching up may say so. */
static int64_t centre_of(const struct rt *rt, const struct cycle *cycle, int64_t now_us)
{
    const double centre = engine_centre(&rt->engine, &rt->frame) - ahead_of(rt, cycle);
    const int64_t centre_us = (int64_t)cycle->start_us + to_us(rt, centre);
    const int64_t latest_us = now_us + to_us(rt, capture_of(rt));
    return centre_us < latest_us ? centre_us : latest_us;
}

/* When the sound at the window's centre was at the input; without compensation, now. */
static double timestamp_of(struct rt *rt, int64_t centre_us, int64_t now_us)
{
    const int64_t capture_us = to_us(rt, capture_of(rt));
    const int64_t moment_us = load_relaxed(rt->inputs.uncompensated) ? now_us : centre_us - capture_us;
    return forward(rt, (double)(moment_us + load_relaxed(rt->inputs.realtime_offset_us)) * 1e-6);
}

/* The engine knows samples; here they become times. */
static void publish_frame(struct rt *rt, const struct cycle *cycle)
{
    struct metrics_snapshot *snapshot = &rt->snapshot;
    struct event events[ENGINE_EVENTS_MAX];
    const int64_t now_us = (int64_t)jack_get_time();
    const int64_t centre_us = centre_of(rt, cycle, now_us);
    const int64_t monotonic = load_relaxed(rt->inputs.monotonic_offset_us);

    const uint32_t count =
        engine_describe(&rt->engine, &rt->frame, timestamp_of(rt, centre_us, now_us), snapshot, events);
    snapshot->centre_us = (uint64_t)(centre_us + monotonic);
    snapshot->published_us = (uint64_t)(now_us + monotonic);
    telemetry_write_metrics(cycle->telemetry, snapshot);
    const int64_t end = (int64_t)(rt->frame.end - rt->engine.block_start);
    if (rt->ports.cv) {
        cv_frame(&rt->cv, snapshot, rt->frame.onset.found, end);
    }
    if (rt->ports.sends_midi) {
        midi_out_frame(&rt->midi_out, snapshot, events, count, end);
    }
    const double now = (double)(now_us + load_relaxed(rt->inputs.realtime_offset_us)) * 1e-6;
    for (uint32_t i = 0; i < count; i++) {
        if (events[i].kind == EVENT_ONSET && events[i].timestamp > now) {
            events[i].timestamp =
                now; /* without compensation the window's centre, before it, is taken for now */
        }
        events[i].published_us = snapshot->published_us;
        event_push(&cycle->telemetry->events, &events[i]);
    }
    store_relaxed(rt->reports.frames, snapshot->frame + 1);
}

static void report(struct rt *rt, const struct cycle *cycle)
{
    const uint32_t took = (uint32_t)(jack_get_time() - cycle->began_us);
    if (took > load_relaxed(rt->reports.worst_us)) {
        store_relaxed(rt->reports.worst_us, took);
    }
    store_relaxed(rt->reports.refused, rt->first_refused + analysis_refused_samples(rt->engine.analysis));
    store_relaxed(rt->reports.jitter_ns, (uint32_t)(jitter_deviation(&rt->jitter) * 1000));
    store_relaxed(rt->reports.commands, rt->engine.commands);
    store_relaxed(rt->reports.breathing, rt->engine.breathing.on);
    store_relaxed(rt->reports.auto_phi, rt->engine.auto_phi.on);
    store_relaxed(rt->reports.phi_depth, breathing_depth(&rt->engine.breathing));
    store_relaxed(rt->reports.phi_phase, breathing_aim(&rt->engine.breathing));
    store_relaxed(rt->reports.phi_rate, breathing_rate(&rt->engine.breathing));
    store_relaxed(rt->reports.period, cycle->count);
    store_relaxed(rt->reports.last_cycle_us, cycle->began_us);
    store_relaxed(cycle->telemetry->heartbeat_us,
                  (uint64_t)((int64_t)cycle->began_us + load_relaxed(rt->inputs.monotonic_offset_us)));
    /* Last, with release: whoever sees it knows that this callback has let go of the telemetry. */
    atomic_store_explicit(&rt->reports.callbacks, load_relaxed(rt->reports.callbacks) + 1,
                          memory_order_release);
}

RT_SAFE int rt_process(jack_nframes_t count, void *arg)
{
    struct rt *rt = arg;
    const struct cycle cycle = read_cycle(rt, count);

    const bool gap = is_gap(rt, &cycle);

    take_commands(rt);
    engine_want(&rt->engine, load_relaxed(rt->inputs.wanted));
    ports_pass_midi(&rt->ports, &rt->midi_map, &rt->engine, count);
    rt->engine.hold_auto_phi = load_relaxed(rt->inputs.freewheeling);
    ports_pass_sound(&rt->ports, &rt->engine, count, gap);
    ports_pass_calibration(&rt->ports, &rt->player, count, gap);
    if (rt->ports.cv) {
        cv_begin(&rt->cv, &rt->ports, count);
    }
    if (rt->ports.sends_midi) {
        if (load_relaxed(rt->inputs.midi_newcomer)) {
            store_relaxed(rt->inputs.midi_newcomer, false);
            midi_out_renew(&rt->midi_out);
        }
        midi_out_begin(&rt->midi_out, &rt->ports, count);
    }
    while (engine_step(&rt->engine, &rt->frame)) {
        publish_frame(rt, &cycle);
    }
    if (rt->ports.cv) {
        cv_end(&rt->cv);
    }
    if (rt->ports.sends_midi) {
        const uint32_t lost = midi_out_end(&rt->midi_out, load_relaxed(rt->inputs.ending));
        store_relaxed(rt->reports.midi_lost, load_relaxed(rt->reports.midi_lost) + lost);
    }
    report(rt, &cycle);
    return 0;
}
