/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/metric.h"

#include <float.h>
#include <string.h>

#define FRAME(field) offsetof(struct metrics_snapshot, field)
#define CHANNEL(field) offsetof(struct channel_metrics, field)
#define LATENCY(field) offsetof(struct latency_report, field)

/* clang-format off */
const struct metric frame_metric[FRAME_METRICS] = {
    {"frame", NULL, METRIC_SERIAL, FRAME(frame), "", 0, DBL_MAX, 0, 65536,
     "number of the analysis frame; never goes back while the analyser lives"},
    {"timestamp", NULL, METRIC_TIME, FRAME(timestamp), "s", -1e11, 1e11, 0, 1e11,
     "Unix time at which the sound at the window's centre was at the input"},
    {"ici", "ici", METRIC_FLOAT, FRAME(ici), "", 0, 1, 0, 1,
     "how much the channels agree in phase: identical 1, independent 0.5, in antiphase 0"},
    {"criticality", "criticality", METRIC_FLOAT, FRAME(criticality), "", 0, (double)FLT_MAX, 0, 4,
     "how much the power varies: steady tone 0, stationary noise 1, drum loops 2 to 4"},
    {"phase_coherence", "phase_coherence", METRIC_FLOAT, FRAME(phase_coherence), "", 0, 1, 0, 1,
     "what is left of the channels' amplitude when they are added: identical 1, in antiphase 0"},
    {"spectral_centroid", "spectral_centroid", METRIC_FLOAT, FRAME(spectral_centroid), "Hz", 0, 1e7, 0, 10000,
     "centre of the spectrum: the sound's brightness"},
    {"phi_depth", "phi/depth", METRIC_FLOAT, FRAME(phi_depth), "", 0, 1, 0, 1,
     "depth of the breathing"},
    {"phi_phase", "phi/phase", METRIC_FLOAT, FRAME(phi_phase), "rad", 0, 6.2831855, 0, 6.283185307179586,
     "phase of the breathing"},
    {"phi_breathing_active", "phi/breathing", METRIC_FLAG, FRAME(phi_breathing_active), "", 0, 1, 0, 1,
     "whether it breathes"},
    {"active_channels", "active_channels", METRIC_COUNT, FRAME(active_channels), "", 0, CHANNELS_MAX, 0, CHANNELS_MAX,
     "channels that are above the gate"},
};

const struct metric channel_metric[CHANNEL_METRICS] = {
    {"frequency", "frequency", METRIC_FLOAT, CHANNEL(frequency), "Hz", 0, 1e7, 0, 10000,
     "of the channel's strongest sinusoid; 0 when inactive"},
    {"amplitude", "amplitude", METRIC_FLOAT, CHANNEL(amplitude), "", 0, (double)FLT_MAX, 0, 1,
     "of that sinusoid, full scale is 1; 0 when inactive"},
    {"phase", "phase", METRIC_FLOAT, CHANNEL(phase), "rad", -3.1415928, 3.1415928, -3.141592653589793, 3.141592653589793,
     "of that sinusoid, at the window's centre; 0 when inactive"},
    {"active", "active", METRIC_FLAG, CHANNEL(active), "", 0, 1, 0, 1,
     "whether the channel is above the gate"},
};

const struct metric latency_metric[LATENCY_METRICS] = {
    {"timestamp", NULL, METRIC_TIME, LATENCY(timestamp), "s", -1e11, 1e11, 0, 1e11,
     "Unix time at which this was so"},
    {"total_latency_ms", NULL, METRIC_DOUBLE, LATENCY(total_ms), "ms", 0, 1e10, 0, 200,
     "from the sound at the input to the message on its way"},
    {"hardware_latency_ms", NULL, METRIC_DOUBLE, LATENCY(hardware_ms), "ms", 0, 1e9, 0, 100,
     "from the input to JACK: what its graph reports, and what a calibration has found beyond that"},
    {"software_latency_ms", NULL, METRIC_DOUBLE, LATENCY(software_ms), "ms", -1e10, 1e10, 0, 100,
     "from JACK to the message on its way; below 0 when a period brings more than half a window"},
    {"buffer_latency_ms", NULL, METRIC_DOUBLE, LATENCY(buffer_ms), "ms", 0, 1e9, 0, 100,
     "one of JACK's periods"},
    {"jitter_ms", NULL, METRIC_DOUBLE, LATENCY(jitter_ms), "ms", 0, 1e9, 0, 10,
     "standard deviation of the callback's wake-up over the last 10 s"},
    {"calibrated", NULL, METRIC_FLAG, LATENCY(calibrated), "", 0, 1, 0, 1,
     "whether the hardware's latency has been measured"},
    {"compensation_ms", NULL, METRIC_DOUBLE, LATENCY(compensation_ms), "ms", 0, 1e9, 0, 100,
     "by how much timestamps are moved back to the input"},
};
/* clang-format on */

uint64_t metric_serial(const struct metric *metric, const void *snapshot)
{
    uint64_t serial;
    memcpy(&serial, (const char *)snapshot + metric->at, sizeof serial);
    return serial;
}

double metric_read(const struct metric *metric, const void *snapshot)
{
    const char *place = (const char *)snapshot + metric->at;
    uint32_t count;
    double wide;
    float number;
    switch (metric->type) {
    case METRIC_FLOAT: memcpy(&number, place, sizeof number); return (double)number;
    case METRIC_DOUBLE:
    case METRIC_TIME: memcpy(&wide, place, sizeof wide); return wide;
    case METRIC_SERIAL: return (double)metric_serial(metric, snapshot);
    default: memcpy(&count, place, sizeof count); return (double)count;
    }
}

bool metrics_in_range(const struct metric *metric, size_t count, const void *snapshot)
{
    for (size_t i = 0; i < count; i++) {
        const double value = metric_read(&metric[i], snapshot);
        if (!(value >= metric[i].low && value <= metric[i].high)) { /* so for NaN */
            return false;
        }
    }
    return true;
}

size_t metric_find(const struct metric *metric, size_t count, const char *name)
{
    size_t i = 0;
    while (i < count && strcmp(metric[i].name, name) != 0) {
        i++;
    }
    return i;
}
