/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/source/tape_state.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

/* A period that is longer was a rest. */
#define PERIOD_MAX 1.0

/* --- what it tells the loop --- */

static void tell_trouble(struct tape *tape, bool fails, const char *what)
{
    pthread_mutex_lock(&tape->lock);
    tape->troubles.count++;
    snprintf(tape->troubles.last, sizeof tape->troubles.last, "%s", what);
    tape->has_failed = tape->has_failed || fails;
    pthread_cond_broadcast(&tape->changed);
    pthread_mutex_unlock(&tape->lock);
}

/* A line that is of no use: before any good one, the whole file is not. */
static void tell_line(struct tape *tape, const char *why)
{
    char what[TAPE_WHY_MAX];
    const bool fails = !tape->has_begun;
    snprintf(what, sizeof what, "line %" PRIu64 ": %s; %s", tape->lines.number, why,
             fails ? "give what --record wrote or phicast-render printed" : "it is passed over");
    tape->refused = tape->refused || fails;
    tell_trouble(tape, fails, what);
}

static bool has_to_turn(const struct tape *tape)
{
    return tape->stop || tape->seen != tape->seeks;
}

/* Hands tape->next over, once there is room. False: it is not wanted any more. */
static bool push(struct tape *tape)
{
    pthread_mutex_lock(&tape->lock);
    while (tape->head - tape->tail == TAPE_AHEAD && !has_to_turn(tape)) {
        pthread_cond_wait(&tape->changed, &tape->lock);
    }
    struct tape_item *free_item = &tape->item[tape->head % TAPE_AHEAD];
    pthread_mutex_unlock(&tape->lock);
    *free_item = tape->next;
    pthread_mutex_lock(&tape->lock);
    const bool wanted = !has_to_turn(tape);
    tape->head += wanted ? 1 : 0;
    pthread_cond_broadcast(&tape->changed);
    pthread_mutex_unlock(&tape->lock);
    return wanted;
}

/* Waits for the loop to want something else. */
static void rest(struct tape *tape)
{
    pthread_mutex_lock(&tape->lock);
    while (!has_to_turn(tape)) {
        pthread_cond_wait(&tape->changed, &tape->lock);
    }
    pthread_mutex_unlock(&tape->lock);
}

/* --- from line to line --- */

static void begin_round(struct tape *tape, double base)
{
    lines_rewind(&tape->lines);
    tape->timeline = (struct timeline){0};
    tape->base = base;
    tape->metric = -1;
    tape->round = 0;
}

static void follow_seek(struct tape *tape)
{
    pthread_mutex_lock(&tape->lock);
    tape->seen = tape->seeks;
    tape->skip = tape->target;
    pthread_mutex_unlock(&tape->lock);
    begin_round(tape, 0);
}

static void take_head(struct tape *tape)
{
    timeline_begin_anew(&tape->timeline);
    if (!tape->has_begun) {
        memcpy(tape->name, tape->next.recorded.name, sizeof tape->name);
    }
}

static void take_message(struct tape *tape)
{
    struct tape_item *next = &tape->next;
    next->position = timeline_place(&tape->timeline, next->recorded.t);
    next->at = tape->base + next->position;
    next->is_end = false;
    if (next->recorded.kind == RECORDED_METRICS) {
        const double period = next->position - tape->metric;
        tape->period = tape->metric >= 0 && period > 0 && period < PERIOD_MAX ? period : tape->period;
        tape->metric = next->position;
    }
    tape->has_begun = true;
    tape->round++;
    if (next->position >= tape->skip) {
        push(tape);
    }
}

/* On the way to a place, lines are only passed by. */
static bool is_before(struct tape *tape, const struct line *line)
{
    double t;
    if (tape->skip <= 0 || !line->is_whole || !recording_peek_time(line->text, line->length, &t)) {
        return false;
    }
    struct timeline then = tape->timeline;
    if (timeline_place(&then, t) >= tape->skip) {
        return false;
    }
    tape->timeline = then;
    tape->has_begun = true;
    tape->round++;
    return true;
}

static void take_line(struct tape *tape, const struct line *line)
{
    char why[JSON_WHY_MAX];
    if (line->length == 0 || is_before(tape, line)) {
        return;
    }
    const enum status status = recording_read(&tape->next.recorded, line->text, line->length, why);
    if (status && (line->is_whole || !tape->has_begun)) {
        tell_line(tape, why);
    } else if (status == STATUS_OK && tape->next.recorded.kind == RECORDED_HEAD) {
        take_head(tape);
    } else if (status == STATUS_OK && tape->next.recorded.kind != RECORDED_OTHER) {
        take_message(tape);
    }
}

/* Of the file, or of what can be read of it. */
static void end_round(struct tape *tape)
{
    const double period = tape->period > 0 ? tape->period : TIMELINE_JOINT;
    const double end = tape->base + tape->timeline.position + period;
    if (tape->loops && tape->round > 0) {
        begin_round(tape, end > tape->skip ? end : tape->skip);
        tape->skip = 0;
        return;
    }
    tape->next.is_end = true;
    tape->next.at = end;
    tape->next.position = tape->timeline.position;
    if (push(tape)) {
        rest(tape);
    }
}

static void end_file(struct tape *tape)
{
    if (tape->round == 0) {
        tell_trouble(tape, true,
                     tape->lines.number == 0
                         ? "is empty; give what --record wrote or phicast-render printed"
                         : "holds no message of ours; give what --record wrote or phicast-render printed");
    }
    end_round(tape);
}

static void end_early(struct tape *tape, enum status status)
{
    char what[TAPE_WHY_MAX];
    const int err = errno;
    snprintf(what, sizeof what, "after line %" PRIu64 ": %s; %s", tape->lines.number,
             status == STATUS_CORRUPT ? "the compressed data are damaged"
             : status == STATUS_IO    ? strerror(err)
                                      : status_str(status),
             tape->round > 0 ? "what comes before is played" : "give another file");
    tell_trouble(tape, tape->round == 0, what);
    end_round(tape);
}

static void take_next(struct tape *tape)
{
    struct line line;
    const enum status status = lines_next(&tape->lines, &line);
    switch (status) {
    case STATUS_OK: take_line(tape, &line); break;
    case STATUS_OVERRUN: {
        char why[JSON_WHY_MAX];
        snprintf(why, sizeof why, "longer than %d bytes", RECORDING_LINE_MAX);
        tell_line(tape, why);
        break;
    }
    case STATUS_EMPTY: end_file(tape); break;
    case STATUS_BUSY: break;
    default: end_early(tape, status); break;
    }
}

void *tape_read(void *of)
{
    struct tape *tape = of;
    begin_round(tape, 0);
    while (!tape->stop && !tape->refused) {
        pthread_mutex_lock(&tape->lock);
        const bool seeks = tape->seen != tape->seeks;
        pthread_mutex_unlock(&tape->lock);
        if (seeks) {
            follow_seek(tape);
        }
        take_next(tape);
    }
    return NULL;
}

static void measure_line(struct timeline *timeline, const struct line *line, struct recorded *scratch)
{
    char why[JSON_WHY_MAX];
    double t;
    if (line->is_whole && recording_peek_time(line->text, line->length, &t)) {
        timeline_place(timeline, t);
    } else if (line->length == 0 || recording_read(scratch, line->text, line->length, why)) {
        return;
    } else if (scratch->kind == RECORDED_HEAD) {
        timeline_begin_anew(timeline);
    } else if (scratch->kind != RECORDED_OTHER) {
        timeline_place(timeline, scratch->t);
    }
}

void *tape_measure(void *of)
{
    struct tape *tape = of;
    struct timeline timeline = {0};
    struct lines lines;
    struct line line;
    enum status status = lines_open(&lines, tape->fd, tape->wake_fd);
    setpriority(PRIO_PROCESS, 0, 19); /* of this thread alone, in Linux */
    while (!tape->stop && (status == STATUS_OK || status == STATUS_OVERRUN || status == STATUS_BUSY)) {
        status = lines_next(&lines, &line);
        if (status == STATUS_OK) {
            measure_line(&timeline, &line, &tape->measured);
        }
    }
    if (status == STATUS_EMPTY || status == STATUS_CORRUPT) {
        tape->duration = timeline.position;
    }
    lines_close(&lines);
    return NULL;
}
