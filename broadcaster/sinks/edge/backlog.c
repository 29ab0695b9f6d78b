/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/sinks/edge/backlog.h"

#include "shared/clock.h"
#include "shared/fnv.h"

#include <string.h>

/* Of one analyser's events alone. */
static uint64_t note_key(const struct backlog *backlog)
{
    const uint64_t writer = backlog->feed->cursor.writer;
    return fnv_hash(backlog->channel, &writer, sizeof writer);
}

/* One word, so that what has arrived and what the edge had last are never of two moments. */
static void save(const struct backlog *backlog)
{
    const struct segment *control = backlog->feed->control;
    if (control && control->memory && backlog->noted > 0) {
        const struct channel_note note = {note_key(backlog),
                                          backlog->noted << EDGE_LAST_BITS | backlog->last};
        control_save_note(control->memory, backlog->place, note);
    }
}

/* Without an analyser nothing has a place: what was noted stands, with another last. */
static void take_note(struct backlog *backlog)
{
    const struct feed *feed = backlog->feed;
    if (feed->source->writer != 0 && feed->source->writer == feed->cursor.writer) {
        backlog->noted = feed_place(feed, backlog->log, backlog->next);
    }
    save(backlog);
}

/* It holds for our own successor as well, if we should die before there is news. */
void backlog_open(struct backlog *backlog, const char *url, const char *name, const struct channel_note *past)
{
    backlog->channel = fnv_hash(fnv_hash(FNV_START, url, strlen(url)), name, strlen(name));
    const uint64_t key = note_key(backlog);
    for (uint32_t i = 0; i < CHANNEL_NOTES; i++) {
        if (past[i].key == key && past[i].value != 0) {
            backlog->from = backlog->noted = past[i].value >> EDGE_LAST_BITS;
            backlog->last = past[i].value & ((1U << EDGE_LAST_BITS) - 1);
            backlog->knows_last = backlog->unsure = true;
            save(backlog);
        }
    }
}

void backlog_begin(struct backlog *backlog)
{
    backlog->from = backlog->noted = 0;
    backlog->skips = false;
}

uint64_t backlog_waiting(const struct backlog *backlog)
{
    return backlog->log->head - backlog->next;
}

/* Past those that a predecessor has sent. */
static void pass_old(struct backlog *backlog)
{
    while (backlog_waiting(backlog) > 0 &&
           backlog->from > feed_place(backlog->feed, backlog->log, backlog->next)) {
        backlog->next++;
    }
    if (backlog->skips && backlog_waiting(backlog) > 0) {
        backlog->skips = false;
        backlog->next++;
    }
}

bool backlog_look(struct backlog *backlog)
{
    pass_old(backlog);
    if (!eventlog_lags(backlog->log, backlog->next)) {
        return false;
    }
    const uint64_t next = backlog->log->head - EVENTLOG_LAG_MAX;
    backlog->lost += next - backlog->next;
    backlog->next = next;
    backlog->unsure = false;
    return true;
}

uint64_t backlog_reached(const struct backlog *backlog)
{
    return backlog_waiting(backlog) > 0 ? feed_place(backlog->feed, backlog->log, backlog->next) : UINT64_MAX;
}

bool backlog_asks(const struct backlog *backlog)
{
    return backlog->unsure || !backlog->knows_last;
}

static void arrived(struct backlog *backlog)
{
    backlog->next++;
    take_note(backlog);
    feed_note(backlog->feed, clock_now_us());
}

/* An edge that holds nothing has begun anew. */
bool backlog_account(struct backlog *backlog, const struct edge_answer *answer)
{
    const uint32_t last = answer->messages > 0 ? answer->last : 0;
    const bool has_arrived = backlog->unsure && backlog->knows_last && last != 0 && last != backlog->last;
    backlog->unsure = false;
    backlog->knows_last = true;
    backlog->last = last;
    if (has_arrived && backlog_waiting(backlog) > 0) {
        arrived(backlog);
    } else if (has_arrived) { /* it was a predecessor's, and is yet to be read */
        backlog->skips = true;
    }
    return has_arrived;
}

const struct encoded *backlog_next(const struct backlog *backlog)
{
    return eventlog_get(backlog->log, backlog->next);
}

void backlog_sent(struct backlog *backlog)
{
    backlog->flying = backlog->next;
    if (backlog->next < backlog->tried) {
        backlog->resent++;
    } else {
        backlog->tried = backlog->next + 1;
    }
}

/* Unless it was given up meanwhile. */
void backlog_acknowledge(struct backlog *backlog, const struct edge_answer *answer)
{
    backlog->knows_last = true;
    backlog->last = answer->last;
    if (backlog->next == backlog->flying) {
        arrived(backlog);
    } else {
        take_note(backlog);
    }
}

void backlog_break(struct backlog *backlog)
{
    backlog->unsure = true;
}
