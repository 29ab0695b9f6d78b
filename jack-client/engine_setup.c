/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/engine.h"

static void begin_breathing(struct engine *e, const struct engine_config *config)
{
    breathing_init(&e->breathing, config->analysis.sample_rate, config->analysis.channels);
    breathing_set_depth(&e->breathing, config->phi_depth);
    breathing_set_phase(&e->breathing, config->phi_phase);
    breathing_set_rate(&e->breathing, config->phi_rate);
    breathing_set_on(&e->breathing, config->breathing);
    auto_phi_set_on(&e->auto_phi, &e->breathing, config->auto_phi);
}

enum status engine_prepare(struct engine *e, const struct engine_config *config)
{
    const struct analysis_config *analysis = &config->analysis;
    enum status status = analysis_create(analysis, &e->analysis);
    if (status == STATUS_OK) {
        const struct states_config states = {
            .frames_per_second = (double)analysis->sample_rate / analysis->hop,
            .ici_threshold = config->ici_threshold,
            .criticality_threshold = config->criticality_threshold,
        };
        status = states_prepare(&e->states, &states);
    }
    if (status) {
        engine_release(e);
        return status;
    }
    e->first_frame = e->next_frame; /* a new analysis counts from 0 again */
    e->channels = analysis->channels;
    e->window = analysis->window;
    e->hop_s = (double)analysis->hop / analysis->sample_rate;
    e->half_window_s = 0.5 * analysis->window / analysis->sample_rate;
    e->always = config->always;
    engine_want(e, 0);
    if (e->breathing.channels == 0) {
        begin_breathing(e, config);
    }
    /* Whatever was gliding arrives here, at a start as well: there is no sound yet. */
    breathing_resume(&e->breathing, analysis->sample_rate, analysis->channels);
    if (config->gain) {
        breathing_add_gain(&e->breathing);
    }
    return STATUS_OK;
}

void engine_release(struct engine *e)
{
    analysis_destroy(e->analysis);
    e->analysis = NULL;
}
