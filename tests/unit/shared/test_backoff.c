/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/backoff.h"
#include "tests/unit/unit.h"

/* Each is within its bounds, and not always the same. */
static void grows(void)
{
    static const uint64_t middle_us[] = {250000, 500000, 1000000, 2000000, 4000000, 4000000};
    enum { TRIES = 1000 };
    for (uint32_t i = 0; i < 6; i++) {
        uint64_t least = UINT64_MAX;
        uint64_t most = 0;
        for (int k = 0; k < TRIES; k++) {
            const uint64_t us = backoff_us(i);
            least = us < least ? us : least;
            most = us > most ? us : most;
        }
        CU_ASSERT(least >= middle_us[i] * 7 / 10 && least < middle_us[i]);
        CU_ASSERT(most <= middle_us[i] * 13 / 10 && most > middle_us[i]);
    }
    CU_ASSERT(backoff_us(UINT32_MAX) <= BACKOFF_MAX_US * UINT64_C(13) / 10);
}

int main(void)
{
    static const CU_TestInfo tests[] = {{"grows", grows}, CU_TEST_INFO_NULL};
    return unit_run("backoff", tests);
}
