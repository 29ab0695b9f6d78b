/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The phrases and the errno mapping of shared/status.h. */
#include "shared/status.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

static void unknown_values_have_a_phrase(void)
{
    CU_ASSERT_STRING_EQUAL(status_str((enum status)9999), "unknown status");
    CU_ASSERT_STRING_EQUAL(status_str((enum status)(STATUS_IO + 1)), "unknown status");
    CU_ASSERT_EQUAL(status_from_errno(-1), STATUS_IO);
    CU_ASSERT_EQUAL(status_from_errno(99999), STATUS_IO);
}

static void every_status_has_its_own_phrase(void)
{
    int pairs = 0;
    for (int a = STATUS_OK; a <= STATUS_IO; a++) {
        const char *phrase = status_str((enum status)a);
        CU_ASSERT_PTR_NOT_NULL_FATAL(phrase);
        CU_ASSERT(strlen(phrase) > 0 && strcmp(phrase, "unknown status") != 0);
        for (int b = a + 1; b <= STATUS_IO; b++) {
            CU_ASSERT_STRING_NOT_EQUAL(phrase, status_str((enum status)b));
            pairs++;
        }
    }
    CU_ASSERT_EQUAL(STATUS_OK, 0);
    CU_ASSERT_EQUAL(pairs, 16 * 15 / 2);
}

static void errno_maps_once(void)
{
    static const struct {
        int err;
        enum status status;
    } rows[] = {
        {0, STATUS_OK},
        {ENOMEM, STATUS_NO_MEMORY},
        {ENOSPC, STATUS_NO_MEMORY},
        {EACCES, STATUS_NO_ACCESS},
        {EPERM, STATUS_NO_ACCESS},
        {EROFS, STATUS_NO_ACCESS},
        {ENOENT, STATUS_NOT_FOUND},
        {EAGAIN, STATUS_BUSY},
        {EBUSY, STATUS_BUSY},
        {EEXIST, STATUS_BUSY},
        {EINVAL, STATUS_BAD_ARG},
        {ENAMETOOLONG, STATUS_BAD_ARG},
        {EIO, STATUS_IO},
        {EMFILE, STATUS_IO},
        {EISDIR, STATUS_IO},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CU_ASSERT_EQUAL(status_from_errno(rows[i].err), rows[i].status);
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"unknown values have a phrase", unknown_values_have_a_phrase},
        {"every status has its own phrase", every_status_has_its_own_phrase},
        {"errno maps once", errno_maps_once},
        CU_TEST_INFO_NULL,
    };
    return unit_run("status", tests);
}
