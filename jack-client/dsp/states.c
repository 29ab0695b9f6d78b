/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/dsp/states.h"

#include <math.h>

static const double dwell_s = 0.2;
static const double idle_dwell_s = 1;
static const double share_needed = 0.75;
static const float ici_hysteresis = 0.05F;
static const float criticality_hysteresis = 0.2F;
static const float clear_level_db = 20; /* this far from the gate, nothing could be clearer */

enum { MARK_MAX = 255 };

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
    for (uint32_t i = 0; i < s->longer.length; i++) {
        s->past[i] = (struct states_mark){.state = (uint8_t)s->state};
    }
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

/* The share of the way from the threshold to the extreme. */
static uint8_t beyond(float value, float threshold, float extreme)
{
    const float way = extreme - threshold;
    const float share = way != 0 ? (value - threshold) / way : 1;
    return (uint8_t)(fminf(fmaxf(share, 0), 1) * MARK_MAX + 0.5F);
}

static struct states_mark mark_of(const struct states *s, const struct states_frame *frame,
                                  enum sound_state now)
{
    const bool idle = now == STATE_IDLE;
    const float level_db = 10 * log10f(frame->over_gate); /* -infinity is a level, too */
    return (struct states_mark){
        .state = (uint8_t)now,
        .beyond = {
            [QUANTITY_LEVEL] = beyond(level_db, 0, idle ? -clear_level_db : clear_level_db),
            [QUANTITY_ICI] = beyond(frame->ici, s->ici_threshold, s->integrated),
            [QUANTITY_CRITICALITY] = beyond(frame->criticality, s->criticality_threshold,
                                            s->bursting ? 2 * s->criticality_threshold : 0),
        }};
}

static void count_frame(const struct states *s, struct states_tally *tally, const struct states_mark *now)
{
    const uint32_t ring = s->longer.length;
    const struct states_mark *gone = &s->past[(s->at + ring - tally->length) % ring];
    tally->count[gone->state]--;
    tally->count[now->state]++;
    for (int i = 0; i < QUANTITIES; i++) {
        tally->beyond[gone->state][i] -= gone->beyond[i];
        tally->beyond[now->state][i] += now->beyond[i];
    }
}

static void remember(struct states *s, const struct states_mark *now)
{
    count_frame(s, &s->recent, now);
    count_frame(s, &s->longer, now);
    s->past[s->at] = *now;
    s->at = (s->at + 1) % s->longer.length;
}

/* The frames that a state has to hold in. */
static const struct states_tally *dwell_of(const struct states *s, enum sound_state state)
{
    return state == STATE_IDLE ? &s->longer : &s->recent;
}

static bool holds(const struct states *s, enum sound_state state)
{
    const struct states_tally *tally = dwell_of(s, state);
    return tally->count[state] >= share_needed * tally->length;
}

static float confidence_of(const struct states *s, enum sound_state state, enum state_trigger trigger)
{
    const struct states_tally *tally = dwell_of(s, state);
    const enum states_quantity by = trigger == TRIGGER_ICI_THRESHOLD           ? QUANTITY_ICI
                                    : trigger == TRIGGER_CRITICALITY_THRESHOLD ? QUANTITY_CRITICALITY
                                                                               : QUANTITY_LEVEL;
    const double most = (double)tally->count[state] * MARK_MAX;
    return (float)(0.5 + 0.5 * tally->beyond[state][by] / most);
}

static void follow_critical(struct states *s, const struct states_frame *frame)
{
    s->critical.criticality = fmaxf(s->critical.criticality, frame->criticality);
    s->critical.peak_ici = fmaxf(s->critical.peak_ici, frame->ici);
}

static uint32_t change(struct states *s, const struct states_frame *frame, enum sound_state to,
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
        .state_change = {.from_state = s->state,
                         .to_state = to,
                         .trigger = trigger,
                         .confidence = confidence_of(s, to, trigger)},
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

RT_SAFE uint32_t states_frame(struct states *s, const struct states_frame *frame,
                              struct event events[STATES_EVENTS_MAX])
{
    const enum sound_state now = judge(s, frame);
    const struct states_mark mark = mark_of(s, frame, now);
    uint32_t count = 0;
    remember(s, &mark);
    if (s->state == STATE_CRITICAL) {
        s->critical_ms += s->frame_ms; /* not by the clock, which may be set meanwhile */
        follow_critical(s, frame);
    }
    if (now != s->state && holds(s, now)) {
        count = change(s, frame, now, events);
    }
    if (now == STATE_IDLE && s->state == STATE_IDLE) {
        s->integrated = s->bursting = false;
    }
    return count;
}
