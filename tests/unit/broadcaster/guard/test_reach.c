/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/guard/reach.h"
#include "tests/unit/unit.h"

#include <ifaddrs.h>
#include <string.h>
#include <sys/socket.h>

static struct reach find(const char *const texts[], uint32_t count)
{
    struct listen_plan plan = {.at.count = count, .port = 8000};
    struct reach reach;
    for (uint32_t i = 0; i < count; i++) {
        CU_ASSERT_EQUAL(listen_parse(texts[i], &plan.at.address[i]), STATUS_OK);
    }
    reach_find(&reach, &plan);
    return reach;
}

/* Loopback's are this machine's alone; nobody needs one twice. */
static void as_they_are_given(void)
{
    static const char *const texts[] = {"127.0.0.1", "192.168.1.2", "::1", "2001:db8::2", "192.168.1.2"};
    const struct reach reach = find(texts, sizeof texts / sizeof texts[0]);
    CU_ASSERT_EQUAL_FATAL(reach.count, 2);
    CU_ASSERT_STRING_EQUAL(reach.url[0], "http://192.168.1.2:8000");
    CU_ASSERT_STRING_EQUAL(reach.url[1], "http://[2001:db8::2]:8000");
    CU_ASSERT_EQUAL(find(texts, 1).count, 0);
    CU_ASSERT_EQUAL(find(NULL, 0).count, 0);
}

/* Whatever this machine has: of the right kind, each once, and never as many as there are with loopback's. */
static void all_interfaces(void)
{
    static const char *const texts[] = {"0.0.0.0", "::"};
    struct ifaddrs *all;
    uint32_t most = 0;
    CU_ASSERT_EQUAL_FATAL(getifaddrs(&all), 0);
    for (const struct ifaddrs *at = all; at; at = at->ifa_next) {
        most += at->ifa_addr && at->ifa_addr->sa_family == AF_INET ? 1 : 0;
    }
    freeifaddrs(all);
    const struct reach v4 = find(texts, 1);
    CU_ASSERT(v4.count <= most);
    for (uint32_t i = 0; i < v4.count; i++) {
        CU_ASSERT_PTR_NULL(strstr(v4.url[i], "//127."));
        CU_ASSERT_PTR_NULL(strchr(v4.url[i], '['));
        CU_ASSERT_PTR_NULL(strstr(v4.url[i], "0.0.0.0"));
    }
    const struct reach v6 = find(texts + 1, 1);
    for (uint32_t i = 0; i < v6.count; i++) {
        CU_ASSERT_PTR_NULL(strstr(v6.url[i], "[::"));
        CU_ASSERT_PTR_NULL(strchr(v6.url[i], '%'));
    }
    CU_ASSERT_EQUAL(find(texts, 2).count, v4.count + v6.count);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"as they are given", as_they_are_given}, {"all interfaces", all_interfaces}, CU_TEST_INFO_NULL};
    return unit_run("reach", tests);
}
