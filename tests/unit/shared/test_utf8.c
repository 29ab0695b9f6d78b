/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/utf8.h"
#include "tests/unit/unit.h"

#include <string.h>

/* Whole, and byte by byte. */
static bool is_utf8(const char *text)
{
    struct utf8 whole = {0};
    struct utf8 pieces = {0};
    bool good = true;
    const bool at_once = utf8_take(&whole, (const unsigned char *)text, strlen(text)) && whole.missing == 0;
    for (const char *at = text; good && *at; at++) {
        good = utf8_take(&pieces, (const unsigned char *)at, 1);
    }
    good = good && pieces.missing == 0;
    CU_ASSERT_EQUAL(good, at_once);
    return good;
}

static void refused(void)
{
    static const char *const bad[] = {
        "\x80",
        "\xbf",
        "\xc0\x80",
        "\xc1\xbf",
        "\xc2",
        "\xc2 ",
        "\xe0\x9f\xbf",
        "\xed\xa0\x80",
        "\xef\xbf",
        "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xff",
        "ok\xe2\x82",
        "\xe2\x28\xa1",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CU_ASSERT_FALSE(is_utf8(bad[i]));
    }
}

static void taken(void)
{
    static const char *const good[] = {"",
                                       "plain",
                                       "\xc2\x80",
                                       "\xdf\xbf",
                                       "\xe0\xa0\x80",
                                       "\xed\x9f\xbf",
                                       "\xee\x80\x80",
                                       "\xf0\x90\x80\x80",
                                       "\xf4\x8f\xbf\xbf",
                                       "\xce\xba\xf0\x9d\x84\x9ex"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        CU_ASSERT_TRUE(is_utf8(good[i]));
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {{"refused", refused}, {"taken", taken}, CU_TEST_INFO_NULL};
    return unit_run("utf8", tests);
}
