/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/stream/hub_events.h"

#include "shared/clock.h"
#include "shared/log.h"

/* Events may be far between, and clients be gone. */
enum { EVENT_LOOK_US = 5000000 };

/* A client further behind than this does not keep up, and the note of what has been sent does not wait for
 * it. */
enum { KEEPS_UP = FEED_BATCH };

const struct client_close hub_events_lagging = {1013, "too slow: events would have been lost"};

/* With onsets, if it asks for them. */
static const struct eventlog *log_of(const struct hub *hub, const struct client *client)
{
    return client->add & PART_ONSETS ? &hub->feed.full : &hub->feed.log;
}

struct encoded *hub_events_next(struct hub *hub, const struct client *client)
{
    return eventlog_get(client->add & PART_ONSETS ? &hub->feed.full : &hub->feed.log, client->position);
}

bool hub_events_behind(const struct hub *hub, const struct client *client)
{
    return client->stream == STREAM_EVENTS && client->position < log_of(hub, client)->head;
}

static uint32_t count_behind(const struct hub *hub)
{
    const struct cohort *all = &hub->stream[STREAM_EVENTS].standard;
    uint32_t behind = 0;
    for (uint32_t i = 0; i < all->client_count; i++) {
        behind += hub_events_behind(hub, all->client[i]);
    }
    return behind;
}

/* A client that does not read is not writable either: if the close frame cannot go out soon, the connection
 * ends without one. */
static void drop_lagging(struct hub *hub)
{
    const struct cohort *all = &hub->stream[STREAM_EVENTS].standard;
    for (uint32_t i = 0; i < all->client_count; i++) {
        struct client *client = all->client[i];
        if (client->close.code == 0 && eventlog_lags(log_of(hub, client), client->position)) {
            log_repeated(&hub->lagged, "an events client fell more than %d events behind; closing it",
                         EVENTLOG_LAG_MAX);
            client->close = hub_events_lagging;
            client->carrier->drop(client);
        }
    }
}

/* The place of the first event that a client which keeps up has not been sent. */
static uint64_t least_unsent(const struct hub *hub)
{
    const struct cohort *all = &hub->stream[STREAM_EVENTS].standard;
    uint64_t least = hub->source->event_next;
    for (uint32_t i = 0; hub->behind > 0 && i < all->client_count; i++) {
        const struct client *client = all->client[i];
        const struct eventlog *log = log_of(hub, client);
        if (client->close.code == 0 && log->head - client->position <= KEEPS_UP) {
            least = clock_earlier(least, feed_place(&hub->feed, log, client->position));
        }
    }
    return least;
}

uint64_t hub_reached(const struct hub *hub, uint64_t now_us)
{
    if (hub->stream[STREAM_EVENTS].client_count == 0) {
        return feed_is_replaying(&hub->feed, now_us) ? 0 : UINT64_MAX;
    }
    return least_unsent(hub);
}

bool hub_events_beat(struct hub *hub, uint64_t now_us)
{
    struct stream *stream = &hub->stream[STREAM_EVENTS];
    const uint64_t head = hub->feed.full.head;
    const bool looks = now_us >= hub->look_at_us;
    const bool more = feed_beat(&hub->feed);
    for (; hub->counted < hub->feed.published; hub->counted++) {
        meter_count(&stream->meter, now_us);
    }
    if (stream->client_count > 0 && hub->feed.full.head != head) {
        hub->behind = count_behind(hub);
        drop_lagging(hub);
    }
    if (looks || hub->feed.full.head != head) {
        hub->look_at_us = now_us + EVENT_LOOK_US;
        cohort_serve(&stream->standard, now_us);
    }
    feed_note(&hub->feed, now_us);
    return more;
}

void hub_events_caught_up(struct hub *hub)
{
    hub->behind--;
    if (hub->behind == 0) {
        feed_note(&hub->feed, clock_now_us());
    }
}

uint64_t hub_events_first(const struct hub *hub, const struct client *client, uint32_t replay,
                          uint64_t now_us)
{
    const struct eventlog *log = log_of(hub, client);
    const uint64_t head = log->head;
    return clock_earlier(feed_start(&hub->feed, log, now_us), head > replay ? head - replay : 0);
}
