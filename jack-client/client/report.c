/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/client/report.h"

#include "shared/relaxed.h"

static void write_latency(struct telemetry *telemetry, const struct rt *rt, bool calibrated)
{
    const double ms_per_sample = 1000.0 / rt->sample_rate;
    const double hardware =
        (double)load_relaxed(rt->inputs.capture_latency) + load_relaxed(rt->inputs.extra_latency);
    const struct latency_snapshot latency = {
        .hardware_ms = hardware > 0 ? hardware * ms_per_sample : 0,
        .buffer_ms = load_relaxed(rt->reports.period) * ms_per_sample,
        .jitter_ms = load_relaxed(rt->reports.jitter_ns) * 1e-6,
        .calibrated = calibrated,
        .compensated = !load_relaxed(rt->inputs.uncompensated),
    };
    telemetry_write_latency(telemetry, &latency);
}

void report_write(struct telemetry *telemetry, const struct session *session, bool stalled,
                  const struct calibration *calibration)
{
    const struct rt *rt = session->rt;
    const struct engine_config *engine = &session->options->engine;
    const struct analysis_config *config = &engine->analysis;
    const bool known = calibration->valid || calibration->state == CALIBRATION_DONE;
    const struct analyser_status status = {
        .jack_running = session->client != NULL && !stalled,
        .sample_rate = rt->sample_rate,
        .period = load_relaxed(rt->reports.period),
        .window = config->window,
        .hop = config->hop,
        .channel_count = config->channels,
        .dsp_load = session->client ? jack_cpu_load(session->client) : 0,
        .worst_callback_us = (float)load_relaxed(rt->reports.worst_us),
        .callbacks = load_relaxed(rt->reports.callbacks),
        .frames = load_relaxed(rt->reports.frames),
        .xruns = load_relaxed(session->xruns),
        .gaps = load_relaxed(rt->reports.gaps),
        .nonfinite_samples = load_relaxed(rt->reports.refused),
        .calibration = calibration->state,
        .calibration_confidence = known ? (float)calibration->current.confidence : 0,
        .round_trip_ms = known ? calibration->current.round_trip * 1000 / rt->sample_rate : 0,
        .extra_ms = known ? calibration->current.extra * 1000 / rt->sample_rate : 0,
        .ici_threshold = (float)engine->ici_threshold,
        .criticality_threshold = (float)engine->criticality_threshold,
        .phi_rate = (float)load_relaxed(rt->reports.phi_rate),
        .auto_phi = load_relaxed(rt->reports.auto_phi),
        .parts = load_relaxed(rt->inputs.wanted) | rt->engine.always,
        .band_count = config->bands,
    };
    telemetry_write_status(telemetry, &status);
    if (session->client) {
        write_latency(telemetry, rt, calibration->valid);
    }
}
