/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The mapping from JACK's clock to a clock that people may set. */
#include "jack-client/client/clock_map.h"
#include "tests/unit/jack-client/dsp/signals.h"
#include "tests/unit/unit.h"

#include <math.h>

enum { TICK_US = 10000 };

static const int64_t epoch = 1700000000000000;

/* A scheduler's noise: mostly within a microsecond, now and then tens of them. */
static int64_t noise(struct random *random)
{
    const double u = random_uniform(random);
    return (int64_t)((u < 0.02 ? 60 : 2) * (random_uniform(random) - 0.5));
}

static void the_first_reading_counts_whole(void)
{
    struct clock_map map = {0};
    int64_t jump = 1;
    CU_ASSERT_FALSE(clock_map_read(&map, 5, epoch, &jump));
    CU_ASSERT_EQUAL(map.offset_us, (double)epoch);
    CU_ASSERT_EQUAL(jump, 1);
}

/* A clock that drifts at NTP's most, read with noise: time never goes back, jitter and lag stay under 100
 * us... but for the lag that following a drift of 500 ppm at two per second must have: 250 us. */
static void noise_and_drift(double drift, double worst_allowed)
{
    struct clock_map map = {0};
    struct random random = {5};
    double last = 0;
    double worst = 0;
    uint32_t backwards = 0;
    for (int64_t i = 0; i < 60000; i++) {
        const int64_t now = i * TICK_US;
        const double truth = (double)epoch + drift * (double)now;
        int64_t jump;
        CU_ASSERT_FALSE(clock_map_read(&map, now, (int64_t)truth + noise(&random), &jump));
        const double time = (double)now + (map.offset_us - (double)epoch);
        backwards += time < last;
        last = time;
        worst = fmax(worst, fabs(map.offset_us - truth));
    }
    printf("drift %.0f ppm: worst %.1f us\n", drift * 1e6, worst);
    CU_ASSERT_EQUAL(backwards, 0);
    CU_ASSERT(worst < worst_allowed);
}

static void noise_hardly_shows(void)
{
    noise_and_drift(0, 10);
    noise_and_drift(50e-6, 100);
    noise_and_drift(-50e-6, 100);
    noise_and_drift(500e-6, 300);
    noise_and_drift(-500e-6, 300);
}

static void a_step_is_followed_within_a_second(void)
{
    static const int64_t steps[] = {3600000000, -3600000000, 5000, -5000, 1000000};
    struct clock_map map = {0};
    int64_t offset = epoch;
    int64_t now = 0;
    for (size_t s = 0; s < sizeof steps / sizeof steps[0]; s++) {
        int64_t jump = 0;
        for (int i = 0; i < 200; i++) {
            CU_ASSERT_FALSE(clock_map_read(&map, now += TICK_US, offset, &jump));
        }
        offset += steps[s];
        int readings = 1;
        while (!clock_map_read(&map, now += TICK_US, offset, &jump) && readings < 1000) {
            readings++;
        }
        CU_ASSERT(readings * TICK_US < 1000000);
        CU_ASSERT_EQUAL(jump, steps[s]);
        CU_ASSERT_DOUBLE_EQUAL(map.offset_us, (double)offset, 1);
    }
}

static void a_single_far_reading_is_no_step(void)
{
    struct clock_map map = {0};
    int64_t jump;
    for (int i = 0; i < 1000; i++) {
        const bool far = i % 10 == 9; /* a thread put to sleep between the two clocks */
        CU_ASSERT_FALSE(clock_map_read(&map, (int64_t)i * TICK_US, epoch + (far ? 50000 : 0), &jump));
    }
    CU_ASSERT_DOUBLE_EQUAL(map.offset_us, (double)epoch, 1);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"the first reading counts whole", the_first_reading_counts_whole},
        {"noise hardly shows, and time never goes back", noise_hardly_shows},
        {"a step is followed within a second", a_step_is_followed_within_a_second},
        {"a single far reading is no step", a_single_far_reading_is_no_step},
        CU_TEST_INFO_NULL,
    };
    return unit_run("clock_map", tests);
}
