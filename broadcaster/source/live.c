/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/source/live.h"

#include "shared/clock.h"
#include "shared/log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What goes to and fro is repetition; after a quiet while it is news again. */
static void forget_repetition(struct live *live)
{
    enum { QUIET_US = 10000000 };
    const uint64_t now_us = clock_now_us();
    if (now_us - live->changed_us > QUIET_US) {
        memset(live->changes, 0, sizeof live->changes);
        live->finds = 0;
    }
    live->changed_us = now_us;
}

__attribute__((format(printf, 3, 4))) static void set_state(struct live *live, enum source_state state,
                                                            const char *format, ...)
{
    char why[SOURCE_WHY_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    if (state == live->base.state && strcmp(why, live->base.why) == 0) {
        return;
    }
    live->base.state = state;
    memcpy(live->base.why, why, sizeof why);
    forget_repetition(live);
    if (!log_is_due(&live->changes[state])) {
        return;
    }
    if (state == SOURCE_STALLED && !live->has_frame) { /* it is starting; it says itself what it waits for */
        log_detail("analyser \"%s\" %s: %s", live->base.name, source_state_str(state), why);
    } else if (state == SOURCE_REFUSED) {
        log_warning("analyser \"%s\" %s: %s", live->base.name, source_state_str(state), why);
    } else {
        log_info("analyser \"%s\" %s: %s", live->base.name, source_state_str(state), why);
    }
}

static void set_ended(struct live *live)
{
    set_state(live, SOURCE_ABSENT, "the analyser has ended; waiting for phicast-jack -n %s to come back",
              live->base.name);
}

void live_init(struct live *live, const char *name, struct segment_trust trust)
{
    *live = (struct live){.base = {.kind = &live_kind, .name = name},
                          .trust = trust,
                          .segment = SEGMENT_NONE,
                          .started_us = clock_unix_us()};
}

static struct live *of(struct source *source)
{
    return (struct live *)source; /* which it begins with */
}

static void resume(struct source *source, uint64_t writer, uint64_t next)
{
    of(source)->resume_writer = writer;
    of(source)->resume_next = next;
}

static void detach(struct live *live, uint64_t next_attach_us)
{
    if (live->segment.memory) {
        live->resume_writer = live->base.writer;
        live->resume_next = live->base.event_next;
    }
    live->base.writer = 0;
    live->base.takes_commands = false;
    live->drain_until_us = 0;
    segment_close(&live->segment);
    live->next_attach_us = next_attach_us;
    live->has_frame = false;
    live->base.status_known = false;
    live->base.names = (struct channel_names){0};
    live->names_sequence = 0;
    live->base.patchbay.count = 0;
    live->base.patchbay.more = 0;
    live->patchbay_sequence = 0;
    live->base.latency = (struct latency_snapshot){0};
}

static void close_live(struct source *source)
{
    detach(of(source), 0);
}

/* One that was read from before is read on. An analyser younger than this broadcaster, or than the last one
 * that was read from, has its events read from the first on: between its start and our finding it clients may
 * already have been waiting. */
static uint64_t first_event(const struct live *live, const struct telemetry *telemetry)
{
    const uint64_t head = ring_head(&telemetry->events);
    const uint64_t writer = live->base.writer;
    if (writer == live->resume_writer) {
        return live->resume_next < head ? live->resume_next : head;
    }
    if (writer >= live->started_us || (live->resume_writer != 0 && writer > live->resume_writer)) {
        return 0;
    }
    return head;
}

/* Why there is nothing to read. */
static void set_refused(struct live *live, enum status status)
{
    char owner[SEGMENT_OWNER_MAX];
    switch (status) {
    case STATUS_NOT_FOUND:
        set_state(live, SOURCE_ABSENT, "no analyser of that name is running; start phicast-jack -n %s",
                  live->base.name);
        break;
    case STATUS_NOT_READY: set_state(live, SOURCE_ABSENT, "the analyser is starting"); break;
    case STATUS_FOREIGN:
        set_state(live, SOURCE_REFUSED,
                  "its segment " SEGMENT_PATH_FORMAT " belongs to %s; run both as the same user, or both "
                  "with the same --group",
                  live->base.name, telemetry_kind.suffix, segment_owner_str(&live->segment, owner));
        break;
    case STATUS_BAD_ABI:
        set_state(live, SOURCE_REFUSED,
                  "its segment " SEGMENT_PATH_FORMAT ": %s; install and start the same version of both",
                  live->base.name, telemetry_kind.suffix, status_str(status));
        break;
    default:
        set_state(live, SOURCE_REFUSED,
                  "its segment " SEGMENT_PATH_FORMAT ": %s; start phicast-jack again, or remove the file",
                  live->base.name, telemetry_kind.suffix, status_str(status));
    }
}

static void attach(struct live *live, uint64_t now_us)
{
    const enum status status = segment_attach(&live->segment, &telemetry_kind, live->base.name, live->trust);
    live->next_attach_us = now_us + SOURCE_RETRY_US;
    if (status) {
        set_refused(live, status);
        return;
    }
    if (!segment_alive(&live->segment)) {
        set_ended(live);
        detach(live, now_us + SOURCE_RETRY_US);
        return;
    }
    const struct telemetry *telemetry = live->segment.memory;
    live->base.writer = telemetry->header.start_time_us;
    live->base.takes_commands = live->segment.owner == geteuid(); /* our segment is for our own user alone */
    live->base.event_next = first_event(live, telemetry);
    live->refused_sequence = 0;
    live->torn_sequence = 0;
    live->last_good_us = now_us;
    live->base.attached++;
    if (log_is_due(&live->finds)) {
        log_detail("analyser \"%s\" found: pid %" PRIu32 ", generation %" PRIu64, live->base.name,
                   telemetry->header.writer_pid, telemetry->header.generation);
    }
}

/* Counts each bad snapshot once, however often it is looked at. A torn one is no fault yet: its writer may be
 * in the middle of it; only if it is still there next time has the writer stopped half-way. */
static void refuse(struct live *live, const struct telemetry *telemetry, enum status status)
{
    const uint64_t sequence = atomic_load_explicit(&telemetry->metrics_sequence, memory_order_relaxed);
    if (status == STATUS_TORN && sequence != live->torn_sequence) {
        live->torn_sequence = sequence;
        return;
    }
    if (sequence != live->refused_sequence) {
        live->refused_sequence = sequence;
        live->base.refused++;
    }
}

/* Reads the metrics if they are new. The status tells whether the newest can be believed. */
static enum status read_metrics(struct live *live, const struct telemetry *telemetry, uint64_t now_us)
{
    struct metrics_snapshot fresh;
    enum status status = telemetry_read_metrics(telemetry, &fresh);
    if (status == STATUS_OK && live->has_frame && fresh.frame < live->base.metrics.frame) {
        status = STATUS_CORRUPT; /* the number never goes back while its analyser lives */
    }
    if (status == STATUS_OK) {
        live->base.metrics = fresh;
        live->has_frame = true;
        live->last_good_us = now_us;
    } else if (status != STATUS_EMPTY) {
        refuse(live, telemetry, status);
    }
    return status;
}

/* They change seldom, and are long. */
static void read_names(struct live *live, const struct telemetry *telemetry)
{
    struct channel_names names;
    const uint64_t sequence = atomic_load_explicit(&telemetry->names_sequence, memory_order_relaxed);
    if (sequence == live->names_sequence) {
        return;
    }
    const enum status status = telemetry_read_names(telemetry, &names);
    if (status != STATUS_TORN) {
        live->names_sequence = sequence;
    }
    if (status == STATUS_OK) {
        live->base.names = names;
    }
}

static void read_patchbay(struct live *live, const struct telemetry *telemetry)
{
    struct patchbay patchbay;
    const uint64_t sequence = atomic_load_explicit(&telemetry->patchbay_sequence, memory_order_relaxed);
    if (sequence == live->patchbay_sequence) {
        return;
    }
    const enum status status = telemetry_read_patchbay(telemetry, &patchbay);
    if (status != STATUS_TORN) {
        live->patchbay_sequence = sequence;
    }
    if (status == STATUS_OK) {
        live->base.patchbay = patchbay;
    }
}

static void read_rest(struct live *live, const struct telemetry *telemetry)
{
    struct latency_snapshot latency;
    struct analyser_status analyser;
    if (telemetry_read_latency(telemetry, &latency) == STATUS_OK) {
        live->base.latency = latency;
    }
    if (telemetry_read_status(telemetry, &analyser) == STATUS_OK) {
        live->base.status = analyser;
        live->base.status_known = true;
    }
    read_names(live, telemetry);
    read_patchbay(live, telemetry);
}

static void judge(struct live *live, const struct telemetry *telemetry, enum status metrics, uint64_t now_us)
{
    const uint64_t beat = atomic_load_explicit(&telemetry->heartbeat_us, memory_order_acquire);
    if (beat == 0) {
        set_state(live, SOURCE_STALLED, "the analyser is waiting for a JACK server");
    } else if (beat > now_us + SOURCE_STALL_US) {
        set_state(live, SOURCE_REFUSED, "its heartbeat lies in the future");
    } else if (beat + SOURCE_STALL_US <= now_us) {
        set_state(live, SOURCE_STALLED,
                  "no process callback for a second; the analyser has lost its JACK server");
    } else if (metrics && metrics != STATUS_EMPTY && live->last_good_us + SOURCE_STALL_US <= now_us) {
        set_state(live, SOURCE_REFUSED, "its metrics: %s", status_str(metrics));
    } else if (!live->has_frame) {
        set_state(live, SOURCE_STALLED, "the analyser has not finished its first frame");
    } else {
        set_state(live, SOURCE_LIVE, "streaming");
    }
}

/* Whether there is nothing left to be read of a dead analyser. */
static bool is_drained(struct live *live, uint64_t now_us)
{
    const struct telemetry *telemetry = live->segment.memory;
    return now_us >= live->drain_until_us || segment_refresh(&live->segment) != STATUS_OK ||
           live->base.event_next >= ring_head(&telemetry->events);
}

static void poll_dead(struct live *live, uint64_t now_us)
{
    set_ended(live);
    if (live->drain_until_us == 0) {
        live->drain_until_us = now_us + SOURCE_DRAIN_US;
    }
    if (is_drained(live, now_us)) {
        detach(live, now_us);
    }
}

static void poll_live(struct source *source, uint64_t now_us)
{
    struct live *live = of(source);
    if (!live->segment.memory && now_us >= live->next_attach_us) {
        attach(live, now_us);
    }
    if (!live->segment.memory) {
        return;
    }
    if (!segment_alive(&live->segment)) {
        poll_dead(live, now_us);
        return;
    }
    const enum status status = segment_refresh(&live->segment);
    if (status) {
        set_refused(live, status);
        detach(live, now_us + SOURCE_RETRY_US);
        return;
    }
    const struct telemetry *telemetry = live->segment.memory;
    const enum status metrics = read_metrics(live, telemetry, now_us);
    read_rest(live, telemetry);
    judge(live, telemetry, metrics, now_us);
}

static void note_lost(struct live *live, enum status status, uint64_t lost)
{
    if (status == STATUS_OVERRUN) {
        live->base.lost_events += lost;
        log_repeated(&live->losses,
                     "events of analyser \"%s\" were overwritten before they could be read, %" PRIu64
                     " in all",
                     live->base.name, live->base.lost_events);
        return;
    }
    log_repeated(&live->base.refused_events, "event of analyser \"%s\" refused: %s", live->base.name,
                 status_str(status));
}

static enum status next_event(struct source *source, struct event *event)
{
    struct live *live = of(source);
    const struct telemetry *telemetry = live->segment.memory;
    if (!telemetry) {
        return STATUS_EMPTY;
    }
    for (int i = 0; i < RING_SLOTS; i++) { /* bounded, whatever the ring's writer does meanwhile */
        uint64_t lost = 0;
        const enum status status = event_read(&telemetry->events, &live->base.event_next, event, &lost);
        if (status == STATUS_OK || status == STATUS_EMPTY) {
            return status;
        }
        note_lost(live, status, lost);
    }
    return STATUS_EMPTY;
}

static uint32_t sound_state(const struct source *source)
{
    const struct live *live = (const struct live *)source;
    const struct telemetry *telemetry = live->segment.memory;
    uint32_t state = STATE_IDLE;
    if (!telemetry) {
        return state;
    }
    uint64_t next = live->base.event_next > RING_SLOTS ? live->base.event_next - RING_SLOTS : 0;
    bool known = false;
    for (;;) {
        struct event event;
        const bool past = next < live->base.event_next;
        const enum status status = event_read(&telemetry->events, &next, &event, NULL);
        if (status == STATUS_EMPTY || (known && !past)) {
            break;
        }
        if (status == STATUS_OK && event.kind == EVENT_STATE_CHANGE) {
            state = past ? event.state_change.to_state : event.state_change.from_state;
            known = true;
        }
    }
    return known || !live->has_frame ? state : live->base.metrics.state;
}

bool live_is_alive(const struct live *live)
{
    return segment_alive(&live->segment);
}

const struct source_kind live_kind = {
    .poll = poll_live,
    .next_event = next_event,
    .sound_state = sound_state,
    .resume = resume,
    .close = close_live,
};
