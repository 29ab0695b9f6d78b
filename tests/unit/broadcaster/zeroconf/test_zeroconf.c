/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Without a bus; with one it is tests/integration/test_zeroconf.py. */
#include "broadcaster/zeroconf/zeroconf.h"
#include "tests/unit/unit.h"

#include <string.h>
#include <unistd.h>

static struct zeroconf_offer offer_at(const char *first, const char *second)
{
    struct zeroconf_offer offer = {.type = "_http._tcp", .port = 80};
    const char *const texts[] = {first, second};
    for (size_t i = 0; i < 2 && texts[i]; i++) {
        CU_ASSERT_EQUAL(listen_parse(texts[i], &offer.at.address[offer.at.count++]), STATUS_OK);
    }
    return offer;
}

static bool reachable(const char *first, const char *second)
{
    const struct zeroconf_offer offer = offer_at(first, second);
    return zeroconf_is_reachable(&offer);
}

static void what_others_can_reach(void)
{
    CU_ASSERT_FALSE(reachable(NULL, NULL));
    CU_ASSERT_FALSE(reachable("127.0.0.1", "::1"));
    CU_ASSERT_FALSE(reachable("127.1.2.3", NULL));
    CU_ASSERT_TRUE(reachable("127.0.0.1", "192.168.1.2"));
    CU_ASSERT_TRUE(reachable("0.0.0.0", NULL));
    CU_ASSERT_TRUE(reachable("::1", "::"));
}

/* It is said in words, and in nobody's way at the end. */
static void no_bus(void)
{
    struct zeroconf_wish wish = {.name = "test", .offer_count = 2, .type = {"_osc._udp"}};
    struct zeroconf_report report = {0};
    struct zeroconf_service found[1];
    char detail[OPTION_ERROR_MAX];
    wish.offer[0] = offer_at("127.0.0.1", NULL);
    wish.offer[1] = offer_at("0.0.0.0", NULL);
    wish.offer[1].port = 81;
    struct zeroconf *zeroconf = zeroconf_open(&wish);
    CU_ASSERT_PTR_NOT_NULL_FATAL(zeroconf);
    for (int i = 0; i < 60000 && zeroconf_look(zeroconf, detail) != ZEROCONF_WAITING; i++) {
        usleep(1000);
    }
    CU_ASSERT_EQUAL(zeroconf_look(zeroconf, detail), ZEROCONF_WAITING);
    CU_ASSERT_PTR_NOT_NULL(strstr(detail, "Avahi"));
    CU_ASSERT_FALSE(zeroconf_is_settled(zeroconf));
    CU_ASSERT_EQUAL(zeroconf_found(zeroconf, NULL, found, 1), 0);
    CU_ASSERT_TRUE(zeroconf_changes(zeroconf) > 0);
    zeroconf_report(zeroconf, &report);
    CU_ASSERT_STRING_EQUAL(report.state, "waiting");
    CU_ASSERT_STRING_EQUAL(report.name, "");
    CU_ASSERT_EQUAL_FATAL(report.count, 1); /* what loopback alone has is not told of */
    CU_ASSERT_EQUAL(report.port[0], 81);
    zeroconf_close(zeroconf);
    zeroconf_close(NULL);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"what others can reach", what_others_can_reach}, {"no bus", no_bus}, CU_TEST_INFO_NULL};
    setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent/bus", 1);
    return unit_run("zeroconf", tests);
}
