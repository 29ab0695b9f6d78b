/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/event.h"

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
    static const char *const names[] = {NULL, "state_change", "critical_event", "phi_adaptation"};
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

static bool within(float value, float low, float high)
{
    return value >= low && value <= high; /* false for NaN */
}

enum status event_check(const struct event *event)
{
    static const float two_pi = 6.2831855F;
    bool good = fabs(event->timestamp) <= 1e11; /* false for NaN */

    switch (event->kind) {
    case EVENT_STATE_CHANGE:
        good = good && sound_state_str(event->state_change.from_state) &&
               sound_state_str(event->state_change.to_state) &&
               state_trigger_str(event->state_change.trigger) && within(event->state_change.confidence, 0, 1);
        break;
    case EVENT_CRITICAL:
        good = good && within(event->critical.criticality, 0, HUGE_VALF) &&
               isfinite(event->critical.criticality) && within(event->critical.duration_ms, 0, 1e12F) &&
               within(event->critical.peak_ici, 0, 1);
        break;
    case EVENT_PHI_ADAPTATION:
        good = good && within(event->phi_adaptation.old_depth, 0, 1) &&
               within(event->phi_adaptation.new_depth, 0, 1) &&
               within(event->phi_adaptation.old_phase, 0, two_pi) &&
               within(event->phi_adaptation.new_phase, 0, two_pi) &&
               adaptation_reason_str(event->phi_adaptation.reason);
        break;
    default: good = false;
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
