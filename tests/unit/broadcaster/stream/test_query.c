/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/stream/query.h"
#include "shared/part.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

static struct subscription asked;

static void refused(void)
{
    static const struct {
        enum stream_kind kind;
        const char *argument;
    } bad[] = {
        {STREAM_METRICS, "rate="},      {STREAM_METRICS, "rate=0"},    {STREAM_METRICS, "rate=121"},
        {STREAM_METRICS, "rate=-1"},    {STREAM_METRICS, "rate=+1"},   {STREAM_METRICS, "rate= 1"},
        {STREAM_METRICS, "rate=1.5"},   {STREAM_METRICS, "rate=1e1"},  {STREAM_METRICS, "rate=4294967326"},
        {STREAM_LATENCY, "rate=61"},    {STREAM_EVENTS, "rate=1"},     {STREAM_METRICS, "replay=1"},
        {STREAM_METRICS, "add="},       {STREAM_METRICS, "add=level"}, {STREAM_METRICS, "add=bands,"},
        {STREAM_LATENCY, "add=levels"}, {STREAM_EVENTS, "add=bands"},  {STREAM_EVENTS, "add=onsets,levels"},
        {STREAM_EVENTS, "replay=257"},  {STREAM_EVENTS, "replay="},    {STREAM_EVENTS, "replay=x"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        asked = query_default(bad[i].kind);
        CU_ASSERT_PTR_NOT_NULL(query_take(&asked, bad[i].kind, bad[i].argument));
    }
}

/* The range that a refusal names is the one that is checked. */
static void words_are_true(void)
{
    static const struct {
        enum stream_kind kind;
        const char *name;
    } rows[] = {{STREAM_METRICS, "rate"}, {STREAM_LATENCY, "rate"}, {STREAM_EVENTS, "replay"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char argument[32];
        unsigned ends[2];
        snprintf(argument, sizeof argument, "%s=x", rows[i].name);
        const char *from = strstr(query_take(&asked, rows[i].kind, argument), "from ");
        CU_ASSERT_PTR_NOT_NULL_FATAL(from);
        CU_ASSERT_EQUAL_FATAL(sscanf(from, "from %u to %u", &ends[0], &ends[1]), 2);
        for (int end = 0; end < 2; end++) {
            snprintf(argument, sizeof argument, "%s=%u", rows[i].name, ends[end]);
            CU_ASSERT_PTR_NULL(query_take(&asked, rows[i].kind, argument));
        }
        snprintf(argument, sizeof argument, "%s=%u", rows[i].name, ends[1] + 1);
        CU_ASSERT_PTR_NOT_NULL(query_take(&asked, rows[i].kind, argument));
        snprintf(argument, sizeof argument, "%s=%d", rows[i].name, (int)ends[0] - 1);
        CU_ASSERT_PTR_NOT_NULL(query_take(&asked, rows[i].kind, argument));
    }
}

static void taken(void)
{
    asked = query_default(STREAM_METRICS);
    CU_ASSERT_EQUAL(asked.rate_hz, 30);
    CU_ASSERT_PTR_NULL(query_take(&asked, STREAM_METRICS, "rate=120"));
    CU_ASSERT_EQUAL(asked.rate_hz, 120);
    CU_ASSERT_PTR_NULL(query_take(&asked, STREAM_METRICS, "rate=1"));
    CU_ASSERT_EQUAL(asked.rate_hz, 1);
    CU_ASSERT_PTR_NULL(query_take(&asked, STREAM_METRICS, "token=rate=0"));
    CU_ASSERT_PTR_NULL(query_take(&asked, STREAM_METRICS, ""));
    CU_ASSERT_EQUAL(asked.rate_hz, 1);
    CU_ASSERT_EQUAL(asked.add, 0);
    CU_ASSERT_PTR_NULL(query_take(&asked, STREAM_METRICS, "add=onsets,levels"));
    CU_ASSERT_EQUAL(asked.add, PART_LEVELS | PART_ONSETS);
    asked = query_default(STREAM_LATENCY);
    CU_ASSERT_EQUAL(asked.rate_hz, 10);
    CU_ASSERT_PTR_NULL(query_take(&asked, STREAM_LATENCY, "rate=60"));
    asked = query_default(STREAM_EVENTS);
    CU_ASSERT_EQUAL(asked.replay, 0);
    CU_ASSERT_PTR_NULL(query_take(&asked, STREAM_EVENTS, "replay=256"));
    CU_ASSERT_EQUAL(asked.replay, 256);
    CU_ASSERT_PTR_NULL(query_take(&asked, STREAM_EVENTS, "add=onsets"));
    CU_ASSERT_EQUAL(asked.add, PART_ONSETS);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"refused", refused}, {"words are true", words_are_true}, {"taken", taken}, CU_TEST_INFO_NULL};
    return unit_run("query", tests);
}
