/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/metric.h"

#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAME(field) offsetof(struct metrics_snapshot, field)
#define CHANNEL(field) offsetof(struct channel_metrics, field)
#define LEVEL(field) offsetof(struct level_metrics, field)
#define REQUESTED(field) offsetof(struct requested_metrics, field)
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
    {"frequency", "channel/N/frequency", METRIC_FLOAT, CHANNEL(frequency), "Hz", 0, 1e7, 0, 10000,
     "of the channel's strongest sinusoid; 0 when inactive"},
    {"amplitude", "channel/N/amplitude", METRIC_FLOAT, CHANNEL(amplitude), "", 0, (double)FLT_MAX, 0, 1,
     "of that sinusoid, full scale is 1; 0 when inactive"},
    {"phase", "channel/N/phase", METRIC_FLOAT, CHANNEL(phase), "rad", -3.1415928, 3.1415928, -3.141592653589793, 3.141592653589793,
     "of that sinusoid, at the window's centre; 0 when inactive"},
    {"active", "channel/N/active", METRIC_FLAG, CHANNEL(active), "", 0, 1, 0, 1,
     "whether the channel is above the gate"},
};

const struct metric level_metric[LEVEL_METRICS] = {
    {"rms", "level/N/rms", METRIC_FLOAT, LEVEL(rms), "", 0, (double)FLT_MAX, 0, 0.5,
     "root of the mean square of the samples since the last frame, full scale is 1: a sine of amplitude A gives 0.707 A"},
    {"peak", "level/N/peak", METRIC_FLOAT, LEVEL(peak), "", 0, (double)FLT_MAX, 0, 1,
     "true peak (ITU-R BS.1770), full scale is 1; falls back within 300 ms"},
    {"clipped", "level/N/clipped", METRIC_SERIAL, LEVEL(clipped), "", 0, DBL_MAX, 0, 1000,
     "samples at or above full scale since levels were first asked for"},
};

const struct metric band_metric[BAND_METRICS] = {
    {"band", "band/B", METRIC_FLOAT, 0, "", 0, (double)FLT_MAX, 0, 0.3,
     "level of one band of all active channels together, from the lowest on; falls back within 120 ms"},
};

const struct metric channel_band_metric[BAND_METRICS] = {
    {"band", "channel/N/band/B", METRIC_FLOAT, 0, "", 0, (double)FLT_MAX, 0, 0.3,
     "the same of one channel, with --bands-per-channel"},
};

const struct metric onset_metric[ONSET_METRICS] = {
    {"onset_strength", "onset_strength", METRIC_FLOAT, REQUESTED(onset_strength), "", 0, 1, 0, 1,
     "jumps to the strength of each onset, and falls back within 120 ms"},
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

#define SNAPSHOT(field) offsetof(struct metrics_snapshot, field)

const struct metric_group metric_group[METRIC_GROUPS] = {
    {frame_metric, FRAME_METRICS, 0, NULL, "", 0, 0, 0},
    {channel_metric, CHANNEL_METRICS, 0, "channel_metrics", "channel_", SNAPSHOT(channel),
     sizeof(struct channel_metrics), 0},
    {level_metric, LEVEL_METRICS, PART_LEVELS, "levels", "level_", SNAPSHOT(requested.level),
     sizeof(struct level_metrics), 0},
    {band_metric, BAND_METRICS, PART_BANDS, "bands", "", SNAPSHOT(requested.band), 0, sizeof(float)},
    {channel_band_metric, BAND_METRICS, PART_CHANNEL_BANDS, "channel_bands", "channel_",
     SNAPSHOT(requested.channel_band), BANDS_MAX * sizeof(float), sizeof(float)},
    {onset_metric, ONSET_METRICS, PART_ONSETS, NULL, "", SNAPSHOT(requested), 0, 0},
};
/* clang-format on */

RT_SAFE uint64_t metric_serial(const struct metric *metric, const void *snapshot)
{
    uint64_t serial;
    memcpy(&serial, (const char *)snapshot + metric->at, sizeof serial);
    return serial;
}

RT_SAFE double metric_read(const struct metric *metric, const void *snapshot)
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

void metric_write(const struct metric *metric, void *snapshot, double value)
{
    char *place = (char *)snapshot + metric->at;
    const float number = (float)value;
    const bool is_whole = value >= 0 && value <= (double)UINT32_MAX;
    const uint32_t count = is_whole ? (uint32_t)value : 0;
    const uint64_t serial = value >= 0 && value < 0x1p63 ? (uint64_t)value : 0;
    switch (metric->type) {
    case METRIC_FLOAT: memcpy(place, &number, sizeof number); break;
    case METRIC_DOUBLE:
    case METRIC_TIME: memcpy(place, &value, sizeof value); break;
    case METRIC_SERIAL: memcpy(place, &serial, sizeof serial); break;
    default: memcpy(place, &count, sizeof count); break;
    }
}

struct metric_extent metric_extent(const struct metric_group *group, const struct metrics_snapshot *snapshot)
{
    return (struct metric_extent){group->channel_step ? snapshot->channel_count : 1,
                                  group->band_step ? snapshot->band_count : 1};
}

const void *metric_struct(const struct metric_place *place, const struct metrics_snapshot *snapshot)
{
    const struct metric_group *group = place->group;
    return (const char *)snapshot + group->at + place->channel * group->channel_step +
           place->band * group->band_step;
}

double metric_value(const struct metric_place *place, const struct metrics_snapshot *snapshot)
{
    const struct metric_extent extent = metric_extent(place->group, snapshot);
    return place->channel < extent.channels && place->band < extent.bands
               ? metric_read(place->metric, metric_struct(place, snapshot))
               : 0;
}

/* From that group on, the first that has anything. */
static bool enter_group(struct metric_place *place, const struct metric_group *group,
                        const struct metrics_snapshot *snapshot, uint32_t parts)
{
    for (; group < metric_group + METRIC_GROUPS; group++) {
        const struct metric_extent extent = metric_extent(group, snapshot);
        if ((group->part == 0 || (group->part & parts)) && extent.channels > 0 && extent.bands > 0) {
            *place = (struct metric_place){.group = group, .metric = group->metric};
            return true;
        }
    }
    return false;
}

bool metric_next(struct metric_place *place, const struct metrics_snapshot *snapshot, uint32_t parts)
{
    if (!place->group) {
        return enter_group(place, metric_group, snapshot, parts);
    }
    const struct metric_extent extent = metric_extent(place->group, snapshot);
    place->band++;
    if (place->band == extent.bands) {
        place->band = 0;
        place->channel++;
    }
    return place->channel < extent.channels || enter_group(place, place->group + 1, snapshot, parts);
}

bool metric_groups_in_range(const struct metrics_snapshot *snapshot)
{
    struct metric_place place = {0};
    while (metric_next(&place, snapshot, snapshot->parts)) {
        if (!metrics_in_range(place.group->metric, place.group->count, metric_struct(&place, snapshot))) {
            return false;
        }
    }
    return true;
}

/* --- addresses --- */

static bool is_number(const char *segment, char letter)
{
    return segment[0] == letter && (segment[1] == '/' || segment[1] == '\0');
}

const char *metric_address(const struct metric_place *place, char out[METRIC_ADDRESS_MAX])
{
    size_t used = 0;
    for (const char *c = place->metric->address; *c && used + 1 < METRIC_ADDRESS_MAX; c++) {
        const bool channel = is_number(c, 'N');
        if (channel || is_number(c, 'B')) {
            used += (size_t)snprintf(out + used, METRIC_ADDRESS_MAX - used, "%u",
                                     1 + (channel ? place->channel : place->band));
        } else {
            out[used++] = *c;
        }
    }
    out[used] = '\0';
    return out;
}

/* Reads a number from 1 to most, or a star, at *text, and moves on behind it. */
static bool take_number(const char **text, uint32_t most, uint32_t *first, uint32_t *last)
{
    char *end;
    if (**text == '*') {
        *first = 0;
        *last = most - 1;
        ++*text;
        return true;
    }
    const unsigned long value = **text >= '1' && **text <= '9' ? strtoul(*text, &end, 10) : 0;
    if (value < 1 || value > most) {
        return false;
    }
    *first = *last = (uint32_t)value - 1;
    *text = end;
    return true;
}

static bool fits(const char *text, const char *address, struct metric_place *first, struct metric_place *last)
{
    for (; *address; address++) {
        bool good = true;
        if (is_number(address, 'N')) {
            good = take_number(&text, CHANNELS_MAX, &first->channel, &last->channel);
        } else if (is_number(address, 'B')) {
            good = take_number(&text, BANDS_MAX, &first->band, &last->band);
        } else {
            good = *text++ == *address;
        }
        if (!good) {
            return false;
        }
    }
    return *text == '\0';
}

bool metric_choose(const char *name, struct metric_place *first, struct metric_place *last)
{
    for (size_t g = 0; g < METRIC_GROUPS; g++) {
        const struct metric_group *group = &metric_group[g];
        for (size_t m = 0; m < group->count; m++) {
            const struct metric *metric = &group->metric[m];
            *first = *last = (struct metric_place){.group = group, .metric = metric};
            const bool single = !group->channel_step && !group->band_step;
            if (metric->address &&
                ((single && strcmp(name, metric->name) == 0) || fits(name, metric->address, first, last))) {
                return true;
            }
        }
    }
    return false;
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
