/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/query.h"
#include "tests/unit/unit.h"

static struct wish wish;

static void refused(void)
{
    static const struct {
        enum stream_kind kind;
        const char *argument;
    } bad[] = {
        {STREAM_METRICS, "rate="},     {STREAM_METRICS, "rate=0"},   {STREAM_METRICS, "rate=121"},
        {STREAM_METRICS, "rate=-1"},   {STREAM_METRICS, "rate=+1"},  {STREAM_METRICS, "rate= 1"},
        {STREAM_METRICS, "rate=1.5"},  {STREAM_METRICS, "rate=1e1"}, {STREAM_METRICS, "rate=4294967326"},
        {STREAM_LATENCY, "rate=61"},   {STREAM_EVENTS, "rate=1"},    {STREAM_METRICS, "replay=1"},
        {STREAM_EVENTS, "replay=257"}, {STREAM_EVENTS, "replay="},   {STREAM_EVENTS, "replay=x"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        wish = query_default(bad[i].kind);
        CU_ASSERT_PTR_NOT_NULL(query_take(&wish, bad[i].kind, bad[i].argument));
    }
}

static void taken(void)
{
    wish = query_default(STREAM_METRICS);
    CU_ASSERT_EQUAL(wish.rate_hz, 30);
    CU_ASSERT_PTR_NULL(query_take(&wish, STREAM_METRICS, "rate=120"));
    CU_ASSERT_EQUAL(wish.rate_hz, 120);
    CU_ASSERT_PTR_NULL(query_take(&wish, STREAM_METRICS, "rate=1"));
    CU_ASSERT_EQUAL(wish.rate_hz, 1);
    CU_ASSERT_PTR_NULL(query_take(&wish, STREAM_METRICS, "token=rate=0"));
    CU_ASSERT_PTR_NULL(query_take(&wish, STREAM_METRICS, ""));
    CU_ASSERT_EQUAL(wish.rate_hz, 1);
    wish = query_default(STREAM_LATENCY);
    CU_ASSERT_EQUAL(wish.rate_hz, 10);
    CU_ASSERT_PTR_NULL(query_take(&wish, STREAM_LATENCY, "rate=60"));
    wish = query_default(STREAM_EVENTS);
    CU_ASSERT_EQUAL(wish.replay, 0);
    CU_ASSERT_PTR_NULL(query_take(&wish, STREAM_EVENTS, "replay=256"));
    CU_ASSERT_EQUAL(wish.replay, 256);
}

int main(void)
{
    static const CU_TestInfo tests[] = {{"refused", refused}, {"taken", taken}, CU_TEST_INFO_NULL};
    return unit_run("query", tests);
}
