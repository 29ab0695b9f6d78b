/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/sinks/edge/url.h"
#include "shared/part.h"
#include "tests/unit/unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static struct edge_url url;
static char error[OPTION_ERROR_MAX];

static bool reads(const char *text)
{
    return edge_url_parse(&url, text, error) == STATUS_OK;
}

static void refused(void)
{
    static const char *const wrong[] = {"",
                                        "ws://",
                                        "http://h/{stream}",
                                        "ws://h",
                                        "ws://h/",
                                        "ws://h/{stream}/{stream}",
                                        "ws:///{stream}",
                                        "ws://@h/{stream}",
                                        "ws://a@h/{stream}",
                                        "ws://a:b@h/{stream}?token-file=/t",
                                        "ws://h:/{stream}",
                                        "ws://h:0/{stream}",
                                        "ws://h:65536/{stream}",
                                        "ws://h:80x/{stream}",
                                        "ws://[::1/{stream}",
                                        "ws://[::1]x/{stream}",
                                        "wss://[::1]/{stream}",
                                        "ws://h/ {stream}",
                                        "ws://h/{stream}?",
                                        "ws://h/{stream}?rates",
                                        "ws://h/{stream}?rates=",
                                        "ws://h/{stream}?rates=0",
                                        "ws://h/{stream}?rates=121",
                                        "ws://h/{stream}?rates=1,,2",
                                        "ws://h/{stream}?rates=1,2,3,4,5,6,7,8,9",
                                        "ws://h/{stream}?add=",
                                        "ws://h/{stream}?add=all",
                                        "ws://h/{stream}?ca=/c",
                                        "wss://h/{stream}?ca=",
                                        "ws://h/{stream}?token-file=",
                                        "ws://h/{stream}?token=t",
                                        "ws://h/{stream}?add=levels&"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        error[0] = '\0';
        CU_ASSERT_FALSE(reads(wrong[i]));
        CU_ASSERT_PTR_NOT_NULL(strstr(error, "--publish"));
    }
}

static void too_long(void)
{
    char text[1024];
    for (int length = 250; length < 260; length++) {
        snprintf(text, sizeof text, "ws://%.*s/{stream}", length, "");
        memset(text + 5, 'h', (size_t)length);
        memcpy(text + 5 + length, "/{stream}", sizeof "/{stream}");
        CU_ASSERT_EQUAL(reads(text), length < EDGE_HOST_MAX);
    }
}

static void parts(void)
{
    CU_ASSERT_TRUE(reads("ws://h/{stream}"));
    CU_ASSERT_FALSE(url.tls);
    CU_ASSERT_EQUAL(url.port, 80);
    CU_ASSERT_EQUAL(edge_url_channels(&url), 3);
    CU_ASSERT_TRUE(reads("wss://ada@edge.example:9101/pub/{stream}/x?rates=10,30,10,60&add=levels,onsets&ca=/"
                         "c&token-file=/t"));
    CU_ASSERT_TRUE(url.tls);
    CU_ASSERT_STRING_EQUAL(url.user, "ada");
    CU_ASSERT_STRING_EQUAL(url.host, "edge.example");
    CU_ASSERT_EQUAL(url.port, 9101);
    CU_ASSERT_STRING_EQUAL(url.path, "/pub/{stream}/x");
    CU_ASSERT_EQUAL(url.rate_count, 2);
    CU_ASSERT_EQUAL(url.rate_hz[0], 10);
    CU_ASSERT_EQUAL(url.rate_hz[1], 60);
    CU_ASSERT_EQUAL(url.add, PART_LEVELS | PART_ONSETS);
    CU_ASSERT_STRING_EQUAL(url.ca, "/c");
    CU_ASSERT_STRING_EQUAL(url.token_file, "/t");
    CU_ASSERT_STRING_EQUAL(url.text, "wss://ada@edge.example:9101/pub/{stream}/x");
    CU_ASSERT_EQUAL(edge_url_channels(&url), 3 * 2 + 1 + 2);
    CU_ASSERT_TRUE(reads("wss://h/{stream}?add=bands"));
    CU_ASSERT_EQUAL(url.port, 443);
    CU_ASSERT_EQUAL(edge_url_channels(&url), 2 + 1 + 1);
    CU_ASSERT_TRUE(reads("ws://[::1]:1/{stream}"));
    CU_ASSERT_STRING_EQUAL(url.host, "::1");
    CU_ASSERT_EQUAL(url.port, 1);
}

static void several(void)
{
    static struct edge_urls urls;
    struct option_list list = {.count = 2, .item = {"ws://a/{stream}", "ws://b/{stream}?rates=5"}};
    CU_ASSERT_EQUAL(edge_urls_read(&urls, &list, error), STATUS_OK);
    CU_ASSERT_EQUAL(urls.count, 2);
    CU_ASSERT(edge_urls_descriptors(&urls) >= 7);
    list.item[1] = "ws://a:80/{stream}?rates=5";
    CU_ASSERT_EQUAL(edge_urls_read(&urls, &list, error), STATUS_BAD_ARG);
    CU_ASSERT_PTR_NOT_NULL(strstr(error, "twice"));
    list.count = 0;
    CU_ASSERT_EQUAL(edge_urls_read(&urls, &list, error), STATUS_OK);
    CU_ASSERT_EQUAL(edge_urls_descriptors(&urls), 0);
}

int main(void)
{
    static const CU_TestInfo tests[] = {{"refused", refused},
                                        {"too long", too_long},
                                        {"parts", parts},
                                        {"several", several},
                                        CU_TEST_INFO_NULL};
    return unit_run("edge_url", tests);
}
