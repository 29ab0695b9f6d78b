/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The standard deviation of the wake-up over the last ten seconds. */
#include "jack-client/rt/jitter.h"
#include "tests/unit/unit.h"

#include <math.h>

/* Adds alternating values, `step_us` apart, from *now on. */
static void alternate(struct jitter *jitter, uint64_t *now_us, uint64_t step_us, int count, double mean,
                      double swing)
{
    for (int i = 0; i < count; i++) {
        jitter_add(jitter, *now_us, mean + (i % 2 ? swing : -swing));
        *now_us += step_us;
    }
}

static void too_few_values_give_0(void)
{
    struct jitter jitter = {0};
    CU_ASSERT_EQUAL(jitter_deviation(&jitter), 0);
    jitter_add(&jitter, 1000, 500);
    CU_ASSERT_EQUAL(jitter_deviation(&jitter), 0);
    jitter_add(&jitter, 2000, 500);
    CU_ASSERT_EQUAL(jitter_deviation(&jitter), 0);
}

static void known_deviations(void)
{
    struct jitter jitter = {0};
    uint64_t now = 123456789;
    alternate(&jitter, &now, 1333, 2, 0, 10);
    CU_ASSERT_DOUBLE_EQUAL(jitter_deviation(&jitter), 10 * sqrt(2), 1e-9); /* of a sample of two */
    jitter = (struct jitter){0};
    alternate(&jitter, &now, 1333, 7000, 0, 10);
    CU_ASSERT_DOUBLE_EQUAL(jitter_deviation(&jitter), 10, 0.01);
}

/* A late but regular callback does not jitter; nor does an early one. */
static void the_mean_does_not_matter(void)
{
    static const double means[] = {-1000, 0, 50, 20000, 1e6};
    for (size_t i = 0; i < sizeof means / sizeof means[0]; i++) {
        struct jitter jitter = {0};
        uint64_t now = 1;
        alternate(&jitter, &now, 1333, 5000, means[i], 5);
        CU_ASSERT_DOUBLE_EQUAL(jitter_deviation(&jitter), 5, 0.01);
        jitter = (struct jitter){0};
        alternate(&jitter, &now, 1333, 5000, means[i], 0);
        CU_ASSERT_DOUBLE_EQUAL(jitter_deviation(&jitter), 0, 0.1);
    }
}

/* Ten seconds remember, and no more: whatever the period, some 0.25 s of slack. */
static void ten_seconds_are_remembered(void)
{
    static const uint64_t steps[] = {333, 1333, 21333, 170667};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        struct jitter jitter = {0};
        uint64_t now = 5000000;
        alternate(&jitter, &now, steps[i], (int)(1000000 / steps[i]), 0, 1000);
        const uint64_t calm = now;
        while (now - calm < 8600000) {
            alternate(&jitter, &now, steps[i], 2, 0, 1);
        }
        CU_ASSERT(jitter_deviation(&jitter) > 100);
        while (now - calm < 10300000) {
            alternate(&jitter, &now, steps[i], 2, 0, 1);
        }
        CU_ASSERT_DOUBLE_EQUAL(jitter_deviation(&jitter), 1, 0.05);
    }
}

/* A server that stood still for a while: what was before is older than ten seconds. */
static void a_pause_counts_as_time(void)
{
    static const uint64_t pauses[] = {10300000, 11000000, 60000000, 86400000000};
    for (size_t i = 0; i < sizeof pauses / sizeof pauses[0]; i++) {
        struct jitter jitter = {0};
        uint64_t now = 5000000;
        alternate(&jitter, &now, 1333, 7500, 0, 1000);
        now += pauses[i];
        alternate(&jitter, &now, 1333, 1000, 0, 1);
        CU_ASSERT_DOUBLE_EQUAL(jitter_deviation(&jitter), 1, 0.05);
    }
    struct jitter jitter = {0};
    uint64_t now = 5000000;
    alternate(&jitter, &now, 1333, 7500, 0, 1000); /* ten seconds */
    now += 5000000;
    alternate(&jitter, &now, 1333, 100, 0, 1); /* half of them are still remembered */
    CU_ASSERT_DOUBLE_EQUAL(jitter_deviation(&jitter), 1000, 20);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"too few values give 0", too_few_values_give_0},
        {"known deviations", known_deviations},
        {"the mean does not matter", the_mean_does_not_matter},
        {"ten seconds are remembered", ten_seconds_are_remembered},
        {"a pause counts as time", a_pause_counts_as_time},
        CU_TEST_INFO_NULL,
    };
    return unit_run("jitter", tests);
}
