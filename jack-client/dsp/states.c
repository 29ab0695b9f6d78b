/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/dsp/states.h"

#include <math.h>
#include <stdlib.h>

enum { STATE_COUNT = STATE_CRITICAL + 1 };

static const double dwell_s = 0.2;
static const double idle_dwell_s = 1;
static const double share_needed = 0.75;
static const float ici_hysteresis = 0.05F;
static const float criticality_hysteresis = 0.2F;

/* How many of the last `length` frames were in each state. */
struct tally {
    uint32_t length;
    uint32_t count[STATE_COUNT];
};

struct states {
    float ici_threshold;
    float criticality_threshold;
    enum sound_state state;
    bool integrated;                /* ICI is over its threshold, */
    bool bursting;                  /* criticality over its own, with hysteresis */
    enum state_trigger trigger;     /* the one of the two that changed last */
    struct tally recent;            /* 200 ms */
    struct tally longer;            /* one second */
    uint64_t frames;                /* seen so far */
    struct critical_event critical; /* so far, while in that state */
    double critical_since;
    uint8_t past[]; /* the states of the last longer.length frames, a ring */
};

enum status states_create(const struct states_config *config, struct states **states)
{
    *states = NULL;
    if (!(config->frames_per_second > 0) || !(config->frames_per_second < 1e5) ||
        !(config->ici_threshold >= 0) || !(config->ici_threshold <= 1) ||
        !(config->criticality_threshold >= 0) || !(config->criticality_threshold <= 100)) {
        return STATUS_BAD_ARG;
    }
    const uint32_t recent = (uint32_t)fmax(1, round(dwell_s * config->frames_per_second));
    const uint32_t longer = (uint32_t)fmax(1, round(idle_dwell_s * config->frames_per_second));
    struct states *s = calloc(1, sizeof *s + longer); /* all idle */
    if (!s) {
        return STATUS_NO_MEMORY;
    }
    s->ici_threshold = (float)config->ici_threshold;
    s->criticality_threshold = (float)config->criticality_threshold;
    s->trigger = TRIGGER_SIGNAL_ONSET;
    s->recent.length = recent;
    s->longer.length = longer;
    s->recent.count[STATE_IDLE] = recent;
    s->longer.count[STATE_IDLE] = longer;
    *states = s;
    return STATUS_OK;
}

void states_destroy(struct states *states)
{
    free(states);
}

static bool over(bool was, float value, float threshold, float hysteresis)
{
    return value >= (was ? threshold - hysteresis : threshold);
}

/* The state that this frame alone would call for. */
static enum sound_state judge(struct states *s, const struct states_frame *frame)
{
    if (!frame->active) {
        s->integrated = s->bursting = false;
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

static void count_frame(struct states *s, struct tally *tally, enum sound_state now)
{
    const uint32_t ring = s->longer.length;
    const uint32_t leaving = (uint32_t)((s->frames + ring - tally->length) % ring);
    tally->count[s->past[leaving]]--;
    tally->count[now]++;
}

static void remember(struct states *s, enum sound_state now)
{
    count_frame(s, &s->recent, now);
    count_frame(s, &s->longer, now);
    s->past[s->frames % s->longer.length] = (uint8_t)now;
    s->frames++;
}

static float share_of(const struct states *s, enum sound_state state)
{
    const struct tally *tally = state == STATE_IDLE ? &s->longer : &s->recent;
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
        s->critical.duration_ms = (float)fmax(0, 1000 * (frame->timestamp - s->critical_since));
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
    remember(s, now);
    if (s->state == STATE_CRITICAL) {
        follow_critical(s, frame);
    }
    const float share = share_of(s, now);
    if (now == s->state || (double)share < share_needed) {
        return 0;
    }
    return change(s, frame, now, share, events);
}
