/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/stream/cohort.h"
#include "broadcaster/stream/hub.h"
#include "tests/unit/unit.h"

static struct cohort cohort;
static struct client client;

static void nobody_there(void)
{
    const struct pace pace = {1, 990, 100};
    cohort_init(&cohort, 10, 0, 1000, 1000);
    CU_ASSERT_FALSE(cohort_is_due(&cohort, 0, 100999));
    CU_ASSERT_EQUAL(cohort_next(&cohort, &pace, 2000), 101000);
    CU_ASSERT_TRUE(cohort_is_due(&cohort, 0, 101000));
    CU_ASSERT_FALSE(cohort_is_due(&cohort, 0, 101001));
    CU_ASSERT_EQUAL(cohort.beat, 1);
}

/* The first frame that is newer than the deadline, or none in time. */
static void waits_for_a_fresh_frame(void)
{
    cohort_init(&cohort, 10, 0, 0, 0);
    CU_ASSERT_EQUAL(cohort_add(&cohort, &client), STATUS_OK);
    CU_ASSERT_FALSE(cohort_is_due(&cohort, 99000, 100000));
    CU_ASSERT_FALSE(cohort_is_due(&cohort, 100000, 104000));
    CU_ASSERT_TRUE(cohort_is_due(&cohort, 104500, 105000));
    CU_ASSERT_FALSE(cohort_is_due(&cohort, 104500, 211999));
    CU_ASSERT_TRUE(cohort_is_due(&cohort, 104500, 212000));
    CU_ASSERT_TRUE(cohort_is_due(&cohort, UINT64_MAX, 300000));
    CU_ASSERT_EQUAL(cohort.beat, 3);
    cohort_remove(&cohort, &client);
    CU_ASSERT_EQUAL(cohort.client_count, 0);
    CU_ASSERT_PTR_NULL(client.cohort);
    cohort_leave(&cohort, &cohort);
}

static void looks_when_a_frame_is_likely(void)
{
    const struct pace unknown = {0};
    const struct pace pace = {7, 80000, 10000};
    const struct pace early = {7, 79400, 10000};
    const struct pace was = {9, 99600, 10000};
    cohort_init(&cohort, 10, 0, 0, 0);
    CU_ASSERT_EQUAL(cohort_add(&cohort, &client), STATUS_OK);
    CU_ASSERT_EQUAL(cohort_next(&cohort, &unknown, 50000), 100000);
    CU_ASSERT_EQUAL(cohort_next(&cohort, &unknown, 100500), 101500);
    CU_ASSERT_EQUAL(cohort_next(&cohort, &pace, 50000), 100300); /* 90: not newer; 100: perhaps */
    CU_ASSERT_EQUAL(cohort_next(&cohort, &early, 50000), 109700);
    CU_ASSERT_EQUAL(cohort_next(&cohort, &was, 100300), 109900); /* that one was not newer */
    CU_ASSERT_EQUAL(cohort_next(&cohort, &was, 110400), 111400); /* late: in steps */
    CU_ASSERT_EQUAL(cohort_next(&cohort, &was, 111900), 112000); /* and then without */
    cohort_remove(&cohort, &client);
    cohort_leave(&cohort, &cohort);
}

static void follows_the_pace(void)
{
    struct pace pace = {0};
    pace_follow(&pace, 10, 1000000);
    CU_ASSERT_EQUAL(pace.published_us, 1000000);
    pace_follow(&pace, 13, 1030000);
    CU_ASSERT_EQUAL(pace.period_us, 10000);
    pace_follow(&pace, 13, 5);
    CU_ASSERT_EQUAL(pace.published_us, 1030000);
    pace_follow(&pace, 2, 2000000); /* another analyser */
    CU_ASSERT_EQUAL(pace.period_us, 0);
    pace_follow(&pace, 3, 9000000);
    CU_ASSERT_EQUAL(pace.period_us, 0);
}

/* Further cohorts of a rate have their deadlines between those of the others, whenever they are made. */
static void lies_between_the_others(void)
{
    static const uint64_t first[] = {100000, 150000, 125000, 175000, 112500};
    for (uint32_t index = 0; index < sizeof first / sizeof first[0]; index++) {
        cohort_init(&cohort, 10, index, 7, 7);
        CU_ASSERT_EQUAL(schedule_deadline(&cohort.schedule), first[index] + 7);
        cohort_init(&cohort, 10, index, 7, 3000007);
        CU_ASSERT_EQUAL(schedule_deadline(&cohort.schedule), 3000007 + (first[index] - 1) % 100000 + 1);
    }
}

/* --- serving --- */

enum { MANY = 20 };

static struct client many[MANY];
static const struct client *served[MANY];
static uint32_t served_count;
static uint32_t flushes;

static void note(struct client *one, uint64_t now_us)
{
    CU_ASSERT_EQUAL(now_us, 7);
    served[served_count++] = one;
}

static void flush(struct carrier *carrier)
{
    CU_ASSERT_PTR_EQUAL(carrier, cohort.client[0]->carrier);
    CU_ASSERT_EQUAL(served_count, cohort.client_count);
    flushes++;
}

/* Once each. Returns who was first; `last` gets who was last. */
static const struct client *serve_all(const struct client **last)
{
    served_count = flushes = 0;
    cohort_serve(&cohort, 7);
    CU_ASSERT_EQUAL(flushes, 1);
    CU_ASSERT_EQUAL_FATAL(served_count, cohort.client_count);
    for (uint32_t i = 0; i < served_count; i++) {
        for (uint32_t k = 0; k < i; k++) {
            CU_ASSERT_PTR_NOT_EQUAL(served[i], served[k]);
        }
    }
    *last = served[served_count - 1];
    return served[0];
}

static const struct carrier *flushed;

static void flush_other(struct carrier *carrier)
{
    flushed = carrier;
    flushes++;
}

/* What each carrier has gathered goes out. */
static void two_carriers(void)
{
    static struct carrier carriers[2] = {{.serve = note, .flush = flush_other},
                                         {.serve = note, .flush = flush_other}};
    cohort_init(&cohort, 10, 0, 0, 0);
    for (size_t i = 0; i < 3; i++) {
        many[i].carrier = &carriers[i == 2];
        CU_ASSERT_EQUAL_FATAL(cohort_add(&cohort, &many[i]), STATUS_OK);
    }
    for (int beat = 0; beat < 2; beat++) {
        served_count = flushes = 0;
        cohort_serve(&cohort, 7);
        CU_ASSERT_EQUAL(served_count, 3);
        CU_ASSERT_EQUAL(flushes, 2);
        CU_ASSERT_PTR_EQUAL(flushed, served[2]->carrier);
    }
    while (cohort.client_count > 0) {
        cohort_remove(&cohort, cohort.client[0]);
    }
    cohort_leave(&cohort, &cohort);
}

static void nobody_is_always_the_last(void)
{
    static struct carrier carrier = {.serve = note, .flush = flush};
    cohort_init(&cohort, 10, 0, 0, 0);
    for (size_t i = 0; i < MANY; i++) {
        many[i].carrier = &carrier;
        CU_ASSERT_EQUAL_FATAL(cohort_add(&cohort, &many[i]), STATUS_OK);
    }
    const struct client *last = NULL;
    (void)serve_all(&last);
    for (int beat = 0; beat < 4; beat++) {
        const struct client *before = last;
        CU_ASSERT_PTR_EQUAL(serve_all(&last), before);
    }
    for (size_t i = 0; i < MANY; i += 2) {
        cohort_remove(&cohort, &many[i]);
        CU_ASSERT_PTR_NULL(many[i].cohort);
    }
    CU_ASSERT_EQUAL(cohort.client_count, MANY / 2);
    (void)serve_all(&last);
    for (uint32_t i = 0; i < served_count; i++) {
        CU_ASSERT_EQUAL((served[i] - many) % 2, 1);
    }
    while (cohort.client_count > 0) {
        cohort_remove(&cohort, cohort.client[0]);
    }
    cohort_leave(&cohort, &cohort);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"nobody there", nobody_there},
        {"waits for a fresh frame", waits_for_a_fresh_frame},
        {"looks when a frame is likely", looks_when_a_frame_is_likely},
        {"follows the pace", follows_the_pace},
        {"lies between the others", lies_between_the_others},
        {"nobody is always the last", nobody_is_always_the_last},
        {"two carriers", two_carriers},
        CU_TEST_INFO_NULL,
    };
    return unit_run("cohort", tests);
}
