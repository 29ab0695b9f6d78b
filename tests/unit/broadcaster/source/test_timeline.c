/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/source/timeline.h"
#include "tests/unit/unit.h"

#include <math.h>

static struct timeline timeline;

static void expect(double t, double place)
{
    const double got = timeline_place(&timeline, t);
    CU_ASSERT(fabs(got - place) < 1e-6);
}

static void plain(void)
{
    timeline = (struct timeline){0};
    expect(1764512345.5, 0);
    expect(1764512345.5, 0);
    expect(1764512346, 0.5);
    expect(1764512946, 600.5); /* a long rest */
}

static void late_lines(void)
{
    timeline = (struct timeline){0};
    expect(100, 0);
    expect(99.5, 0); /* comes at once, */
    expect(101, 1);  /* and those after it are no later */
}

static void another_begins(void)
{
    timeline = (struct timeline){0};
    timeline_begin_anew(&timeline);
    expect(100, 0);
    expect(101, 1);
    timeline_begin_anew(&timeline);
    expect(7, 1 + TIMELINE_JOINT);
    expect(8, 2 + TIMELINE_JOINT);
}

/* One line's time is damaged: what comes after it goes on. */
static void absurd_times(void)
{
    timeline = (struct timeline){0};
    expect(100, 0);
    expect(9e10, TIMELINE_JOINT);
    expect(101, TIMELINE_JOINT);
    expect(102, 1 + TIMELINE_JOINT);
    expect(-1e11, 1 + TIMELINE_JOINT);
    expect(103, 1 + 2 * TIMELINE_JOINT);
}

int main(void)
{
    const CU_TestInfo tests[] = {
        {"plain", plain},
        {"late lines", late_lines},
        {"another begins", another_begins},
        {"absurd times", absurd_times},
        CU_TEST_INFO_NULL,
    };
    return unit_run("timeline", tests);
}
