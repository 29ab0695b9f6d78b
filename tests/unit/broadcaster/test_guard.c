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

static void hosts_of_an_open_server(void)
{
    CU_ASSERT_TRUE(guard_host_is_address("192.168.1.2"));
    CU_ASSERT_TRUE(guard_host_is_address("192.168.1.2:8000"));
    CU_ASSERT_TRUE(guard_host_is_address("[fe80::1]:8000"));
    CU_ASSERT_FALSE(guard_host_is_address("192.168.1.2.evil.example"));
    CU_ASSERT_FALSE(guard_host_is_address("evil.example"));
    CU_ASSERT_FALSE(guard_host_is_address(""));
    CU_ASSERT_TRUE(guard_host_is("Stage:8000", "stage"));
    CU_ASSERT_TRUE(guard_host_is("stage.local", "stage"));
    CU_ASSERT_FALSE(guard_host_is("stage.evil.example", "stage"));
    CU_ASSERT_FALSE(guard_host_is("stages", "stage"));
    CU_ASSERT_FALSE(guard_host_is(".local", ""));
}

static void own_origins(void)
{
    CU_ASSERT_TRUE(guard_origin_is_own("http://stage:8000", "Stage:8000"));
    CU_ASSERT_FALSE(guard_origin_is_own("http://stage:8001", "stage:8000"));
    CU_ASSERT_FALSE(guard_origin_is_own("null", "null"));
    CU_ASSERT_FALSE(guard_origin_is_own("http://", ""));
    CU_ASSERT_STRING_EQUAL(guard_origin_host("https://stage.example:8000"), "stage.example:8000");
    CU_ASSERT_PTR_NULL(guard_origin_host("https://stage.example:8000/page"));
    CU_ASSERT_PTR_NULL(guard_origin_host("stage.example"));
    CU_ASSERT_PTR_NULL(guard_origin_host("*"));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"hosts refused", hosts_refused},
        {"hosts allowed", hosts_allowed},
        {"origins", origins},
        {"posting origins", posting_origins},
        {"hosts of an open server", hosts_of_an_open_server},
        {"own origins", own_origins},
        CU_TEST_INFO_NULL,
    };
    return unit_run("guard", tests);
}
