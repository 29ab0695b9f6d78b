/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/stream/schedule.h"
#include "tests/unit/unit.h"

static void never_drifts(void)
{
    struct schedule schedule;
    const uint64_t start = 123456789;
    schedule_init(&schedule, start, 30);
    CU_ASSERT_EQUAL(schedule_deadline(&schedule), start + 33333);
    /* An hour of wake-ups, each up to 5 ms late: the deadlines stay where they were. */
    for (uint64_t i = 1; i <= UINT64_C(30) * 3600; i++) {
        CU_ASSERT_EQUAL_FATAL(schedule_deadline(&schedule), start + i * 1000000 / 30);
        CU_ASSERT_EQUAL_FATAL(schedule_advance(&schedule, schedule_deadline(&schedule) + i * 7919 % 5000), 0);
    }
    CU_ASSERT_EQUAL(schedule_deadline(&schedule), start + 3600000000U + 33333);
}

static void early_calls_do_not_skip(void)
{
    struct schedule schedule;
    schedule_init(&schedule, 1000, 10);
    CU_ASSERT_EQUAL(schedule_advance(&schedule, 1000), 0);
    CU_ASSERT_EQUAL(schedule_deadline(&schedule), 1000 + 200000);
}

static void sleeping_through_skips(void)
{
    struct schedule schedule;
    schedule_init(&schedule, 0, 10);
    /* Due at 0.1 s, noticed at 0.75 s: those at 0.2 ... 0.7 s are gone, not sent in a burst. */
    CU_ASSERT_EQUAL(schedule_advance(&schedule, 750000), 6);
    CU_ASSERT_EQUAL(schedule_deadline(&schedule), 800000);
    /* Noticed exactly at a later deadline: that one is served now, the next is one period on. */
    CU_ASSERT_EQUAL(schedule_advance(&schedule, 1000000), 2);
    CU_ASSERT_EQUAL(schedule_deadline(&schedule), 1100000);
}

static void long_sleep_at_30(void)
{
    struct schedule schedule;
    schedule_init(&schedule, 77, 30);
    for (uint64_t now = 77; now < 77 + 3600000000U; now += 99999989) {
        schedule_advance(&schedule, now);
        CU_ASSERT_FATAL(schedule_deadline(&schedule) > now);
        CU_ASSERT_FATAL(schedule_deadline(&schedule) <= now + UINT64_C(2) * 33334);
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"never drifts", never_drifts},
        {"early calls do not skip", early_calls_do_not_skip},
        {"sleeping through skips", sleeping_through_skips},
        {"long sleep at 30 Hz", long_sleep_at_30},
        CU_TEST_INFO_NULL,
    };
    return unit_run("schedule", tests);
}
