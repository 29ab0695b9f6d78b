/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/guard/guard.h"
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
        CU_ASSERT_FALSE(guard_host_is_loopback(hosts[i]));
    }
}

static void hosts_allowed(void)
{
    static const char *const hosts[] = {"localhost",      "localhost:8000", "LocalHost:1", "127.0.0.1",
                                        "127.1.2.3:8000", "[::1]",          "[::1]:8000"};
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        CU_ASSERT_TRUE(guard_host_is_loopback(hosts[i]));
    }
}

static void loopback_origins(void)
{
    CU_ASSERT_FALSE(guard_origin_is_loopback(""));
    CU_ASSERT_FALSE(guard_origin_is_loopback("null"));
    CU_ASSERT_FALSE(guard_origin_is_loopback("http://evil.example"));
    CU_ASSERT_FALSE(guard_origin_is_loopback("https://localhost.evil.example:8000"));
    CU_ASSERT_FALSE(guard_origin_is_loopback("ftp://localhost"));
    CU_ASSERT_FALSE(guard_origin_is_loopback("localhost"));
    CU_ASSERT_FALSE(guard_origin_is_loopback("http://localhost:8000/"));
    CU_ASSERT_TRUE(guard_origin_is_loopback("http://localhost:3000"));
    CU_ASSERT_TRUE(guard_origin_is_loopback("http://[::1]:8000"));
    CU_ASSERT_TRUE(guard_origin_is_loopback("https://127.0.0.1"));
}

/* What a browser would never send is no use as --allow-origin. */
static void origins_that_can_be(void)
{
    static const char *const good[] = {
        "http://a.example", "https://A.example:444", "http://10.0.0.1:80", "null", "https://[fe80::1]:8000",
        "file://",          "HTTP://a.example"};
    static const char *const wrong[] = {"",
                                        "*",
                                        "a.example",
                                        "http://",
                                        "http://a.example/",
                                        "http://a.example/page",
                                        "http://a.example ",
                                        " http://a.example",
                                        "http://a.example:",
                                        "http://a.example:0",
                                        "http://a.example:65536",
                                        "http://a.example:80a",
                                        "http://u@a.example",
                                        "http://a example",
                                        "http://[::1",
                                        "http://[a.example]",
                                        "http://::1",
                                        "ws://a.example",
                                        "file:///page.html",
                                        "null ",
                                        "http://a.example?",
                                        "http://a.example#"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        CU_ASSERT_TRUE(guard_origin_is_one(good[i]));
    }
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        CU_ASSERT_FALSE(guard_origin_is_one(wrong[i]));
    }
}

static void origins_alike(void)
{
    CU_ASSERT_TRUE(guard_origins_match("https://a.example", "https://A.example:443"));
    CU_ASSERT_TRUE(guard_origins_match("http://a.example:80", "http://a.example"));
    CU_ASSERT_TRUE(guard_origins_match("null", "file://"));
    CU_ASSERT_FALSE(guard_origins_match("http://a.example", "https://a.example"));
    CU_ASSERT_FALSE(guard_origins_match("http://a.example:443", "https://a.example"));
    CU_ASSERT_FALSE(guard_origins_match("http://a.example", "http://a.example:8000"));
    CU_ASSERT_FALSE(guard_origins_match("http://a.example", "http://b.example"));
    CU_ASSERT_FALSE(guard_origins_match("null", "http://a.example"));
    CU_ASSERT_FALSE(guard_origins_match("", ""));
    CU_ASSERT_TRUE(guard_origin_is_file("null"));
    CU_ASSERT_TRUE(guard_origin_is_file("file://"));
    CU_ASSERT_FALSE(guard_origin_is_file(""));
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
    CU_ASSERT_TRUE(guard_origin_is_at("http://stage:8000", "Stage:8000"));
    CU_ASSERT_FALSE(guard_origin_is_at("http://stage:8001", "stage:8000"));
    CU_ASSERT_FALSE(guard_origin_is_at("null", "null"));
    CU_ASSERT_FALSE(guard_origin_is_at("http://", ""));
    CU_ASSERT_TRUE(guard_origin_is_at("https://stage.example", "stage.example:443"));
    CU_ASSERT_TRUE(guard_origin_is_at("http://stage.example:80", "stage.example"));
    CU_ASSERT_FALSE(guard_origin_is_at("https://stage.example", "stage.example:80"));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"hosts refused", hosts_refused},
        {"hosts allowed", hosts_allowed},
        {"loopback's origins", loopback_origins},
        {"origins that can be", origins_that_can_be},
        {"origins alike", origins_alike},
        {"hosts of an open server", hosts_of_an_open_server},
        {"own origins", own_origins},
        CU_TEST_INFO_NULL,
    };
    return unit_run("guard", tests);
}
