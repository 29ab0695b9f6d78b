/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/engine.h"

#include "jack-client/snapshot.h"

RT_SAFE void engine_pass(struct engine *e, const float *const *inputs, float *const *outputs, uint32_t count,
                         bool gap)
{
    if (gap) {
        analysis_restart_window(e->analysis);
    }
    e->block_start = analysis_position(e->analysis);
    e->block_end = e->block_start + count;
    breathing_pass(&e->breathing, inputs, outputs, count);
    analysis_feed(e->analysis, (const float *const *)outputs, count);
}

RT_SAFE void engine_want(struct engine *e, uint32_t parts)
{
    analysis_want(e->analysis, parts | e->always);
}

RT_SAFE bool engine_step(struct engine *e, struct analysis_frame *frame)
{
    return analysis_step(e->analysis, frame);
}

RT_SAFE double engine_centre(const struct engine *e, const struct analysis_frame *frame)
{
    return (double)(int64_t)(frame->end - e->block_start) - 0.5 * e->window;
}

static uint32_t add_state_events(struct engine *e, const struct metrics_snapshot *snapshot, float over_gate,
                                 struct event *events)
{
    const struct states_frame frame = {
        .timestamp = snapshot->timestamp,
        .ici = snapshot->ici,
        .criticality = snapshot->criticality,
        .over_gate = over_gate,
        .active = snapshot->active_channels > 0,
    };
    return states_frame(&e->states, &frame, events);
}

static uint32_t add_auto_phi_event(struct engine *e, const struct metrics_snapshot *snapshot,
                                   struct event *event)
{
    const struct auto_phi_frame frame = {
        .seconds = e->hop_s,
        .criticality = (double)snapshot->criticality,
        .coherence = (double)snapshot->phase_coherence,
        .phase = (double)snapshot->phi_phase,
        .active = snapshot->active_channels > 0 && !e->hold_auto_phi,
    };
    *event = (struct event){.kind = EVENT_PHI_ADAPTATION, .timestamp = snapshot->timestamp};
    return auto_phi_frame(&e->auto_phi, &e->breathing, &frame, &event->phi_adaptation) ? 1 : 0;
}

static uint32_t add_onset_event(const struct engine *e, const struct analysis_frame *frame, double timestamp,
                                struct event *event)
{
    const struct analysis_onset *onset = &frame->onset;
    if (onset->found) {
        *event = (struct event){.kind = EVENT_ONSET,
                                .timestamp = timestamp + e->half_window_s - (double)onset->seconds_before,
                                .onset = {.strength = onset->strength, .band = onset->band}};
    }
    return onset->found;
}

RT_SAFE uint32_t engine_describe(struct engine *e, const struct analysis_frame *frame, double timestamp,
                                 struct metrics_snapshot *snapshot, struct event events[ENGINE_EVENTS_MAX])
{
    snapshot_from_frame(snapshot, frame, e->channels);
    snapshot->frame += e->first_frame;
    snapshot->timestamp = timestamp;
    snapshot->phi_depth = (float)breathing_depth(&e->breathing);
    snapshot->phi_phase =
        breathing_angle(breathing_phase(&e->breathing, e->block_end - frame->end + e->window / 2));
    snapshot->phi_breathing_active = e->breathing.on;
    e->next_frame = snapshot->frame + 1;
    uint32_t count = add_state_events(e, snapshot, frame->over_gate, events);
    snapshot->state = e->states.state;
    count += add_auto_phi_event(e, snapshot, &events[count]);
    count += add_onset_event(e, frame, timestamp, &events[count]);
    for (uint32_t i = 0; i < count; i++) {
        events[i].frame = snapshot->frame;
    }
    return count;
}

RT_SAFE void engine_command(struct engine *e, const struct command *command)
{
    e->commands++;
    switch (command->kind) {
    case COMMAND_DEPTH:
        auto_phi_set_on(&e->auto_phi, &e->breathing, false);
        breathing_set_depth(&e->breathing, command->value);
        break;
    case COMMAND_PHASE:
        auto_phi_set_on(&e->auto_phi, &e->breathing, false);
        breathing_set_phase(&e->breathing, command->value);
        break;
    case COMMAND_RATE: breathing_set_rate(&e->breathing, command->value); break;
    case COMMAND_BREATHING: breathing_set_on(&e->breathing, command->value > 0.5); break;
    case COMMAND_AUTO: auto_phi_set_on(&e->auto_phi, &e->breathing, command->value > 0.5); break;
    default: break; /* calibration is no business of the engine's */
    }
}
