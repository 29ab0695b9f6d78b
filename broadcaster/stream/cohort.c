/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/stream/cohort.h"

#include "broadcaster/stream/client.h"

#include <stddef.h>
#include <stdlib.h>

/* A beat waits for the first frame that is new since its deadline, which is then half a hop fresher than the
 * newest one at the deadline; but never longer than this, nor than three quarters of the period. */
enum { FRESH_WAIT_US = 12000, FRESH_POLL_US = 1000 };

/* What publishing may take longer than usual without costing another look; and the longest period believed.
 */
enum { MARGIN_US = 300, PERIOD_MAX_US = 200000 };

/* By how much a frame may come later than was expected: one that is due shortly before the deadline may come
 * after it, and would be old news when the one after it is waited for. */
enum { UNSURE_US = 500 };

/* 0, 1/2, 1/4, 3/4, 1/8... of the period: however many cohorts there are, they lie evenly. */
static uint64_t offset_us(uint32_t rate_hz, uint32_t index)
{
    uint64_t offset = 0;
    for (uint64_t step = 500000U / rate_hz; index > 0; index /= 2, step /= 2) {
        offset += index % 2 * step;
    }
    return offset;
}

void cohort_init(struct cohort *cohort, uint32_t rate_hz, uint32_t index, uint64_t start_us, uint64_t now_us)
{
    *cohort = (struct cohort){.index = index};
    schedule_init(&cohort->schedule, start_us + offset_us(rate_hz, index), rate_hz);
    while (schedule_deadline(&cohort->schedule) <= now_us) {
        schedule_advance(&cohort->schedule, now_us);
    }
}

enum status cohort_add(struct cohort *cohort, struct client *client)
{
    if (cohort->client_count == cohort->room) {
        const uint32_t room = cohort->room > 0 ? 2 * cohort->room : 8;
        struct client **grown = realloc(cohort->client, room * sizeof(struct client *));
        if (!grown) {
            return STATUS_NO_MEMORY;
        }
        cohort->client = grown;
        cohort->room = room;
    }
    client->cohort = cohort;
    client->place = cohort->client_count;
    cohort->client[cohort->client_count++] = client;
    return STATUS_OK;
}

void cohort_remove(struct cohort *cohort, struct client *client)
{
    struct client *last = cohort->client[--cohort->client_count];
    last->place = client->place;
    cohort->client[last->place] = last;
    client->cohort = NULL;
}

/* Of a thousand clients, none is in the cache when its turn comes; to wait for each costs a twentieth of
 * sending to it. */
static void fetch_ahead(const struct client *client)
{
    enum { LINE = 64, LINES = 4 };
    const char *line = (const char *)client;
    for (int i = 0; i < LINES; i++, line += LINE) {
        __builtin_prefetch(line);
    }
}

void cohort_serve(struct cohort *cohort, uint64_t now_us)
{
    enum { AHEAD = 4 };
    const uint32_t count = cohort->client_count;
    struct carrier *carrier = NULL;
    cohort->backwards = !cohort->backwards;
    for (uint32_t i = 0; i < count; i++) {
        struct client **place = &cohort->client[cohort->backwards ? count - 1 - i : i];
        if (count - i > AHEAD) {
            fetch_ahead(cohort->backwards ? *(place - AHEAD) : *(place + AHEAD));
        }
        if (carrier && carrier != (*place)->carrier) {
            carrier->flush(carrier);
        }
        carrier = (*place)->carrier;
        carrier->serve(*place, now_us);
    }
    if (carrier) {
        carrier->flush(carrier);
    }
}

static uint64_t longest_wait_us(const struct cohort *cohort)
{
    const uint64_t share_us = 750000U / cohort->schedule.rate_hz;
    return cohort->client_count == 0 ? 0 : share_us < FRESH_WAIT_US ? share_us : FRESH_WAIT_US;
}

void pace_follow(struct pace *pace, uint64_t frame, uint64_t published_us)
{
    if (frame == pace->frame) {
        return;
    }
    const bool onward = frame > pace->frame && published_us > pace->published_us;
    const uint64_t period_us = onward ? (published_us - pace->published_us) / (frame - pace->frame) : 0;
    *pace = (struct pace){frame, published_us, period_us <= PERIOD_MAX_US ? period_us : 0};
}

bool cohort_is_due(struct cohort *cohort, uint64_t published_us, uint64_t now_us)
{
    const uint64_t deadline = schedule_deadline(&cohort->schedule);
    const uint64_t wait_us = longest_wait_us(cohort);
    if (now_us < deadline || (published_us <= deadline && now_us < deadline + wait_us)) {
        return false;
    }
    /* As if it were the deadline still: what was spent on waiting does not cost a beat. */
    schedule_advance(&cohort->schedule, now_us - wait_us > deadline ? now_us - wait_us : deadline);
    cohort->beat++;
    return true;
}

bool cohort_step(struct cohort *cohort, bool is_new)
{
    cohort->beat += is_new ? 1 : 0;
    return is_new;
}

uint64_t cohort_next(const struct cohort *cohort, const struct pace *pace, uint64_t now_us)
{
    const uint64_t deadline = schedule_deadline(&cohort->schedule);
    const uint64_t latest = deadline + longest_wait_us(cohort);
    const uint64_t step = now_us + FRESH_POLL_US;
    uint64_t look = deadline > now_us ? deadline : step;
    if (latest == deadline) {
        return deadline;
    }
    if (pace->period_us > 0 && deadline >= pace->published_us) {
        const uint64_t known = pace->published_us + UNSURE_US;
        const uint64_t missing = deadline > known ? (deadline - known) / pace->period_us + 1 : 1;
        const uint64_t expected = pace->published_us + missing * pace->period_us + MARGIN_US;
        look = expected <= now_us ? step : expected > deadline ? expected : deadline;
    }
    return look < latest ? look : latest;
}

static struct cohort *find(struct cohort *first, uint32_t rate_hz, uint32_t index)
{
    struct cohort *cohort = first;
    while (cohort && (cohort->schedule.rate_hz != rate_hz || cohort->index != index)) {
        cohort = cohort->next;
    }
    return cohort;
}

struct cohort *cohort_join(struct cohort *first, uint32_t rate_hz, uint64_t now_us)
{
    uint32_t index = 0;
    struct cohort *cohort = find(first, rate_hz, index);
    while (cohort && cohort->client_count >= COHORT_MOST) {
        cohort = find(first, rate_hz, ++index);
    }
    if (cohort) {
        return cohort;
    }
    cohort = malloc(sizeof *cohort);
    if (cohort) {
        cohort_init(cohort, rate_hz, index, first->schedule.start_us, now_us);
        cohort->next = first->next;
        first->next = cohort;
    }
    return cohort;
}

void cohort_leave(struct cohort *first, struct cohort *cohort)
{
    if (cohort->client_count > 0) {
        return;
    }
    free(cohort->client);
    if (cohort == first) {
        cohort->client = NULL;
        cohort->room = 0;
        return;
    }
    struct cohort *before = first;
    while (before->next != cohort) {
        before = before->next;
    }
    before->next = cohort->next;
    free(cohort);
}
