/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/telemetry.h"

#include "shared/metric.h"
#include "shared/seqlock.h"
#include "shared/utf8.h"

#include <stdbool.h>
#include <string.h>

const struct segment_kind telemetry_kind = {
    .magic = 0x314D454C54494850U, /* "PHITLEM1" */
    .abi = TELEMETRY_ABI,
    .size = sizeof(struct telemetry),
    .suffix = "telemetry",
    .front = offsetof(struct telemetry, events),
    .ring = offsetof(struct telemetry, events),
    .snapshot = {{offsetof(struct telemetry, metrics_sequence), offsetof(struct telemetry, metrics),
                  sizeof(struct metrics_snapshot)},
                 {offsetof(struct telemetry, latency_sequence), offsetof(struct telemetry, latency),
                  sizeof(struct latency_snapshot)},
                 {offsetof(struct telemetry, status_sequence), offsetof(struct telemetry, status),
                  sizeof(struct analyser_status)},
                 {offsetof(struct telemetry, names_sequence), offsetof(struct telemetry, names),
                  sizeof(struct channel_names)},
                 {offsetof(struct telemetry, patchbay_sequence), offsetof(struct telemetry, patchbay),
                  sizeof(struct patchbay)}},
};

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
    const bool counts = m->channel_count >= 1 && m->channel_count <= CHANNELS_MAX &&
                        m->active_channels <= m->channel_count && m->band_count <= BANDS_MAX &&
                        m->state < STATE_OFFLINE && m->parts <= (PARTS_ALL | PART_CHANNEL_BANDS);
    return counts && metric_groups_in_range(m);
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
           within(s->criticality_threshold, 0, 100) && within(s->phi_rate, 0, 10) && s->auto_phi <= 1 &&
           s->parts <= (PARTS_ALL | PART_CHANNEL_BANDS) && s->band_count <= BANDS_MAX;
}

static bool name_good(const char *name, size_t size)
{
    return strnlen(name, size) < size && utf8_is_plain(name);
}

static bool names_good(const struct channel_names *names)
{
    bool good = true;
    for (size_t i = 0; i < CHANNELS_MAX && good; i++) {
        good = name_good(names->name[i], CHANNEL_NAME_MAX);
    }
    return good;
}

static bool patchbay_good(const struct patchbay *patchbay)
{
    bool good = patchbay->count <= PATCHBAY_MAX;
    for (uint32_t i = 0; good && i < patchbay->count; i++) {
        const struct patch_source *source = &patchbay->source[i];
        good = source->id != 0 && source->name[0] != '\0' && name_good(source->name, PATCH_NAME_MAX);
    }
    return good;
}

/* What was not measured becomes 0. */
static void clear_unmeasured(struct metrics_snapshot *m)
{
    struct requested_metrics *r = &m->requested;
    if (!(m->parts & PART_LEVELS)) {
        memset(r->level, 0, sizeof r->level);
    }
    if (!(m->parts & PART_BANDS)) {
        memset(r->band, 0, sizeof r->band);
    }
    if (!(m->parts & PART_CHANNEL_BANDS)) {
        memset(r->channel_band, 0, sizeof r->channel_band);
    }
    if (!(m->parts & PART_ONSETS)) {
        r->onset_strength = 0;
    }
}

#define WORDS(bytes) ((bytes) / sizeof(uint64_t))

RT_SAFE void telemetry_write_metrics(struct telemetry *telemetry, const struct metrics_snapshot *snapshot)
{
    const size_t bytes = offsetof(struct metrics_snapshot, requested) + requested_bytes(snapshot->parts);
    seqlock_write(&telemetry->metrics_sequence, telemetry->metrics, snapshot, WORDS(bytes));
}

void telemetry_write_latency(struct telemetry *telemetry, const struct latency_snapshot *snapshot)
{
    seqlock_write(&telemetry->latency_sequence, telemetry->latency, snapshot, WORDS(sizeof *snapshot));
}

void telemetry_write_status(struct telemetry *telemetry, const struct analyser_status *snapshot)
{
    seqlock_write(&telemetry->status_sequence, telemetry->status, snapshot, WORDS(sizeof *snapshot));
}

void telemetry_write_names(struct telemetry *telemetry, const struct channel_names *names)
{
    seqlock_write(&telemetry->names_sequence, telemetry->names, names, WORDS(sizeof *names));
}

void telemetry_write_patchbay(struct telemetry *telemetry, const struct patchbay *patchbay)
{
    seqlock_write(&telemetry->patchbay_sequence, telemetry->patchbay, patchbay, WORDS(sizeof *patchbay));
}

enum status telemetry_read_metrics(const struct telemetry *telemetry, struct metrics_snapshot *out)
{
    const enum status status =
        seqlock_read(&telemetry->metrics_sequence, telemetry->metrics, out, WORDS(sizeof *out));
    if (status == STATUS_OK) {
        clear_unmeasured(out);
    }
    return status == STATUS_OK && !metrics_good(out) ? STATUS_CORRUPT : status;
}

enum status telemetry_read_latency(const struct telemetry *telemetry, struct latency_snapshot *out)
{
    const enum status status =
        seqlock_read(&telemetry->latency_sequence, telemetry->latency, out, WORDS(sizeof *out));
    return status == STATUS_OK && !latency_good(out) ? STATUS_CORRUPT : status;
}

enum status telemetry_read_status(const struct telemetry *telemetry, struct analyser_status *out)
{
    const enum status status =
        seqlock_read(&telemetry->status_sequence, telemetry->status, out, WORDS(sizeof *out));
    return status == STATUS_OK && !status_good(out) ? STATUS_CORRUPT : status;
}

enum status telemetry_read_names(const struct telemetry *telemetry, struct channel_names *out)
{
    const enum status status =
        seqlock_read(&telemetry->names_sequence, telemetry->names, out, WORDS(sizeof *out));
    return status == STATUS_OK && !names_good(out) ? STATUS_CORRUPT : status;
}

enum status telemetry_read_patchbay(const struct telemetry *telemetry, struct patchbay *out)
{
    const enum status status =
        seqlock_read(&telemetry->patchbay_sequence, telemetry->patchbay, out, WORDS(sizeof *out));
    return status == STATUS_OK && !patchbay_good(out) ? STATUS_CORRUPT : status;
}
