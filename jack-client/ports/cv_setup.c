/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/dsp/onsets.h"
#include "jack-client/ports/cv.h"
#include "shared/metric.h"

#include <math.h>

/* One more: the number at `at` of a snapshot, of that row of metric.c. */
static struct cv_voltage *add(struct cv *cv, jack_port_t **port, const struct metric *metric, size_t at)
{
    struct cv_voltage *voltage = &cv->voltage[cv->count++];
    *voltage = (struct cv_voltage){
        .port = port, .at = at, .low = (float)metric->usual_low, .high = (float)metric->usual_high};
    return voltage;
}

static struct cv_voltage *add_of_frame(struct cv *cv, struct ports *ports, enum cv_port port,
                                       const char *name)
{
    const struct metric *metric = &frame_metric[metric_find(frame_metric, FRAME_METRICS, name)];
    return add(cv, &ports->cv_port[port], metric, metric->at);
}

static void add_levels(struct cv *cv, struct ports *ports)
{
    const struct metric *rms = &level_metric[metric_find(level_metric, LEVEL_METRICS, "rms")];
    for (uint32_t i = 0; i < ports->channels; i++) {
        (void)add(cv, &ports->cv_level[i], rms,
                  offsetof(struct metrics_snapshot, requested.level) + i * sizeof(struct level_metrics) +
                      rms->at);
    }
}

static void add_bands(struct cv *cv, struct ports *ports)
{
    for (uint32_t i = 0; i < ports->bands; i++) {
        (void)add(cv, &ports->cv_band[i], &band_metric[0],
                  offsetof(struct metrics_snapshot, requested.band) + i * sizeof(float));
    }
}

void cv_prepare(struct cv *cv, struct ports *ports, const struct analysis_config *config)
{
    *cv = (struct cv){
        .hop = config->hop,
        .lag = analysis_lag(config),
        .trigger = (uint32_t)lround(CV_TRIGGER_SECONDS * config->sample_rate),
        .done = config->hop,
    };
    (void)add_of_frame(cv, ports, CV_ICI, "ici");
    (void)add_of_frame(cv, ports, CV_CRITICALITY, "criticality");
    (void)add_of_frame(cv, ports, CV_COHERENCE, "phase_coherence");
    struct cv_voltage *centroid = add_of_frame(cv, ports, CV_CENTROID, "spectral_centroid");
    centroid->low = CV_CENTROID_LOW;
    centroid->high = CV_CENTROID_HIGH;
    centroid->logarithmic = true;
    if (ports->cv_parts & PART_LEVELS) {
        add_levels(cv, ports);
    }
    if (ports->cv_parts & PART_BANDS) {
        add_bands(cv, ports);
    }
    const uint32_t late = cv->lag + cv->hop;
    ports->cv_delay = (struct cv_delay){
        .frame = config->window / 2 + late,
        .level = config->hop / 2 + late,
        .onset = (uint32_t)lround(onsets_before(config->window, config->hop)) + cv->lag,
    };
}
