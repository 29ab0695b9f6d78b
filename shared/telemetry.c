/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/telemetry.h"

#include "shared/metric.h"
#include "shared/seqlock.h"

#include <stdbool.h>
#include <string.h>

const struct segment_kind telemetry_kind = {
    .magic = 0x314D454C54494850U, /* "PHITLEM1" */
    .abi = TELEMETRY_ABI,
    .size = sizeof(struct telemetry),
    .suffix = "telemetry",
    .front = offsetof(struct telemetry, metrics),
    .ring = offsetof(struct telemetry, events),
    .snapshot = {{offsetof(struct telemetry, metrics_sequence), offsetof(struct telemetry, metrics),
                  sizeof(struct metrics_snapshot)},
                 {offsetof(struct telemetry, latency_sequence), offsetof(struct telemetry, latency),
                  sizeof(struct latency_snapshot)},
                 {offsetof(struct telemetry, status_sequence), offsetof(struct telemetry, status),
                  sizeof(struct analyser_status)}},
};

enum { LARGEST_WORDS = TELEMETRY_WORDS(struct metrics_snapshot) };

static void write_snapshot(_Atomic uint64_t *sequence, _Atomic uint64_t *payload, const void *snapshot,
                           size_t bytes)
{
    uint64_t words[LARGEST_WORDS];
    memcpy(words, snapshot, bytes);
    seqlock_write(sequence, payload, words, bytes / sizeof words[0]);
}

static enum status read_snapshot(const _Atomic uint64_t *sequence, const _Atomic uint64_t *payload, void *out,
                                 size_t bytes)
{
    uint64_t words[LARGEST_WORDS];
    const enum status status = seqlock_read(sequence, payload, words, bytes / sizeof words[0]);
    if (status == STATUS_OK) {
        memcpy(out, words, bytes);
    }
    return status;
}

static bool within(double value, double low, double high)
{
    return value >= low && value <= high; /* false for NaN */
}

const char *calibration_state_str(uint32_t state)
{
    static const char *const names[] = {"none",  "running",   "done",    "silent", "clipped",
                                        "noise", "ambiguous", "spoiled", "refused"};
    return state < sizeof names / sizeof names[0] ? names[state] : NULL;
}

static bool metrics_good(const struct metrics_snapshot *m)
{
    bool good = m->channel_count >= 1 && m->channel_count <= CHANNELS_MAX &&
                m->active_channels <= m->channel_count && metrics_in_range(frame_metric, FRAME_METRICS, m);
    for (uint32_t i = 0; good && i < m->channel_count; i++) {
        good = metrics_in_range(channel_metric, CHANNEL_METRICS, &m->channel[i]);
    }
    return good;
}

static bool latency_good(const struct latency_snapshot *l)
{
    return within(l->hardware_ms, 0, 1e9) && within(l->buffer_ms, 0, 1e9) && within(l->jitter_ms, 0, 1e9) &&
           l->calibrated <= 1 && l->compensated <= 1;
}

static bool status_good(const struct analyser_status *s)
{
    return s->jack_running <= 1 && s->channel_count <= CHANNELS_MAX && within(s->dsp_load, 0, 1e6) &&
           within(s->worst_callback_us, 0, 1e12) && calibration_state_str(s->calibration) &&
           within(s->calibration_confidence, 0, 1) && within(s->round_trip_ms, 0, 1e9) &&
           within(s->extra_ms, -1e9, 1e9) && within(s->ici_threshold, 0, 1) &&
           within(s->criticality_threshold, 0, 100) && within(s->phi_rate, 0, 10) && s->auto_phi <= 1;
}

RT_SAFE void telemetry_write_metrics(struct telemetry *telemetry, const struct metrics_snapshot *snapshot)
{
    write_snapshot(&telemetry->metrics_sequence, telemetry->metrics, snapshot, sizeof *snapshot);
}

void telemetry_write_latency(struct telemetry *telemetry, const struct latency_snapshot *snapshot)
{
    write_snapshot(&telemetry->latency_sequence, telemetry->latency, snapshot, sizeof *snapshot);
}

void telemetry_write_status(struct telemetry *telemetry, const struct analyser_status *snapshot)
{
    write_snapshot(&telemetry->status_sequence, telemetry->status, snapshot, sizeof *snapshot);
}

enum status telemetry_read_metrics(const struct telemetry *telemetry, struct metrics_snapshot *out)
{
    const enum status status =
        read_snapshot(&telemetry->metrics_sequence, telemetry->metrics, out, sizeof *out);
    return status == STATUS_OK && !metrics_good(out) ? STATUS_CORRUPT : status;
}

enum status telemetry_read_latency(const struct telemetry *telemetry, struct latency_snapshot *out)
{
    const enum status status =
        read_snapshot(&telemetry->latency_sequence, telemetry->latency, out, sizeof *out);
    return status == STATUS_OK && !latency_good(out) ? STATUS_CORRUPT : status;
}

enum status telemetry_read_status(const struct telemetry *telemetry, struct analyser_status *out)
{
    const enum status status =
        read_snapshot(&telemetry->status_sequence, telemetry->status, out, sizeof *out);
    return status == STATUS_OK && !status_good(out) ? STATUS_CORRUPT : status;
}
