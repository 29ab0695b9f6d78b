/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/ports/cv.h"
#include "jack-client/ports/midi_out.h"

#include <math.h>
#include <string.h>

static struct midi_out_metric metric_of(const struct midi_out_controller *controller, bool fine)
{
    const struct metric_place *place = &controller->place;
    const struct metric *metric = place->metric;
    const bool octaves = strcmp(metric->unit, "Hz") == 0;
    return (struct midi_out_metric){
        .metric = metric,
        .at = place->group->at + place->channel * place->group->channel_step +
              place->band * place->group->band_step,
        .low = octaves ? CV_CENTROID_LOW : metric->usual_low,
        .high = octaves ? CV_CENTROID_HIGH : metric->usual_high,
        .octaves = octaves,
        .number = (uint8_t)controller->number,
        .fine = fine && controller->number < MIDI_OUT_FINE,
        .sent = MIDI_OUT_UNSENT,
    };
}

void midi_out_prepare(struct midi_out *out, const struct midi_out_map *map, struct ports *ports,
                      const struct analysis_config *config)
{
    const size_t criticality = metric_find(frame_metric, FRAME_METRICS, "criticality");
    *out = (struct midi_out){
        .channel = (uint8_t)(map->channel - 1),
        .hop = config->hop,
        .lag = analysis_lag(config),
        .interval = (config->sample_rate + MIDI_OUT_RATE - 1) / MIDI_OUT_RATE,
        .length = (uint32_t)lround(MIDI_OUT_NOTE_SECONDS * config->sample_rate),
        .criticality_high = frame_metric[criticality].usual_high,
        .count = map->count,
    };
    for (uint32_t i = 0; i < map->count; i++) {
        out->metric[i] = metric_of(&map->controller[i], map->fine);
    }
    for (uint32_t i = 0; i < MIDI_OUT_NOTES; i++) {
        out->note[i] = (uint8_t)map->note[i];
    }
    ports->midi_delay = config->window / 2 + out->lag;
}
