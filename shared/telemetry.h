/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The telemetry segment /phicast.NAME.telemetry: what the analyser tells the world.
 *
 * One writer, the analyser; any number of readers, each with a copy (segment.h). ABI: bump TELEMETRY_ABI
 * whenever a struct below changes in size, order or meaning; the assertions at the end fail when that was
 * forgotten.
 *
 * A reader believes nothing: the read functions copy under the sequence lock and refuse (STATUS_CORRUPT)
 * values outside the ranges documented here.
 */
#ifndef PHICAST_SHARED_TELEMETRY_H
#define PHICAST_SHARED_TELEMETRY_H

#include "shared/event.h"
#include "shared/part.h"
#include "shared/ring.h"
#include "shared/segment.h"
#include "shared/status.h"

#include <assert.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum { CHANNELS_MAX = 64, BANDS_MAX = 32, CHANNEL_NAME_MAX = 64, TELEMETRY_ABI = 5 };

enum { PATCHBAY_MAX = 256, PATCH_NAME_MAX = 112 };

struct channel_metrics {
    float frequency; /* Hz, 0...sample rate / 2; 0 when inactive */
    float amplitude; /* 1 = full scale, >= 0; 0 when inactive */
    float phase;     /* rad, (-pi, pi], at the window's centre; 0 when inactive */
    uint32_t active; /* 0 or 1 */
};

/* Of one channel's last hop of samples. */
struct level_metrics {
    float rms;        /* 1 = full scale, >= 0; a sinusoid of amplitude A has A / sqrt(2) */
    float peak;       /* true peak, 1 = full scale, >= 0; falls back slowly */
    uint64_t clipped; /* samples at or above full scale, since somebody first asked for levels */
};

/* What is measured on request; `parts` of the snapshot says what of it was. */
struct requested_metrics {
    float onset_strength; /* 0...1: of the last onset; falls back to 0 */
    float reserved;
    struct level_metrics level[CHANNELS_MAX];
    float band[BANDS_MAX]; /* of all active channels together: 1 = full scale, >= 0; fall back slowly */
    float channel_band[CHANNELS_MAX][BANDS_MAX];
};

/* How much of that holds anything: long as it is, nobody copies what was not measured. */
RT_SAFE static inline size_t requested_bytes(uint32_t parts)
{
    return parts & PART_CHANNEL_BANDS ? sizeof(struct requested_metrics)
           : parts                    ? offsetof(struct requested_metrics, channel_band)
                                      : 0;
}

/* One analysis frame. Written by the process callback. */
struct metrics_snapshot {
    uint64_t frame;          /* counts from 0 at the analyser's start; never goes back in its lifetime */
    double timestamp;        /* Unix seconds: when the sound at the window's centre was at the input */
    uint64_t centre_us;      /* CLOCK_MONOTONIC, us: the window's centre by JACK's clock; may lie ahead */
    uint64_t published_us;   /* CLOCK_MONOTONIC, us: when the snapshot was published */
    float ici;               /* 0...1 */
    float criticality;       /* >= 0 */
    float phase_coherence;   /* 0...1 */
    float spectral_centroid; /* Hz, 0...sample rate / 2 */
    float phi_depth;         /* 0...1 */
    float phi_phase;         /* rad, 0...2 pi */
    uint32_t phi_breathing_active; /* 0 or 1 */
    uint32_t active_channels;      /* 0...channel_count */
    uint32_t channel_count;        /* 1...CHANNELS_MAX: the entries of channel[] in use */
    uint32_t band_count;           /* 0...BANDS_MAX, measured or not; 0: not known */
    uint32_t parts;                /* bits of enum metric_part: what was measured on request */
    uint32_t state;                /* enum sound_state, after the events of this frame */
    struct channel_metrics channel[CHANNELS_MAX];
    struct requested_metrics requested;
};

/* What feeds each channel, for people: UTF-8 without control characters, zeros behind it; empty: nothing
 * does. Written by the control thread. */
struct channel_names {
    char name[CHANNELS_MAX][CHANNEL_NAME_MAX];
};

/* A port of somebody else's that inputs can be connected to. */
struct patch_source {
    uint64_t id;               /* of that port under that name; never 0 */
    uint64_t feeds;            /* bit i: it is connected to channel i */
    char name[PATCH_NAME_MAX]; /* "client:port", cut where it is too long, else as channel_names are */
};

/* All of them, in JACK's order. Written by the control thread. */
struct patchbay {
    uint32_t count; /* 0...PATCHBAY_MAX */
    uint32_t more;  /* that there was no room for */
    struct patch_source source[PATCHBAY_MAX];
};

/* What the JACK graph says of latency. Written by the control thread. */
struct latency_snapshot {
    double hardware_ms;  /* capture latency of the ports feeding the inputs, and the calibrated extra; >= 0 */
    double buffer_ms;    /* period / sample rate; >= 0 */
    double jitter_ms;    /* standard deviation of the callback's wake-up over the last 10 s; >= 0 */
    uint32_t calibrated; /* 0 or 1 */
    uint32_t compensated; /* 0 or 1: whether timestamps are moved back to the input */
};

/* What has come of the last request to calibrate. */
enum calibration_state {
    CALIBRATION_NONE,      /* nobody has asked, and nothing was kept from earlier */
    CALIBRATION_RUNNING,   /* it is being measured */
    CALIBRATION_DONE,      /* it holds for the present rate, period and device */
    CALIBRATION_SILENT,    /* nothing came back */
    CALIBRATION_CLIPPED,   /* what came back is cut off at full scale */
    CALIBRATION_NOISE,     /* something came back, but not the signal */
    CALIBRATION_AMBIGUOUS, /* the signal came back twice */
    CALIBRATION_SPOILED,   /* samples were missed meanwhile */
    CALIBRATION_REFUSED    /* a calibration port is connected with nothing */
};

/* How the analyser is doing. Written by the control thread, for /api/status. */
struct analyser_status {
    uint32_t jack_running; /* 0 or 1: whether there is a JACK server to work in */
    uint32_t sample_rate;  /* Hz */
    uint32_t period;       /* samples */
    uint32_t window;       /* samples */
    uint32_t hop;          /* samples */
    uint32_t channel_count;
    float dsp_load;               /* percent of the period, as JACK reports it for the whole graph */
    float worst_callback_us;      /* the longest process callback so far */
    uint64_t callbacks;           /* process callbacks so far */
    uint64_t frames;              /* analysis frames so far */
    uint64_t xruns;               /* as JACK reports them */
    uint64_t gaps;                /* breaks in the sample count; each restarts the window */
    uint64_t nonfinite_samples;   /* input samples taken as 0: NaN, infinite, denormal or beyond 1e8 */
    uint32_t calibration;         /* enum calibration_state */
    float calibration_confidence; /* 0...1; this and the next two hold when the state is CALIBRATION_DONE */
    double round_trip_ms;         /* from calibration_out to calibration_in, >= 0 */
    double extra_ms;              /* what of it the JACK graph does not report */
    float ici_threshold;          /* 0...1: from here on channels are coherent */
    float criticality_threshold;  /* 0...100: from here on sound is turbulent */
    float phi_rate;               /* Hz, 0...10: of the breathing, also while it is off */
    uint32_t auto_phi;            /* 0 or 1: whether it steers */
    uint32_t parts;               /* bits of enum metric_part: what it measures on request at present */
    uint32_t band_count;          /* 0...BANDS_MAX */
};

#define TELEMETRY_WORDS(type) (sizeof(type) / sizeof(uint64_t))

struct telemetry {
    struct segment_header header;
    _Atomic uint64_t
        heartbeat_us; /* CLOCK_MONOTONIC, us: start of the latest process callback; 0 before any */
    uint64_t reserved[2];
    _Atomic uint64_t patchbay_sequence;
    _Atomic uint64_t metrics_sequence;
    _Atomic uint64_t latency_sequence;
    _Atomic uint64_t status_sequence;
    _Atomic uint64_t names_sequence;
    struct ring events; /* its head is read together with all before it */
    _Atomic uint64_t metrics[TELEMETRY_WORDS(struct metrics_snapshot)];
    _Atomic uint64_t latency[TELEMETRY_WORDS(struct latency_snapshot)];
    _Atomic uint64_t status[TELEMETRY_WORDS(struct analyser_status)];
    _Atomic uint64_t names[TELEMETRY_WORDS(struct channel_names)];
    _Atomic uint64_t patchbay[TELEMETRY_WORDS(struct patchbay)];
    uint64_t pad[1]; /* to whole cache lines */
};

static_assert(sizeof(struct requested_metrics) ==
                  8 + 16 * CHANNELS_MAX + 4 * BANDS_MAX + 4 * CHANNELS_MAX * BANDS_MAX,
              "ABI");
static_assert(sizeof(struct metrics_snapshot) == 80 + 16 * CHANNELS_MAX + sizeof(struct requested_metrics),
              "ABI");
static_assert(sizeof(struct latency_snapshot) == 32, "ABI");
static_assert(sizeof(struct analyser_status) == 120, "ABI");
static_assert(sizeof(struct patchbay) == 8 + 128 * PATCHBAY_MAX, "ABI");
static_assert((int)ONSET_BAND_MAX == (int)BANDS_MAX - 1, "an onset's band is one of the bands");
static_assert(offsetof(struct telemetry, heartbeat_us) == 64, "ABI");
static_assert(offsetof(struct telemetry, events) == 128, "ABI");

extern const struct segment_kind telemetry_kind;

/* Any thread. One word; NULL for a value that is none of the enum's. */
const char *calibration_state_str(uint32_t state);

/* Writers: metrics from the process callback (RT-safe), the others from the control thread. Of what is
 * measured on request only that is written which holds. */
RT_SAFE void telemetry_write_metrics(struct telemetry *telemetry, const struct metrics_snapshot *snapshot);
void telemetry_write_latency(struct telemetry *telemetry, const struct latency_snapshot *snapshot);
void telemetry_write_status(struct telemetry *telemetry, const struct analyser_status *snapshot);
void telemetry_write_names(struct telemetry *telemetry, const struct channel_names *names);
void telemetry_write_patchbay(struct telemetry *telemetry, const struct patchbay *patchbay);

/* Readers, any thread. What was not measured is 0. STATUS_EMPTY before the first write, STATUS_TORN,
 * STATUS_CORRUPT; *out is then of no meaning. */
MUST_CHECK enum status telemetry_read_metrics(const struct telemetry *telemetry,
                                              struct metrics_snapshot *out);
MUST_CHECK enum status telemetry_read_latency(const struct telemetry *telemetry,
                                              struct latency_snapshot *out);
MUST_CHECK enum status telemetry_read_status(const struct telemetry *telemetry, struct analyser_status *out);
MUST_CHECK enum status telemetry_read_names(const struct telemetry *telemetry, struct channel_names *out);
MUST_CHECK enum status telemetry_read_patchbay(const struct telemetry *telemetry, struct patchbay *out);

#endif
