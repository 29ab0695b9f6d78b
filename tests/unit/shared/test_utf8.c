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

static void the_first_character(void)
{
    CU_ASSERT_EQUAL(utf8_first(""), 0);
    CU_ASSERT_EQUAL(utf8_first("\x80"), 0);
    CU_ASSERT_EQUAL(utf8_first("\xe2\x82"), 0);
    CU_ASSERT_EQUAL(utf8_first("ab"), 1);
    CU_ASSERT_EQUAL(utf8_first("\xc3\xa9x"), 2);
    CU_ASSERT_EQUAL(utf8_first("\xe2\x82\xacx"), 3);
    CU_ASSERT_EQUAL(utf8_first("\xf0\x9f\xa5\x81\xff"), 4);
}

static void plain_text_has_no_control_characters(void)
{
    static const char *const good[] = {"", " ", "~", "\xc2\xa0", "\xc3\x80", "a \"b\" \\ \xf0\x9f\xa5\x81"};
    static const char *const bad[] = {"\x01",     "a\n",       "\x1f",  "\x7f",
                                      "\xc2\x80", "a\xc2\x9f", "a\xff", "\xc2"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        CU_ASSERT_TRUE(utf8_is_plain(good[i]));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CU_ASSERT_FALSE(utf8_is_plain(bad[i]));
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"refused", refused},
        {"taken", taken},
        {"the first character", the_first_character},
        {"plain text has no control characters", plain_text_has_no_control_characters},
        CU_TEST_INFO_NULL};
    return unit_run("utf8", tests);
}
