/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/guard.h"
#include "tests/unit/unit.h"

#include <stddef.h>

static void hosts_refused(void)
{
    static const char *const hosts[] = {
        "",
        ":8000",
        "evil.example",
        "evil.example:8000",
        "localhost.evil.example",
        "localhost:8000@evil.example",
        "127.0.0.1.evil.example",
        "10.0.0.1",
        "0.0.0.0",
        "[::1",
        "[::1]x",
        "[::2]:8000",
        "::1",
        "localhost:80 80",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    };
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        CU_ASSERT_FALSE(guard_host_allowed(hosts[i]));
    }
}

static void hosts_allowed(void)
{
    static const char *const hosts[] = {"localhost",      "localhost:8000", "LocalHost:1", "127.0.0.1",
                                        "127.1.2.3:8000", "[::1]",          "[::1]:8000"};
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        CU_ASSERT_TRUE(guard_host_allowed(hosts[i]));
    }
}

static void origins(void)
{
    CU_ASSERT_FALSE(guard_origin_allowed(""));
    CU_ASSERT_FALSE(guard_origin_allowed("http://evil.example"));
    CU_ASSERT_FALSE(guard_origin_allowed("https://localhost.evil.example:8000"));
    CU_ASSERT_FALSE(guard_origin_allowed("ftp://localhost"));
    CU_ASSERT_FALSE(guard_origin_allowed("localhost"));
    CU_ASSERT_TRUE(guard_origin_allowed("null"));
    CU_ASSERT_TRUE(guard_origin_allowed("http://localhost:3000"));
    CU_ASSERT_TRUE(guard_origin_allowed("http://[::1]:8000"));
    CU_ASSERT_TRUE(guard_origin_allowed("https://127.0.0.1"));
}

static void posting_origins(void)
{
    CU_ASSERT_FALSE(guard_origin_may_post("null"));
    CU_ASSERT_FALSE(guard_origin_may_post(""));
    CU_ASSERT_FALSE(guard_origin_may_post("http://evil.example"));
    CU_ASSERT_FALSE(guard_origin_may_post("http://localhost.evil.example"));
    CU_ASSERT_TRUE(guard_origin_may_post("http://localhost:8000"));
    CU_ASSERT_TRUE(guard_origin_may_post("http://[::1]:8000"));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"hosts refused", hosts_refused},
        {"hosts allowed", hosts_allowed},
        {"origins", origins},
        {"posting origins", posting_origins},
        CU_TEST_INFO_NULL,
    };
    return unit_run("guard", tests);
}
