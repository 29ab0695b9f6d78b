/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The main function of a CUnit program: one suite, its tests in order, exit code 1 if any assertion failed.
 */
#ifndef PHICAST_TESTS_UNIT_H
#define PHICAST_TESTS_UNIT_H

#include <CUnit/Basic.h>
#include <CUnit/CUnit.h>
#include <stdlib.h>

static inline int unit_run(const char *suite, const CU_TestInfo *tests)
{
    CU_SuiteInfo suites[] = {{suite, NULL, NULL, NULL, NULL, (CU_TestInfo *)tests}, CU_SUITE_INFO_NULL};
    if (CU_initialize_registry() != CUE_SUCCESS || CU_register_suites(suites) != CUE_SUCCESS) {
        return EXIT_FAILURE;
    }
    CU_basic_set_mode(CU_BRM_NORMAL);
    CU_basic_run_tests();
    const unsigned failures = CU_get_number_of_failures();
    const unsigned asserts = CU_get_number_of_asserts();
    CU_cleanup_registry();
    return failures == 0 && asserts > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
