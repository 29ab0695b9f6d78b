/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/stream/feed.h"

#include "shared/clock.h"
#include "shared/log.h"

#include <inttypes.h>
#include <string.h>

static void save(struct feed *feed)
{
    feed->cursor.state = feed->state;
    if (feed->control && feed->control->memory && feed->cursor.writer != 0) {
        control_save_cursor(feed->control->memory, &feed->cursor);
    }
}

static bool reads_log(const struct sink *sink)
{
    return sink->kind->event == NULL;
}

/* How far the last of a note's sinks has come, and the first. */
static uint64_t least_place(const struct event_cursor *cursor)
{
    uint64_t least = UINT64_MAX;
    for (size_t i = 0; i < EVENT_PLACES; i++) {
        least = cursor->place[i].sink[0] ? clock_earlier(least, cursor->place[i].next) : least;
    }
    return least;
}

static uint64_t most_place(const struct event_cursor *cursor)
{
    uint64_t most = 0;
    for (size_t i = 0; i < EVENT_PLACES; i++) {
        most = cursor->place[i].sink[0] && cursor->place[i].next > most ? cursor->place[i].next : most;
    }
    return most;
}

void feed_init(struct feed *feed, struct source *source, const struct segment *control,
               const struct event_cursor *past, uint64_t now_us)
{
    *feed = (struct feed){.source = source, .control = control, .state = STATE_OFFLINE};
    if (past->writer == 0 || past->state > STATE_OFFLINE) {
        return;
    }
    feed->past = *past;
    feed->cursor.writer = past->writer;
    feed->state = (uint32_t)past->state;
    feed->replay_until_us = now_us + FEED_REPLAY_US;
    source_resume(source, past->writer, least_place(past));
}

/* A kind of sink that the predecessor did not have begins with what none of its sinks had. */
void feed_add_sink(struct feed *feed, struct sink *sink)
{
    struct event_place *own = &feed->cursor.place[feed->sink_count];
    memcpy(own->sink, sink->kind->name, strnlen(sink->kind->name, SINK_NAME_MAX));
    own->next = most_place(&feed->past);
    for (size_t i = 0; i < EVENT_PLACES; i++) {
        if (memcmp(feed->past.place[i].sink, own->sink, sizeof own->sink) == 0) {
            own->next = feed->past.place[i].next;
        }
    }
    feed->sink[feed->sink_count++] = sink;
    save(feed); /* it holds for our own successor as well, if we should die before we find the analyser */
}

void feed_free(struct feed *feed)
{
    eventlog_free(&feed->log);
    eventlog_free(&feed->full);
    message_free(&feed->text);
}

void feed_want(struct feed *feed, uint32_t parts)
{
    struct control *control = feed->control ? feed->control->memory : NULL;
    if (control && control_wanted(control) != parts) { /* it may have been made anew */
        control_want(control, parts);
    }
}

bool feed_is_replaying(const struct feed *feed, uint64_t now_us)
{
    return now_us < feed->replay_until_us;
}

static enum status log_event(struct feed *feed, const struct event *event, uint64_t before)
{
    const struct message *text = &feed->text;
    enum status status = eventlog_push(&feed->full, text->text, text->length, before);
    if (status == STATUS_OK && event->kind != EVENT_ONSET) {
        status = eventlog_push(&feed->log, text->text, text->length, before);
    }
    return status;
}

/* Whether a client of any sink may want it from the log. */
static bool is_for_log(const struct feed *feed, uint64_t before)
{
    bool is_read = false;
    for (uint32_t i = 0; i < feed->sink_count; i++) {
        if (reads_log(feed->sink[i]) && before >= feed->from[i]) {
            return true;
        }
        is_read = is_read || reads_log(feed->sink[i]);
    }
    return !is_read;
}

static void give(struct feed *feed, uint32_t i, const struct event *event, bool own, uint64_t before)
{
    struct sink *sink = feed->sink[i];
    struct event_place *place = &feed->cursor.place[i];
    if (own || before >= feed->from[i]) {
        const struct event_id id = {feed->cursor.writer, before};
        sink->kind->event(sink, event, id, clock_now_us());
    }
    if (!sink->kind->reached) {
        place->next = feed->source->event_next > feed->from[i] ? feed->source->event_next : feed->from[i];
    }
}

/* before: what the ring's next event was when this one came. One that came from the ring is that event
 * itself; one of our own leaves it where it is. */
static void publish(struct feed *feed, const struct event *event, uint64_t before)
{
    const bool own = before == feed->source->event_next;
    feed->text.length = 0;
    enum status status = message_event(&feed->text, event);
    feed->published++;
    if (event->kind == EVENT_STATE_CHANGE) {
        feed->state = event->state_change.to_state;
    }
    if (status == STATUS_OK && (own || is_for_log(feed, before))) {
        status = log_event(feed, event, before);
    }
    if (status) {
        log_repeated(&feed->unsent, "event not sent: %s", status_str(status));
    }
    for (uint32_t i = 0; i < feed->sink_count; i++) {
        if (!reads_log(feed->sink[i])) {
            give(feed, i, event, own, before);
        }
    }
    save(feed);
}

static void publish_presence(struct feed *feed, uint32_t to, enum state_trigger trigger)
{
    const struct event event = {
        .kind = EVENT_STATE_CHANGE,
        .timestamp = (double)clock_unix_us() / 1e6,
        .frame = feed->source->metrics.frame,
        .published_us = clock_now_us(),
        .state_change = {.from_state = feed->state, .to_state = to, .trigger = trigger, .confidence = 1},
    };
    publish(feed, &event, feed->source->event_next);
}

/* A newly attached analyser: the same as the note's, and then nothing has happened, or another. */
static void follow(struct feed *feed)
{
    struct source *source = feed->source;
    if (source->attached == feed->attached || source->writer == 0) {
        return;
    }
    feed->attached = source->attached;
    if (source_is_replay(source)) { /* which has its own events of that */
        feed->state = source_sound_state(source);
    }
    const bool same = source->writer == feed->cursor.writer;
    if (!same && feed->state != STATE_OFFLINE && !source_is_replay(source)) {
        publish_presence(feed, STATE_OFFLINE, TRIGGER_ANALYSER_LOST);
    }
    for (uint32_t i = 0; i < feed->sink_count; i++) {
        feed->from[i] = same ? feed->cursor.place[i].next : 0;
        feed->cursor.place[i].next = same ? feed->cursor.place[i].next : source->event_next;
    }
    if (!same) {
        feed->log.start = feed->log.head;
        feed->full.start = feed->full.head;
        feed->cursor.writer = source->writer;
        save(feed);
    }
}

bool feed_beat(struct feed *feed)
{
    struct source *source = feed->source;
    struct event event;
    int taken = 0;

    follow(feed);
    if (source->state == SOURCE_LIVE && feed->state == STATE_OFFLINE) { /* of a replay, neither is said */
        publish_presence(feed, source_sound_state(source), TRIGGER_ANALYSER_FOUND);
    }
    while (taken < FEED_BATCH && source_event(source, &event) == STATUS_OK) {
        publish(feed, &event, source->event_next - 1);
        taken++;
    }
    if (!source_is_live(source) && feed->state != STATE_OFFLINE && taken < FEED_BATCH) {
        publish_presence(feed, STATE_OFFLINE, TRIGGER_ANALYSER_LOST);
    }
    return taken == FEED_BATCH;
}

void feed_report(const struct feed *feed, struct server_report *report)
{
    for (uint32_t i = 0; i < feed->sink_count; i++) {
        const struct sink *sink = feed->sink[i];
        if (sink->kind->report) {
            sink->kind->report(sink, report);
        }
    }
}

void feed_note(struct feed *feed, uint64_t now_us)
{
    const struct source *source = feed->source;
    bool changed = false;
    if (source->writer == 0 || source->writer != feed->cursor.writer) {
        return;
    }
    for (uint32_t i = 0; i < feed->sink_count; i++) {
        const struct sink *sink = feed->sink[i];
        struct event_place *place = &feed->cursor.place[i];
        const uint64_t reached =
            sink->kind->reached ? clock_earlier(sink->kind->reached(sink, now_us), source->event_next) : 0;
        if (reached > place->next) {
            place->next = reached;
            changed = true;
        }
    }
    if (changed) {
        save(feed);
    }
}

uint64_t feed_start(const struct feed *feed, const struct eventlog *log, uint64_t now_us)
{
    const uint64_t head = log->head;
    if (!feed_is_replaying(feed, now_us)) {
        return head;
    }
    return head > EVENTLOG_LAG_MAX ? head - EVENTLOG_LAG_MAX : 0;
}

uint64_t feed_place(const struct feed *feed, const struct eventlog *log, uint64_t number)
{
    if (number >= log->head) {
        return feed->source->event_next;
    }
    return number >= log->start ? log->before[number % EVENTLOG_SLOTS] : 0;
}
