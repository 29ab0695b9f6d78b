/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/stream/ages.h"
#include "tests/unit/unit.h"

static void nothing_sent(void)
{
    const struct ages window = {0};
    CU_ASSERT_EQUAL(ages_mean_ms(&window, 0), 0);
    CU_ASSERT_EQUAL(ages_mean_ms(&window, 5000000), 0);
}

static void centre_in_the_future(void)
{
    struct ages window = {0};
    ages_add(&window, 1000, 2000);
    CU_ASSERT_EQUAL(ages_mean_ms(&window, 1000), -1);
}

static void mean_of_the_last_second(void)
{
    struct ages window = {0};
    ages_add(&window, 1000000, 900000); /* 100 ms, more than a second ago */
    ages_add(&window, 2000001, 1990001);
    ages_add(&window, 2500000, 2480000);
    ages_add(&window, 3000000, 2970000);
    CU_ASSERT_DOUBLE_EQUAL(ages_mean_ms(&window, 3000000), (10.0 + 20.0 + 30.0) / 3, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(ages_mean_ms(&window, 3000001), 25.0, 1e-9);
    CU_ASSERT_EQUAL(ages_mean_ms(&window, 9000000), 0);
}

static void old_ones_are_overwritten(void)
{
    struct ages window = {0};
    for (uint64_t i = 0; i < 1000; i++) {
        ages_add(&window, 10000000 + i, 10000000 + i - (i < 1000 - LATENCY_SAMPLES ? 50000 : 5000));
    }
    CU_ASSERT_DOUBLE_EQUAL(ages_mean_ms(&window, 10001000), 5.0, 1e-9);
}

static void the_report(void)
{
    const struct latency_snapshot graph = {21.5, 10.5, 0.25, 1, 1};
    const struct metrics_snapshot newest = {.centre_us = 1000000, .published_us = 1030000};
    struct latency_report report = latency_describe(&graph, 40.0, &newest, 123.5);
    CU_ASSERT_EQUAL(report.timestamp, 123.5);
    CU_ASSERT_EQUAL(report.total_ms, 61.5);
    CU_ASSERT_EQUAL(report.hardware_ms, 21.5);
    CU_ASSERT_EQUAL(report.software_ms, 40.0);
    CU_ASSERT_EQUAL(report.buffer_ms, 10.5);
    CU_ASSERT_EQUAL(report.jitter_ms, 0.25);
    CU_ASSERT_EQUAL(report.calibrated, 1);
    CU_ASSERT_DOUBLE_EQUAL(report.compensation_ms, 51.5, 1e-9);

    const struct latency_snapshot uncompensated = {21.5, 10.5, 0.25, 0, 0};
    report = latency_describe(&uncompensated, 0, &newest, 0);
    CU_ASSERT_EQUAL(report.compensation_ms, 0);
    CU_ASSERT_EQUAL(report.calibrated, 0);

    const struct metrics_snapshot ahead = {.centre_us = 2000000, .published_us = 1990000};
    report = latency_describe(&graph, -9, &ahead, 0);
    CU_ASSERT_EQUAL(report.total_ms, 12.5);
    CU_ASSERT_DOUBLE_EQUAL(report.compensation_ms, 11.5, 1e-9);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"nothing sent", nothing_sent},
        {"centre in the future", centre_in_the_future},
        {"mean of the last second", mean_of_the_last_second},
        {"old ones are overwritten", old_ones_are_overwritten},
        {"the report", the_report},
        CU_TEST_INFO_NULL,
    };
    return unit_run("latency", tests);
}
