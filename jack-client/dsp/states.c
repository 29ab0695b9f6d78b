/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/dsp/states.h"

#include <math.h>
#include <string.h>

static const double dwell_s = 0.2;
static const double idle_dwell_s = 1;
static const double share_needed = 0.75;
static const float ici_hysteresis = 0.05F;
static const float criticality_hysteresis = 0.2F;

static struct states_tally tally_of(double seconds, double frames_per_second, enum sound_state state)
{
    struct states_tally tally = {.length = (uint32_t)fmax(1, round(seconds * frames_per_second))};
    tally.count[state] = tally.length;
    return tally;
}

enum status states_prepare(struct states *s, const struct states_config *config)
{
    const double rate = config->frames_per_second;
    if (!(rate > 0) || !(rate <= STATES_FRAMES_MAX) || !(config->ici_threshold >= 0) ||
        !(config->ici_threshold <= STATES_ICI_MAX) || !(config->criticality_threshold >= 0) ||
        !(config->criticality_threshold <= STATES_CRITICALITY_MAX)) {
        return STATUS_BAD_ARG;
    }
    s->ici_threshold = (float)config->ici_threshold;
    s->criticality_threshold = (float)config->criticality_threshold;
    s->frame_ms = 1000 / rate;
    s->recent = tally_of(dwell_s, rate, s->state);
    s->longer = tally_of(idle_dwell_s, rate, s->state);
    s->at = 0;
    memset(s->past, (int)s->state, sizeof s->past);
    return STATUS_OK;
}

static bool over(bool was, float value, float threshold, float hysteresis)
{
    return value >= (was ? threshold - hysteresis : threshold);
}

/* The state that this frame alone would call for. */
static enum sound_state judge(struct states *s, const struct states_frame *frame)
{
    if (!frame->active) {
        return STATE_IDLE;
    }
    const bool integrated = over(s->integrated, frame->ici, s->ici_threshold, ici_hysteresis);
    const bool bursting =
        over(s->bursting, frame->criticality, s->criticality_threshold, criticality_hysteresis);
    if (bursting != s->bursting) {
        s->trigger = TRIGGER_CRITICALITY_THRESHOLD;
    }
    if (integrated != s->integrated) {
        s->trigger = TRIGGER_ICI_THRESHOLD;
    }
    s->integrated = integrated;
    s->bursting = bursting;
    if (integrated) {
        return bursting ? STATE_CRITICAL : STATE_COHERENT;
    }
    return bursting ? STATE_TURBULENT : STATE_AMBIENT;
}

static void count_frame(const struct states *s, struct states_tally *tally, enum sound_state now)
{
    const uint32_t ring = s->longer.length;
    tally->count[s->past[(s->at + ring - tally->length) % ring]]--;
    tally->count[now]++;
}

static void remember(struct states *s, enum sound_state now)
{
    count_frame(s, &s->recent, now);
    count_frame(s, &s->longer, now);
    s->past[s->at] = (uint8_t)now;
    s->at = (s->at + 1) % s->longer.length;
}

static float share_of(const struct states *s, enum sound_state state)
{
    const struct states_tally *tally = state == STATE_IDLE ? &s->longer : &s->recent;
    return (float)tally->count[state] / (float)tally->length;
}

static void follow_critical(struct states *s, const struct states_frame *frame)
{
    s->critical.criticality = fmaxf(s->critical.criticality, frame->criticality);
    s->critical.peak_ici = fmaxf(s->critical.peak_ici, frame->ici);
}

static uint32_t change(struct states *s, const struct states_frame *frame, enum sound_state to, float share,
                       struct event *events)
{
    uint32_t count = 0;
    if (s->state == STATE_CRITICAL) {
        s->critical.duration_ms = (float)s->critical_ms;
        events[count++] =
            (struct event){.kind = EVENT_CRITICAL, .timestamp = s->critical_since, .critical = s->critical};
    }
    const enum state_trigger trigger = to == STATE_IDLE         ? TRIGGER_SIGNAL_LOST
                                       : s->state == STATE_IDLE ? TRIGGER_SIGNAL_ONSET
                                                                : s->trigger;
    events[count++] = (struct event){
        .kind = EVENT_STATE_CHANGE,
        .timestamp = frame->timestamp,
        .state_change = {.from_state = s->state, .to_state = to, .trigger = trigger, .confidence = share},
    };
    if (to == STATE_CRITICAL) {
        s->critical_since = frame->timestamp;
        s->critical_ms = 0;
        s->critical = (struct critical_event){0};
        follow_critical(s, frame);
    }
    s->state = to;
    return count;
}

uint32_t states_frame(struct states *s, const struct states_frame *frame,
                      struct event events[STATES_EVENTS_MAX])
{
    const enum sound_state now = judge(s, frame);
    uint32_t count = 0;
    remember(s, now);
    if (s->state == STATE_CRITICAL) {
        s->critical_ms += s->frame_ms; /* not by the clock, which may be set meanwhile */
        follow_critical(s, frame);
    }
    const float share = share_of(s, now);
    if (now != s->state && (double)share >= share_needed) {
        count = change(s, frame, now, share, events);
    }
    if (now == STATE_IDLE && s->state == STATE_IDLE) {
        s->integrated = s->bursting = false;
    }
    return count;
}
