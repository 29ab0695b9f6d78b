/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/source/source.h"

#include "shared/clock.h"
#include "shared/log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

const char *source_state_str(enum source_state state)
{
    static const char *const names[] = {"absent", "refused", "stalled", "live"};
    return names[state];
}

/* What goes to and fro is repetition; after a quiet while it is news again. */
static void be_calm(struct source *source)
{
    enum { QUIET_US = 10000000 };
    const uint64_t now_us = clock_now_us();
    if (now_us - source->changed_us > QUIET_US) {
        memset(source->changes, 0, sizeof source->changes);
        source->finds = 0;
    }
    source->changed_us = now_us;
}

__attribute__((format(printf, 3, 4))) static void set_state(struct source *source, enum source_state state,
                                                            const char *format, ...)
{
    char why[SOURCE_WHY_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    if (state == source->state && strcmp(why, source->why) == 0) {
        return;
    }
    source->state = state;
    memcpy(source->why, why, sizeof why);
    be_calm(source);
    if (!log_is_due(&source->changes[state])) {
        return;
    }
    if (state == SOURCE_STALLED &&
        !source->has_frame) { /* it is starting; it says itself what it waits for */
        log_detail("analyser \"%s\" %s: %s", source->name, source_state_str(state), why);
    } else if (state == SOURCE_REFUSED) {
        log_warning("analyser \"%s\" %s: %s", source->name, source_state_str(state), why);
    } else {
        log_info("analyser \"%s\" %s: %s", source->name, source_state_str(state), why);
    }
}

static void set_ended(struct source *source)
{
    set_state(source, SOURCE_ABSENT, "the analyser has ended; waiting for phicast-jack -n %s to come back",
              source->name);
}

void source_init(struct source *source, const char *name, struct segment_trust trust)
{
    *source =
        (struct source){.name = name, .trust = trust, .segment = SEGMENT_NONE, .started_us = clock_unix_us()};
}

void source_resume(struct source *source, uint64_t writer, uint64_t next)
{
    source->resume_writer = writer;
    source->resume_next = next;
}

uint64_t source_writer(const struct source *source)
{
    return source->segment.memory ? source->writer : 0;
}

static void detach(struct source *source, uint64_t next_attach_us)
{
    if (source->segment.memory) {
        source_resume(source, source->writer, source->event_next);
    }
    source->drain_until_us = 0;
    segment_close(&source->segment);
    source->next_attach_us = next_attach_us;
    source->has_frame = false;
    source->status_known = false;
    source->latency = (struct latency_snapshot){0};
}

void source_close(struct source *source)
{
    detach(source, 0);
}

/* One that was read from before is read on. An analyser younger than this broadcaster, or than the last one
 * that was read from, has its events read from the first on: between its start and our finding it clients may
 * already have been waiting. */
static uint64_t first_event(const struct source *source, const struct telemetry *telemetry)
{
    const uint64_t head = ring_head(&telemetry->events);
    const uint64_t writer = source->writer;
    if (writer == source->resume_writer) {
        return source->resume_next < head ? source->resume_next : head;
    }
    if (writer >= source->started_us || (source->resume_writer != 0 && writer > source->resume_writer)) {
        return 0;
    }
    return head;
}

/* Why there is nothing to read. */
static void set_refused(struct source *source, enum status status)
{
    char owner[SEGMENT_OWNER_MAX];
    switch (status) {
    case STATUS_NOT_FOUND:
        set_state(source, SOURCE_ABSENT, "no analyser of that name is running; start phicast-jack -n %s",
                  source->name);
        break;
    case STATUS_NOT_READY: set_state(source, SOURCE_ABSENT, "the analyser is starting"); break;
    case STATUS_FOREIGN:
        set_state(source, SOURCE_REFUSED,
                  "its segment " SEGMENT_PATH_FORMAT " belongs to %s; run both as the same user, or both "
                  "with the same --group",
                  source->name, telemetry_kind.suffix, segment_owner_str(&source->segment, owner));
        break;
    case STATUS_BAD_ABI:
        set_state(source, SOURCE_REFUSED,
                  "its segment " SEGMENT_PATH_FORMAT ": %s; install and start the same version of both",
                  source->name, telemetry_kind.suffix, status_str(status));
        break;
    default:
        set_state(source, SOURCE_REFUSED,
                  "its segment " SEGMENT_PATH_FORMAT ": %s; start phicast-jack again, or remove the file",
                  source->name, telemetry_kind.suffix, status_str(status));
    }
}

static void attach(struct source *source, uint64_t now_us)
{
    const enum status status = segment_attach(&source->segment, &telemetry_kind, source->name, source->trust);
    source->next_attach_us = now_us + SOURCE_RETRY_US;
    if (status) {
        set_refused(source, status);
        return;
    }
    if (!segment_alive(&source->segment)) {
        set_ended(source);
        detach(source, now_us + SOURCE_RETRY_US);
        return;
    }
    const struct telemetry *telemetry = source->segment.memory;
    source->writer = telemetry->header.start_time_us;
    source->event_next = first_event(source, telemetry);
    source->refused_sequence = 0;
    source->torn_sequence = 0;
    source->last_good_us = now_us;
    source->attached++;
    if (log_is_due(&source->finds)) {
        log_detail("analyser \"%s\" found: pid %" PRIu32 ", generation %" PRIu64, source->name,
                   telemetry->header.writer_pid, telemetry->header.generation);
    }
}

/* Counts each bad snapshot once, however often it is looked at. A torn one is no fault yet: its writer may be
 * in the middle of it; only if it is still there next time has the writer stopped half-way. */
static void refuse(struct source *source, const struct telemetry *telemetry, enum status status)
{
    const uint64_t sequence = atomic_load_explicit(&telemetry->metrics_sequence, memory_order_relaxed);
    if (status == STATUS_TORN && sequence != source->torn_sequence) {
        source->torn_sequence = sequence;
        return;
    }
    if (sequence != source->refused_sequence) {
        source->refused_sequence = sequence;
        source->refused++;
    }
}

/* Reads the metrics if they are new. The status tells whether the newest can be believed. */
static enum status read_metrics(struct source *source, const struct telemetry *telemetry, uint64_t now_us)
{
    struct metrics_snapshot fresh;
    enum status status = telemetry_read_metrics(telemetry, &fresh);
    if (status == STATUS_OK && source->has_frame && fresh.frame < source->metrics.frame) {
        status = STATUS_CORRUPT; /* the number never goes back while its analyser lives */
    }
    if (status == STATUS_OK) {
        source->metrics = fresh;
        source->has_frame = true;
        source->last_good_us = now_us;
    } else if (status != STATUS_EMPTY) {
        refuse(source, telemetry, status);
    }
    return status;
}

static void read_rest(struct source *source, const struct telemetry *telemetry)
{
    struct latency_snapshot latency;
    struct analyser_status analyser;
    if (telemetry_read_latency(telemetry, &latency) == STATUS_OK) {
        source->latency = latency;
    }
    if (telemetry_read_status(telemetry, &analyser) == STATUS_OK) {
        source->status = analyser;
        source->status_known = true;
    }
}

static void judge(struct source *source, const struct telemetry *telemetry, enum status metrics,
                  uint64_t now_us)
{
    const uint64_t beat = atomic_load_explicit(&telemetry->heartbeat_us, memory_order_acquire);
    if (beat == 0) {
        set_state(source, SOURCE_STALLED, "the analyser is waiting for a JACK server");
    } else if (beat > now_us + SOURCE_STALL_US) {
        set_state(source, SOURCE_REFUSED, "its heartbeat lies in the future");
    } else if (beat + SOURCE_STALL_US <= now_us) {
        set_state(source, SOURCE_STALLED,
                  "no process callback for a second; the analyser has lost its JACK server");
    } else if (metrics && metrics != STATUS_EMPTY && source->last_good_us + SOURCE_STALL_US <= now_us) {
        set_state(source, SOURCE_REFUSED, "its metrics: %s", status_str(metrics));
    } else if (!source->has_frame) {
        set_state(source, SOURCE_STALLED, "the analyser has not finished its first frame");
    } else {
        set_state(source, SOURCE_LIVE, "streaming");
    }
}

/* Whether there is nothing left to be read of a dead analyser. */
static bool is_drained(struct source *source, uint64_t now_us)
{
    const struct telemetry *telemetry = source->segment.memory;
    return now_us >= source->drain_until_us || segment_refresh(&source->segment) != STATUS_OK ||
           source->event_next >= ring_head(&telemetry->events);
}

static void poll_dead(struct source *source, uint64_t now_us)
{
    set_ended(source);
    if (source->drain_until_us == 0) {
        source->drain_until_us = now_us + SOURCE_DRAIN_US;
    }
    if (is_drained(source, now_us)) {
        detach(source, now_us);
    }
}

void source_poll(struct source *source, uint64_t now_us)
{
    if (!source->segment.memory && now_us >= source->next_attach_us) {
        attach(source, now_us);
    }
    if (!source->segment.memory) {
        return;
    }
    if (!segment_alive(&source->segment)) {
        poll_dead(source, now_us);
        return;
    }
    const enum status status = segment_refresh(&source->segment);
    if (status) {
        set_refused(source, status);
        detach(source, now_us + SOURCE_RETRY_US);
        return;
    }
    const struct telemetry *telemetry = source->segment.memory;
    const enum status metrics = read_metrics(source, telemetry, now_us);
    read_rest(source, telemetry);
    judge(source, telemetry, metrics, now_us);
}

void source_frame(const struct source *source, double unix_s, struct metrics_snapshot *out)
{
    if (source->state == SOURCE_LIVE) {
        *out = source->metrics;
        return;
    }
    *out = (struct metrics_snapshot){
        .frame = source->metrics.frame,
        .timestamp = unix_s,
        .phi_depth = source->metrics.phi_depth,
        .phi_phase = source->metrics.phi_phase,
    };
}

struct latency_snapshot source_latency(const struct source *source)
{
    return source->state == SOURCE_LIVE ? source->latency : (struct latency_snapshot){0};
}

static void note_lost(struct source *source, enum status status, uint64_t lost)
{
    if (status == STATUS_OVERRUN) {
        source->lost_events += lost;
        log_repeated(&source->losses,
                     "events of analyser \"%s\" were overwritten before they could be read, %" PRIu64
                     " in all",
                     source->name, source->lost_events);
        return;
    }
    log_repeated(&source->refused_events, "event of analyser \"%s\" refused: %s", source->name,
                 status_str(status));
}

enum status source_event(struct source *source, struct event *event)
{
    const struct telemetry *telemetry = source->segment.memory;
    if (!telemetry) {
        return STATUS_EMPTY;
    }
    for (int i = 0; i < RING_SLOTS; i++) { /* bounded, whatever the ring's writer does meanwhile */
        uint64_t lost = 0;
        const enum status status = event_read(&telemetry->events, &source->event_next, event, &lost);
        if (status == STATUS_OK || status == STATUS_EMPTY) {
            return status;
        }
        note_lost(source, status, lost);
    }
    return STATUS_EMPTY;
}

uint32_t source_sound_state(const struct source *source)
{
    const struct telemetry *telemetry = source->segment.memory;
    uint32_t state = STATE_IDLE;
    if (!telemetry) {
        return state;
    }
    uint64_t next = source->event_next > RING_SLOTS ? source->event_next - RING_SLOTS : 0;
    while (next < source->event_next) {
        struct event event;
        const enum status status = event_read(&telemetry->events, &next, &event, NULL);
        if (status == STATUS_EMPTY) {
            break;
        }
        if (status == STATUS_OK && event.kind == EVENT_STATE_CHANGE) {
            state = event.state_change.to_state;
        }
    }
    return state;
}
