/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/url.h"
#include "tests/unit/unit.h"

#include <string.h>

static bool number(uint32_t *out, const char *text, uint32_t min, uint32_t max)
{
    return url_number(out, text, text + strlen(text), min, max);
}

static void numbers(void)
{
    static const char *const wrong[] = {"", "x", "1x", " 1", "+1", "-1", "0", "65536", "100000", "000001"};
    uint32_t value = 7;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        CU_ASSERT_FALSE(number(&value, wrong[i], 1, UINT16_MAX));
    }
    CU_ASSERT_EQUAL(value, 7);
    CU_ASSERT_TRUE(number(&value, "65535", 1, UINT16_MAX));
    CU_ASSERT_EQUAL(value, 65535);
    CU_ASSERT_TRUE(number(&value, "00012", 1, UINT16_MAX));
    CU_ASSERT_EQUAL(value, 12);
    CU_ASSERT_TRUE(number(&value, "0", 0, 9));
    CU_ASSERT_EQUAL(value, 0);
}

static void pieces(void)
{
    const char *text = "abc";
    char out[4] = "old";
    CU_ASSERT_FALSE(url_cut(out, sizeof out, text, text));
    CU_ASSERT_FALSE(url_cut(out, 3, text, text + 3));
    CU_ASSERT_STRING_EQUAL(out, "old");
    CU_ASSERT_TRUE(url_cut(out, sizeof out, text + 1, text + 3));
    CU_ASSERT_STRING_EQUAL(out, "bc");
}

static void hosts(void)
{
    CU_ASSERT_TRUE(url_is_host("my-host_1.local", false));
    CU_ASSERT_FALSE(url_is_host("::1", false));
    CU_ASSERT_FALSE(url_is_host("a b", false));
    CU_ASSERT_TRUE(url_is_host("fe80::1%eth0", true));
    CU_ASSERT_FALSE(url_is_host("127.0.0.1", true));
}

static void percents(void)
{
    char out[16];
    CU_ASSERT_TRUE(url_decode(out, "a%2Fb%c3%A9"));
    CU_ASSERT_STRING_EQUAL(out, "a/b\xc3\xa9");
    CU_ASSERT_FALSE(url_decode(out, "%"));
    CU_ASSERT_FALSE(url_decode(out, "%2"));
    CU_ASSERT_FALSE(url_decode(out, "%2g"));
    CU_ASSERT_FALSE(url_decode(out, "%00"));
}

int main(void)
{
    static const CU_TestInfo tests[] = {{"numbers", numbers},
                                        {"pieces", pieces},
                                        {"hosts", hosts},
                                        {"percents", percents},
                                        CU_TEST_INFO_NULL};
    return unit_run("url", tests);
}
