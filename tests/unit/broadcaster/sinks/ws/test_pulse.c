/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/sinks/ws/pulse.h"
#include "tests/unit/unit.h"

enum { MS = 1000 };

static const uint64_t start = 5000000;

/* A client that answers after so long, from its first ping on. */
static struct pulse answering(uint64_t after_us)
{
    struct pulse pulse;
    pulse_start(&pulse, start);
    pulse_pinged(&pulse, start);
    CU_ASSERT_FALSE(pulse_take_pong(&pulse, start, start + after_us));
    return pulse;
}

static void when_pings_are_due(void)
{
    struct pulse pulse;
    pulse_start(&pulse, start);
    CU_ASSERT_FALSE(pulse_is_due(&pulse, PULSE_OFTEN_US, start + PULSE_FIRST_US - 1));
    CU_ASSERT(pulse_is_due(&pulse, PULSE_OFTEN_US, start + PULSE_FIRST_US));
    CU_ASSERT_FALSE(pulse_is_due(&pulse, PULSE_SELDOM_US, start + PULSE_SELDOM_US - 1));
    CU_ASSERT(pulse_is_due(&pulse, PULSE_SELDOM_US, start + PULSE_SELDOM_US));
    pulse = answering(MS);
    CU_ASSERT_FALSE(pulse_is_due(&pulse, PULSE_OFTEN_US, start + PULSE_OFTEN_US - 1));
    CU_ASSERT(pulse_is_due(&pulse, PULSE_OFTEN_US, start + PULSE_OFTEN_US));
    pulse_pinged(&pulse, start + PULSE_OFTEN_US); /* not again while that one is not answered... */
    CU_ASSERT_FALSE(pulse_is_due(&pulse, PULSE_OFTEN_US, start + UINT64_C(5000) * MS));
    CU_ASSERT(pulse_is_due(&pulse, PULSE_OFTEN_US, start + UINT64_C(15000) * MS)); /* ...for long */
}

/* From the last answer on, less than a second. */
static void one_that_stops_is_late(void)
{
    struct pulse pulse = answering(MS);
    const uint64_t pinged = start + PULSE_OFTEN_US;
    pulse_pinged(&pulse, pinged);
    CU_ASSERT_FALSE(pulse_is_late(&pulse, pinged + 240 * MS));
    CU_ASSERT(pulse_is_late(&pulse, start + 999 * MS));
    CU_ASSERT(pulse_is_late(&pulse, start + UINT64_C(15000) * MS));
    CU_ASSERT_FALSE(pulse_take_pong(&pulse, 0, start + UINT64_C(15000) * MS)); /* an unsolicited pong */
    CU_ASSERT_FALSE(pulse_take_pong(&pulse, start, start + UINT64_C(15000) * MS));
    CU_ASSERT(pulse_is_late(&pulse, start + UINT64_C(15000) * MS));
    CU_ASSERT(pulse_take_pong(&pulse, pinged, start + UINT64_C(15001) * MS)); /* awake */
    CU_ASSERT_FALSE(pulse_is_late(&pulse, start + UINT64_C(15001) * MS));
    CU_ASSERT_FALSE(pulse_take_pong(&pulse, pinged, start + UINT64_C(15001) * MS));
}

static void one_that_is_far_away_is_not(void)
{
    struct pulse pulse = answering(800 * MS);
    const uint64_t pinged = start + UINT64_C(2000) * MS;
    pulse_pinged(&pulse, pinged);
    CU_ASSERT_FALSE(pulse_is_late(&pulse, pinged + 1000 * MS));
    CU_ASSERT(pulse_is_late(&pulse, pinged + 1100 * MS));
    pulse = answering(UINT64_C(15000) * MS); /* it slept from the start */
    pulse_pinged(&pulse, start + UINT64_C(20000) * MS);
    CU_ASSERT(pulse_is_late(&pulse, start + UINT64_C(21500) * MS));
}

static void one_that_has_never_answered_is_not(void)
{
    struct pulse pulse;
    pulse_start(&pulse, start);
    pulse_pinged(&pulse, start);
    CU_ASSERT_FALSE(pulse_is_late(&pulse, start + UINT64_C(29000) * MS));
}

static void nobody_is_there(void)
{
    struct pulse pulse;
    pulse_start(&pulse, start);
    CU_ASSERT_FALSE(pulse_is_gone(&pulse, start + PULSE_GONE_US));
    CU_ASSERT(pulse_is_gone(&pulse, start + PULSE_GONE_US + 1));
    pulse_pinged(&pulse, start);
    (void)pulse_take_pong(&pulse, 0, start + 10); /* any word counts here */
    CU_ASSERT_FALSE(pulse_is_gone(&pulse, start + PULSE_GONE_US + 10));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"when pings are due", when_pings_are_due},
        {"one that stops is late", one_that_stops_is_late},
        {"one that is far away is not", one_that_is_far_away_is_not},
        {"one that has never answered is not", one_that_has_never_answered_is_not},
        {"nobody is there", nobody_is_there},
        CU_TEST_INFO_NULL,
    };
    return unit_run("pulse", tests);
}
