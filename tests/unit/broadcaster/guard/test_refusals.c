/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A short memory of many refusals. */
#include "broadcaster/guard/refusals.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

static struct refusals refusals;

static void add(const char *origin, double now)
{
    refusals_add(&refusals, origin, origin, now);
}

static uint64_t count_of(const char *origin)
{
    for (uint32_t i = 0; i < refusals.count; i++) {
        if (strcmp(refusals.origin[i].origin, origin) == 0) {
            return refusals.origin[i].count;
        }
    }
    return 0;
}

static void the_newest_is_first_and_none_is_there_twice(void)
{
    refusals = (struct refusals){0};
    add("http://a", 1);
    add("http://b", 2);
    add("http://a", 3);
    refusals_add(&refusals, "http://a", NULL, 4); /* another: nothing lets it in */
    CU_ASSERT_EQUAL(refusals.count, 3);
    CU_ASSERT_STRING_EQUAL(refusals.origin[0].origin, "http://a");
    CU_ASSERT_STRING_EQUAL(refusals.origin[0].admit, "");
    CU_ASSERT_EQUAL(refusals.origin[0].count, 1);
    CU_ASSERT_STRING_EQUAL(refusals.origin[1].admit, "http://a");
    CU_ASSERT_EQUAL(refusals.origin[1].count, 2);
    CU_ASSERT_EQUAL(refusals.origin[1].last, 3);
    CU_ASSERT_STRING_EQUAL(refusals.origin[2].origin, "http://b");
}

static void a_flood_pushes_itself_out(void)
{
    refusals = (struct refusals){0};
    for (int i = 0; i < 3; i++) {
        add("http://mine", i);
    }
    for (int i = 0; i < 100000; i++) {
        char invented[32];
        snprintf(invented, sizeof invented, "http://x%d", i);
        add(invented, i);
        CU_ASSERT_EQUAL_FATAL(count_of(invented), 1); /* and the newest is shown, whatever it is */
    }
    CU_ASSERT_EQUAL(refusals.count, REFUSALS_MAX);
    CU_ASSERT_EQUAL(count_of("http://mine"), 3);
    CU_ASSERT_STRING_EQUAL(refusals.origin[0].origin, "http://x99999");
    CU_ASSERT_EQUAL(count_of("http://x99993"), 1);
    CU_ASSERT_EQUAL(count_of("http://x99992"), 0);
}

static void what_is_sent_is_made_plain_and_cut(void)
{
    char longer[2 * REFUSALS_ORIGIN_MAX];
    refusals = (struct refusals){0};
    add("http://a\tb\x01\xff c", 1);
    CU_ASSERT_STRING_EQUAL(refusals.origin[0].origin, "http://a?b???c");
    memset(longer, 'a', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    refusals_add(&refusals, longer, NULL, 2);
    refusals_add(&refusals, longer, NULL, 3);
    CU_ASSERT_EQUAL(strlen(refusals.origin[0].origin), REFUSALS_ORIGIN_MAX - 1);
    CU_ASSERT_EQUAL(refusals.origin[0].count, 2);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"the newest is first, and none is there twice", the_newest_is_first_and_none_is_there_twice},
        {"a flood pushes itself out", a_flood_pushes_itself_out},
        {"what is sent is made plain and cut", what_is_sent_is_made_plain_and_cut},
        CU_TEST_INFO_NULL};
    return unit_run("refusals", tests);
}
