/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/event.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *name_of(const char *const *names, size_t count, uint32_t value)
{
    return value < count ? names[value] : NULL;
}

const char *event_kind_str(uint32_t kind)
{
    static const char *const names[] = {NULL, "state_change", "critical_event", "phi_adaptation", "onset"};
    return name_of(names, COUNT(names), kind);
}

const char *sound_state_str(uint32_t state)
{
    static const char *const names[] = {"idle", "ambient", "coherent", "turbulent", "critical", "offline"};
    return name_of(names, COUNT(names), state);
}

const char *state_trigger_str(uint32_t trigger)
{
    static const char *const names[] = {"signal_onset",          "signal_lost",   "ici_threshold",
                                        "criticality_threshold", "analyser_lost", "analyser_found"};
    return name_of(names, COUNT(names), trigger);
}

const char *adaptation_reason_str(uint32_t reason)
{
    static const char *const names[] = {"criticality_optimization", "coherence_tracking"};
    return name_of(names, COUNT(names), reason);
}

#define AT(member) offsetof(struct event, member)
#define TWO_PI 6.2831855F

static const struct event_field state_change_fields[] = {
    {"from_state", sound_state_str, 0, 0, AT(state_change.from_state), false},
    {"to_state", sound_state_str, 0, 0, AT(state_change.to_state), false},
    {"trigger", state_trigger_str, 0, 0, AT(state_change.trigger), false},
    {"confidence", NULL, 0, 1, AT(state_change.confidence), false},
};

static const struct event_field critical_fields[] = {
    {"criticality", NULL, 0, FLT_MAX, AT(critical.criticality), false},
    {"duration_ms", NULL, 0, 1e12F, AT(critical.duration_ms), false},
    {"peak_ici", NULL, 0, 1, AT(critical.peak_ici), false},
};

static const struct event_field adaptation_fields[] = {
    {"old_depth", NULL, 0, 1, AT(phi_adaptation.old_depth), false},
    {"new_depth", NULL, 0, 1, AT(phi_adaptation.new_depth), false},
    {"old_phase", NULL, 0, TWO_PI, AT(phi_adaptation.old_phase), false},
    {"new_phase", NULL, 0, TWO_PI, AT(phi_adaptation.new_phase), false},
    {"reason", adaptation_reason_str, 0, 0, AT(phi_adaptation.reason), false},
};

static const struct event_field onset_fields[] = {
    {"strength", NULL, 0, 1, AT(onset.strength), false},
    {"band", NULL, 0, ONSET_BAND_MAX, AT(onset.band), true},
};

const struct event_field *event_fields(uint32_t kind, size_t *count)
{
    switch (kind) {
    case EVENT_STATE_CHANGE: *count = COUNT(state_change_fields); return state_change_fields;
    case EVENT_CRITICAL: *count = COUNT(critical_fields); return critical_fields;
    case EVENT_PHI_ADAPTATION: *count = COUNT(adaptation_fields); return adaptation_fields;
    case EVENT_ONSET: *count = COUNT(onset_fields); return onset_fields;
    default: *count = 0; return NULL;
    }
}

const char *event_word(const struct event_field *field, const struct event *event)
{
    uint32_t code;
    memcpy(&code, (const char *)event + field->at, sizeof code);
    return field->word(code);
}

float event_number(const struct event_field *field, const struct event *event)
{
    float number;
    uint32_t count;
    if (field->whole) {
        memcpy(&count, (const char *)event + field->at, sizeof count);
        return (float)count;
    }
    memcpy(&number, (const char *)event + field->at, sizeof number);
    return number;
}

/* False for what is no number. */
static bool is_good(const struct event_field *field, const struct event *event)
{
    if (field->word) {
        return event_word(field, event) != NULL;
    }
    const float number = event_number(field, event);
    return number >= field->low && number <= field->high;
}

enum status event_check(const struct event *event)
{
    size_t count;
    const struct event_field *fields = event_fields(event->kind, &count);
    bool good = fields && fabs(event->timestamp) <= 1e11; /* false for NaN */
    for (size_t i = 0; i < count && good; i++) {
        good = is_good(&fields[i], event);
    }
    return good ? STATUS_OK : STATUS_CORRUPT;
}

RT_SAFE void event_push(struct ring *ring, const struct event *event)
{
    uint64_t words[RING_WORDS];
    memcpy(words, event, sizeof words);
    ring_push(ring, words);
}

enum status event_read(const struct ring *ring, uint64_t *next, struct event *event, uint64_t *lost)
{
    uint64_t words[RING_WORDS];
    const enum status status = ring_read(ring, next, words, lost);
    if (status) {
        return status;
    }
    memcpy(event, words, sizeof *event);
    return event_check(event);
}
