/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/sinks/record/rotation.h"
#include "tests/unit/unit.h"

#include <string.h>

static void good(void)
{
    static const struct {
        const char *text;
        struct rotation means;
    } cases[] = {{NULL, {0, 0}},
                 {"1K", {1024, 0}},
                 {"100M", {104857600, 0}},
                 {"2G", {UINT64_C(2147483648), 0}},
                 {"1h", {0, 3600000000}},
                 {"30min", {0, 1800000000}},
                 {"999999G", {UINT64_C(999999) << 30U, 0}}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rotation rotation;
        char error[OPTION_ERROR_MAX];
        CU_ASSERT_EQUAL(rotation_read(&rotation, cases[i].text, error), STATUS_OK);
        CU_ASSERT_EQUAL(rotation.bytes, cases[i].means.bytes);
        CU_ASSERT_EQUAL(rotation.us, cases[i].means.us);
    }
}

static void bad(void)
{
    static const char *const cases[] = {"",    "M",    "0M",  "100",      "100m", "1H",  "-1h",
                                        "1 h", "1.5h", "1hh", "1000000M", "h1",   "1h ", "0x1M"};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rotation rotation;
        char error[OPTION_ERROR_MAX] = "";
        CU_ASSERT_EQUAL(rotation_read(&rotation, cases[i], error), STATUS_BAD_ARG);
        CU_ASSERT_PTR_NOT_NULL(strstr(error, "--record-rotate"));
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {{"good", good}, {"bad", bad}, CU_TEST_INFO_NULL};
    return unit_run("rotation", tests);
}
