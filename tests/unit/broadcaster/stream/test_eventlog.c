/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/stream/eventlog.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

static struct eventlog events;

static void push(uint64_t number)
{
    char text[64];
    const int length = snprintf(text, sizeof text, "event %llu", (unsigned long long)number);
    CU_ASSERT_EQUAL(eventlog_push(&events, text, (size_t)length, 0), STATUS_OK);
}

static void expect(uint64_t number)
{
    char text[64];
    const int length = snprintf(text, sizeof text, "event %llu", (unsigned long long)number);
    const struct encoded *event = eventlog_get(&events, number);
    CU_ASSERT(event && event->plain.length == (size_t)length &&
              memcmp(wire_text(&event->plain), text, event->plain.length) == 0);
}

static void nothing_yet(void)
{
    CU_ASSERT_PTR_NULL(eventlog_get(&events, 0));
    CU_ASSERT_PTR_NULL(eventlog_get(&events, UINT64_MAX));
    CU_ASSERT_FALSE(eventlog_lags(&events, 0));
    CU_ASSERT_FALSE(eventlog_lags(&events, UINT64_MAX));
}

static void in_order(void)
{
    for (uint64_t i = 0; i < EVENTLOG_SLOTS; i++) {
        push(i);
    }
    expect(0);
    expect(EVENTLOG_SLOTS - 1);
    CU_ASSERT_PTR_NULL(eventlog_get(&events, EVENTLOG_SLOTS));
}

static void oldest_go_first(void)
{
    push(EVENTLOG_SLOTS);
    CU_ASSERT_PTR_NULL(eventlog_get(&events, 0));
    expect(1);
    expect(EVENTLOG_SLOTS);
}

static void lag_limit(void)
{
    CU_ASSERT_FALSE(eventlog_lags(&events, events.head));
    CU_ASSERT_FALSE(eventlog_lags(&events, events.head - EVENTLOG_LAG_MAX));
    CU_ASSERT_TRUE(eventlog_lags(&events, events.head - EVENTLOG_LAG_MAX - 1));
    expect(events.head - EVENTLOG_LAG_MAX); /* whoever is within the limit still finds its event */
    eventlog_free(&events);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"nothing yet", nothing_yet}, {"in order", in_order}, {"oldest go first", oldest_go_first},
        {"lag limit", lag_limit},     CU_TEST_INFO_NULL,
    };
    return unit_run("eventlog", tests);
}
