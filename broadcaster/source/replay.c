/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/source/replay.h"

#include "shared/clock.h"
#include "shared/log.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* How often it is looked whether there is something to do: at rest, and while the tape is waited for. */
enum { REST_US = 20000, WAIT_US = 2000 };

/* Seconds: what is older when it is sent has another clock. */
#define AGE_MAX 10.0

static struct replay *of(struct source *source)
{
    return (struct replay *)source; /* which it begins with */
}

static bool is_at_rest(const struct replay *replay)
{
    return replay->base.replay.paused || replay->base.replay.ended;
}

/* The second of playing that is due now. */
static double now_at(const struct replay *replay, uint64_t now_us)
{
    const bool stands = is_at_rest(replay) || replay->waits || now_us < replay->at_us;
    return replay->at + (stands ? 0 : (double)(now_us - replay->at_us) / 1e6 * replay->base.replay.speed);
}

/* It goes on from that second now. */
static void go_on(struct replay *replay, double at, uint64_t now_us)
{
    replay->at = at;
    replay->at_us = now_us;
}

static uint64_t due_us(const struct replay *replay, double at)
{
    const double later = (at - replay->at) / replay->base.replay.speed * 1e6;
    return later > 0 ? replay->at_us + (uint64_t)fmin(later, 1e15)
                     : replay->at_us - (uint64_t)fmin(-later, 1e9);
}

static void describe(struct replay *replay)
{
    const struct replay_report *report = &replay->base.replay;
    snprintf(replay->base.why, sizeof replay->base.why, "%s of %.100s",
             report->ended    ? "at the end"
             : report->paused ? "paused in the replay"
                              : "replay",
             report->file);
}

/* As log_repeated does, but they come many at a time: whenever there are twice as many, and of the last at
 * the end. */
static void warn(struct replay *replay)
{
    const struct replay_report *report = &replay->base.replay;
    const bool twice = (replay->warned ^ report->troubles) > replay->warned; /* a higher bit than before */
    if (report->troubles == replay->warned || (!twice && !report->ended)) {
        return;
    }
    replay->warned = report->troubles;
    log_warning("%s: %s (%" PRIu64 " so far)", report->file, replay->troubles.last, report->troubles);
}

static void poll_replay(struct source *source, uint64_t now_us)
{
    struct replay *replay = of(source);
    struct replay_report *report = &source->replay;
    const double since = now_at(replay, now_us) - replay->mark;
    report->duration_s = tape_duration(replay->tape);
    report->position_s = replay->mark_place + (since > 0 ? since : 0);
    if (report->duration_s >= 0 && report->position_s > report->duration_s) {
        report->position_s = report->duration_s;
    }
    tape_troubles(replay->tape, &replay->troubles);
    report->troubles = replay->troubles.count;
    warn(replay);
    describe(replay);
}

/* --- one after the other --- */

/* The time of something that was sent at t and is sent again now. */
static double time_now(const struct replay *replay, double time, double t)
{
    const double age = fabs(t - time) < AGE_MAX ? t - time : 0;
    return replay->original_time ? time : (double)clock_unix_us() / 1e6 - age;
}

static void show(struct replay *replay, const struct tape_item *item, uint64_t now_us)
{
    const struct recorded *recorded = &item->recorded;
    struct source *base = &replay->base;
    replay->mark = item->at;
    replay->mark_place = item->position;
    if (item->is_end) {
        go_on(replay, item->at, now_us);
        base->replay.ended = true;
        return;
    }
    switch (recorded->kind) {
    case RECORDED_METRICS:
        base->metrics = recorded->metrics;
        base->metrics.timestamp = time_now(replay, recorded->metrics.timestamp, recorded->t);
        base->metrics.centre_us = base->metrics.published_us = now_us;
        base->frames++;
        replay->shows_next = false;
        break;
    case RECORDED_LATENCY:
        base->recorded = recorded->latency;
        base->recorded.timestamp = time_now(replay, recorded->latency.timestamp, recorded->t);
        base->latencies++;
        break;
    default:
        replay->event = recorded->event;
        replay->event.timestamp = time_now(replay, recorded->event.timestamp, recorded->t);
        replay->event.frame = base->metrics.frame;
        replay->event.published_us = now_us;
        replay->has_event = true;
        break;
    }
}

static uint64_t step(struct source *source, uint64_t now_us)
{
    struct replay *replay = of(source);
    if (is_at_rest(replay) && !replay->shows_next) {
        return now_us + REST_US;
    }
    const struct tape_item *item = tape_peek(replay->tape);
    if (!item) {
        if (!replay->waits) {
            go_on(replay, now_at(replay, now_us), now_us);
            replay->waits = true;
        }
        return now_us + WAIT_US;
    }
    if (replay->waits) { /* what the tape was late with is not made up for */
        replay->waits = false;
        go_on(replay, replay->begun ? fmin(replay->at, item->at) : item->at, now_us);
        replay->begun = true;
    }
    const uint64_t due = due_us(replay, item->at);
    if (due > now_us && !source->replay.paused) {
        return due;
    }
    show(replay, item, now_us);
    tape_pop(replay->tape);
    item = tape_peek(replay->tape);
    return item && !is_at_rest(replay) ? due_us(replay, item->at) : now_us;
}

static enum status next_event(struct source *source, struct event *event)
{
    struct replay *replay = of(source);
    if (!replay->has_event) {
        return STATUS_EMPTY;
    }
    *event = replay->event;
    replay->has_event = false;
    source->event_next++;
    return STATUS_OK;
}

/* Until the recording says more. */
static uint32_t sound_state(const struct source *source)
{
    return source->metrics.active_channels > 0 ? STATE_AMBIENT : STATE_IDLE;
}

/* --- steering --- */

static void go_to(struct replay *replay, double position, uint64_t now_us)
{
    tape_seek(replay->tape, position);
    replay->base.replay.ended = false;
    replay->waits = true;
    replay->shows_next = true;
    replay->mark = replay->mark_place = position;
    go_on(replay, position, now_us);
}

static enum status steer(struct source *source, const struct replay_wish *wish, uint64_t now_us)
{
    struct replay *replay = of(source);
    struct replay_report *report = &source->replay;
    if (wish->has_position && !report->can_seek) {
        return STATUS_NOT_FOUND;
    }
    go_on(replay, now_at(replay, now_us), now_us);
    report->speed = wish->has_speed ? wish->speed : report->speed;
    report->paused = wish->has_paused ? wish->paused : report->paused;
    if (wish->has_position) {
        go_to(replay, wish->position, now_us);
    } else if (report->ended && wish->has_paused && !wish->paused && report->can_seek) {
        go_to(replay, 0, now_us); /* play, at the end: once more */
    }
    poll_replay(source, now_us);
    return STATUS_OK;
}

/* --- life --- */

/* A recording has no events that a predecessor could have sent. */
static void resume(struct source *source, uint64_t writer, uint64_t next)
{
    (void)source, (void)writer, (void)next;
}

static void close_replay(struct source *source)
{
    tape_close(of(source)->tape);
    of(source)->tape = NULL;
}

enum status replay_open(struct replay *replay, const struct replay_choice *choice, const char *name,
                        char error[OPTION_ERROR_MAX])
{
    *replay = (struct replay){.base = {.kind = &replay_kind,
                                       .name = name,
                                       .state = SOURCE_REPLAY,
                                       .writer = clock_unix_us(),
                                       .attached = 1},
                              .original_time = choice->original_time,
                              .waits = true,
                              .mark_place = choice->from,
                              .mark = choice->from};
    replay->base.replay =
        (struct replay_report){.file = strcmp(choice->path, "-") == 0 ? "standard input" : choice->path,
                               .duration_s = -1,
                               .speed = choice->speed,
                               .loops = choice->loops,
                               .trouble = replay->troubles.last};
    return tape_open(&replay->tape, choice->path, choice->loops, choice->from, error);
}

enum status replay_start(struct replay *replay, char error[OPTION_ERROR_MAX])
{
    const enum status status = tape_start(replay->tape, error);
    if (status == STATUS_OK) {
        const char *name = tape_name(replay->tape);
        replay->base.name = name[0] != '\0' ? name : replay->base.name;
        replay->base.replay.can_seek = tape_can_seek(replay->tape);
        log_info("replay of %s", replay->base.replay.file);
    }
    return status;
}

const struct source_kind replay_kind = {
    .poll = poll_replay,
    .step = step,
    .steer = steer,
    .next_event = next_event,
    .sound_state = sound_state,
    .resume = resume,
    .close = close_replay,
};
