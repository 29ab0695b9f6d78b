/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/stream/feed.h"

#include "shared/clock.h"
#include "shared/log.h"

#include <inttypes.h>

static void save(struct feed *feed)
{
    feed->cursor.state = feed->state;
    if (feed->control && feed->control->memory && feed->cursor.writer != 0) {
        control_save_cursor(feed->control->memory, &feed->cursor);
    }
}

void feed_init(struct feed *feed, struct source *source, const struct segment *control, struct osc_out *osc,
               const struct event_cursor *past, uint64_t now_us)
{
    *feed = (struct feed){.source = source, .control = control, .osc = osc, .state = STATE_OFFLINE};
    if (past->writer == 0 || past->state > STATE_OFFLINE) {
        return;
    }
    feed->cursor = *past;
    feed->state = (uint32_t)past->state;
    feed->replay_until_us = now_us + FEED_REPLAY_US;
    source_resume(source, past->writer,
                  past->clients_next < past->osc_next ? past->clients_next : past->osc_next);
    save(feed); /* it holds for our own successor as well, if we should die before we find the analyser */
}

void feed_free(struct feed *feed)
{
    eventlog_free(&feed->log);
    message_free(&feed->scratch);
}

static bool is_replaying(const struct feed *feed, uint64_t now_us)
{
    return now_us < feed->replay_until_us;
}

static void log_event(struct feed *feed, const struct event *event, uint64_t before)
{
    enum status status = message_event(&feed->scratch, event);
    if (status == STATUS_OK) {
        status = eventlog_push(&feed->log, feed->scratch.text, feed->scratch.length);
    }
    if (status) {
        log_repeated(&feed->unsent, "event not sent: %s", status_str(status));
        return;
    }
    feed->before[(feed->log.head - 1) % EVENTLOG_SLOTS] = before;
}

/* before: what the ring's next event was when this one came. One that came from the ring is that event
 * itself; one of our own leaves it where it is. */
static void publish(struct feed *feed, const struct event *event, uint64_t before)
{
    const bool own = before == feed->source->event_next;
    feed->published++;
    if (event->kind == EVENT_STATE_CHANGE) {
        feed->state = event->state_change.to_state;
    }
    if (own || before >= feed->clients_from) {
        log_event(feed, event, before);
    }
    if (own || before >= feed->osc_from) {
        osc_out_event(feed->osc, event, clock_now_us());
    }
    feed->cursor.osc_next =
        feed->source->event_next > feed->osc_from ? feed->source->event_next : feed->osc_from;
    save(feed);
}

static void tell_presence(struct feed *feed, uint32_t to, enum state_trigger trigger)
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
    if (source->attached == feed->attached || !source->segment.memory) {
        return;
    }
    feed->attached = source->attached;
    if (source_writer(source) == feed->cursor.writer) {
        feed->osc_from = feed->cursor.osc_next;
        feed->clients_from = feed->cursor.clients_next;
        return;
    }
    if (feed->state != STATE_OFFLINE) {
        tell_presence(feed, STATE_OFFLINE, TRIGGER_ANALYSER_LOST);
    }
    feed->osc_from = feed->clients_from = 0;
    feed->log_start = feed->log.head;
    feed->cursor = (struct event_cursor){
        .writer = source_writer(source), .clients_next = source->event_next, .osc_next = source->event_next};
    save(feed);
}

bool feed_beat(struct feed *feed, bool clients, uint64_t now_us)
{
    struct source *source = feed->source;
    struct event event;
    int taken = 0;

    follow(feed);
    if (source->state == SOURCE_LIVE && feed->state == STATE_OFFLINE) {
        tell_presence(feed, source_sound_state(source), TRIGGER_ANALYSER_FOUND);
    }
    while (taken < FEED_BATCH && source_event(source, &event) == STATUS_OK) {
        publish(feed, &event, source->event_next - 1);
        taken++;
    }
    if (source->state != SOURCE_LIVE && feed->state != STATE_OFFLINE && taken < FEED_BATCH) {
        tell_presence(feed, STATE_OFFLINE, TRIGGER_ANALYSER_LOST);
    }
    if (!clients && !is_replaying(feed, now_us)) {
        feed_delivered(feed, feed->log.head);
    }
    return taken == FEED_BATCH;
}

uint64_t feed_start(const struct feed *feed, uint64_t now_us)
{
    const uint64_t head = feed->log.head;
    if (!is_replaying(feed, now_us)) {
        return head;
    }
    return head > EVENTLOG_LAG_MAX ? head - EVENTLOG_LAG_MAX : 0;
}

void feed_delivered(struct feed *feed, uint64_t next)
{
    uint64_t reached = feed->source->event_next;
    if (next < feed->log.head) {
        reached = next >= feed->log_start ? feed->before[next % EVENTLOG_SLOTS] : feed->cursor.clients_next;
    }
    if (!feed->source->segment.memory || source_writer(feed->source) != feed->cursor.writer ||
        reached <= feed->cursor.clients_next) {
        return;
    }
    feed->cursor.clients_next = reached;
    save(feed);
}
