/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/sinks/osc/choice.h"
#include "tests/unit/unit.h"

#include <string.h>

static struct osc_choice choice;
static char error[OPTION_ERROR_MAX];

static void refuses(const char *url, const char *part)
{
    error[0] = '\0';
    CU_ASSERT_EQUAL(osc_choice_parse(&choice, url, false, error), STATUS_BAD_ARG);
    if (!strstr(error, part) || strncmp(error, "--osc ", 6) != 0 || strchr(error, '\n')) {
        fprintf(stderr, "%s: \"%s\" lacks \"%s\"\n", url, error, part);
        CU_FAIL("the words are others");
    }
}

static void wrong_ones(void)
{
    static char long_prefix[200] = "osc.udp://a:1/";
    static char long_host[400] = "osc.udp://";
    memset(long_prefix + strlen(long_prefix), 'x', 100);
    memset(long_host + strlen(long_host), 'x', 300);
    refuses("", "osc.udp://HOST:PORT");
    refuses("9000", "osc.udp://HOST:PORT");
    refuses("127.0.0.1:9000", "osc.udp://HOST:PORT");
    refuses("osc://127.0.0.1:9000", "osc.udp://HOST:PORT");
    refuses("osc.unix:///tmp/socket", "osc.udp://HOST:PORT");
    refuses("OSC.UDP://a:1", "osc.udp://HOST:PORT");
    refuses("osc.udp://", "no host");
    refuses("osc.udp://:9000", "no host");
    refuses("osc.udp://[::1:9000", "no host");
    refuses("osc.udp://[]:9000", "no host");
    refuses("osc.udp://user@host:9000", "no host");
    refuses("osc.udp://a b:9000", "no host");
    refuses(long_host, "no host");
    refuses("zeroconf:", "zeroconf:NAME");
    refuses("zeroconf:?rate=1", "zeroconf:NAME");
    refuses("zeroconf:a%", "zeroconf:NAME");
    refuses("zeroconf:a%0Ab", "zeroconf:NAME");
    refuses("zeroconf:%FF", "zeroconf:NAME");
    refuses("zeroconf:"
            "0123456789012345678901234567890123456789012345678901234567890123",
            "63 bytes");
    refuses("osc.udp://host", "no port");
    refuses("osc.udp://[::1]", "no port");
    refuses("osc.udp://[studio]:9000", "no host"); /* brackets are IPv6's */
    refuses("osc.udp://host/prefix", "no port");
    refuses("osc.udp://host:", "1 to 65535");
    refuses("osc.udp://host:0", "1 to 65535");
    refuses("osc.udp://host:65536", "1 to 65535");
    refuses("osc.udp://host:-1", "1 to 65535");
    refuses("osc.udp://host:http", "1 to 65535");
    refuses("osc.udp://host:999999", "1 to 65535");
    refuses("osc.udp://a:1/a b", "prefix");
    refuses("osc.udp://a:1/a*", "prefix");
    refuses("osc.udp://a:1/caf\xC3\xA9", "prefix");
    refuses("osc.udp://a:1/{a,b}", "prefix");
    refuses(long_prefix, "too long");
    refuses("osc.udp://a:1?", "CHOICE=VALUE");
    refuses("osc.udp://a:1?events", "CHOICE=VALUE");
    refuses("osc.udp://a:1?=1", "CHOICE=VALUE");
    refuses("osc.udp://a:1?events=1&", "CHOICE=VALUE");
    refuses("osc.udp://a:1?events=1&&rate=1", "CHOICE=VALUE");
    refuses("osc.udp://a:1?events=1?rate=1", "events: give 0 or 1");
    refuses("osc.udp://a:1?events=", "events: give 0 or 1");
    refuses("osc.udp://a:1?events=yes", "events: give 0 or 1");
    refuses("osc.udp://a:1?metrics=2", "metrics: give 0 or 1");
    refuses("osc.udp://a:1?time=now", "time: give 0 or 1");
    refuses("osc.udp://a:1?rate=0", "1 to 120");
    refuses("osc.udp://a:1?rate=121", "1 to 120");
    refuses("osc.udp://a:1?rate=29.97", "1 to 120");
    refuses("osc.udp://a:1?map=", "map: give");
    refuses("osc.udp://a:1?map=%", "map: give");
    refuses("osc.udp://a:1?map=%4", "map: give");
    refuses("osc.udp://a:1?map=a%00b", "map: give");
    refuses("osc.udp://a:1?speed=1",
            "speed: no such choice; there are events, metrics, add, rate, map, time and bundle");
    refuses("osc.udp://a:1?bundle=2", "bundle: give 0 or 1");
    refuses("osc.udp://a:1?bundle=0&time=1", "time=1: the time is a bundle's");
    refuses("osc.udp://a:1?time=1&map=grandma3", "time=1: the time is a bundle's");
    refuses("osc.udp://a:1?events=0", "neither");
    refuses("osc.udp://a:1?map=eos&metrics=0", "neither");
}

static void plain(void)
{
    char url[OSC_URL_MAX];
    CU_ASSERT_EQUAL(osc_choice_parse(&choice, "osc.udp://127.0.0.1:9000", false, error), STATUS_OK);
    CU_ASSERT_FALSE(choice.tcp);
    CU_ASSERT_STRING_EQUAL(choice.host, "127.0.0.1");
    CU_ASSERT_STRING_EQUAL(choice.port, "9000");
    CU_ASSERT_STRING_EQUAL(choice.prefix, "/phicast");
    CU_ASSERT_STRING_EQUAL(choice.map, "");
    CU_ASSERT_TRUE(choice.events);
    CU_ASSERT_FALSE(choice.metrics);
    CU_ASSERT_FALSE(choice.dated);
    CU_ASSERT_EQUAL(choice.rate_hz, 30);
    osc_choice_url(&choice, url);
    CU_ASSERT_STRING_EQUAL(url, "osc.udp://127.0.0.1:9000/phicast");
    CU_ASSERT_EQUAL(osc_choice_parse(&choice, "osc.udp://a:1/", true, error),
                    STATUS_OK); /* as liblo prints them */
    CU_ASSERT_STRING_EQUAL(choice.prefix, "/phicast");
    CU_ASSERT_TRUE(choice.metrics);
    CU_ASSERT_EQUAL(osc_choice_parse(&choice, "osc.udp://a:1?metrics=0", true, error), STATUS_OK);
    CU_ASSERT_FALSE(choice.metrics);
}

static void everything(void)
{
    char url[OSC_URL_MAX];
    CU_ASSERT_EQUAL(osc_choice_parse(&choice,
                                     "osc.tcp://[fe80::1%eth0]:007/my/show/?events=1&metrics=1&rate=120&"
                                     "map=/home/a%20b/my%26map.json&time=1",
                                     false, error),
                    STATUS_OK);
    CU_ASSERT_TRUE(choice.tcp && choice.events && choice.metrics && choice.dated);
    CU_ASSERT_STRING_EQUAL(choice.host, "fe80::1%eth0");
    CU_ASSERT_STRING_EQUAL(choice.port, "7");
    CU_ASSERT_STRING_EQUAL(choice.prefix, "/my/show");
    CU_ASSERT_STRING_EQUAL(choice.map, "/home/a b/my&map.json");
    CU_ASSERT_EQUAL(choice.rate_hz, 120);
    osc_choice_url(&choice, url);
    CU_ASSERT_STRING_EQUAL(url, "osc.tcp://[fe80::1%eth0]:7/my/show");
}

static void maps_want_floats(void)
{
    CU_ASSERT_EQUAL(osc_choice_parse(&choice, "osc.udp://a:1?map=resolume", false, error), STATUS_OK);
    CU_ASSERT_TRUE(choice.metrics);
    CU_ASSERT_FALSE(choice.events);
    CU_ASSERT_EQUAL(osc_choice_parse(&choice, "osc.udp://a:1?map=resolume&events=1&metrics=0", false, error),
                    STATUS_OK);
    CU_ASSERT_FALSE(choice.metrics);
    CU_ASSERT_TRUE(choice.events);
}

static void bundles(void)
{
    static const struct {
        const char *url;
        bool single;
    } rows[] = {{"osc.udp://a:1", false},
                {"osc.udp://a:1?bundle=0", true},
                {"osc.udp://a:1?map=eos", false},
                {"osc.udp://a:1?map=grandma3", true},
                {"osc.udp://a:1?map=grandma3&bundle=1", false},
                {"osc.udp://a:1?bundle=1&time=1&map=grandma3", false},
                {"osc.udp://a:1?bundle=0&map=/my/desk.json", true}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CU_ASSERT_EQUAL(osc_choice_parse(&choice, rows[i].url, false, error), STATUS_OK);
        CU_ASSERT_EQUAL(choice.single, rows[i].single);
    }
}

static void services(void)
{
    char url[OSC_URL_MAX];
    CU_ASSERT_EQUAL(osc_choice_parse(&choice, "zeroconf:Resolume Arena", false, error), STATUS_OK);
    CU_ASSERT_TRUE(choice.service && choice.events && !choice.tcp && !choice.metrics);
    CU_ASSERT_STRING_EQUAL(choice.host, "Resolume Arena");
    CU_ASSERT_STRING_EQUAL(choice.port, "");
    CU_ASSERT_STRING_EQUAL(choice.prefix, "/phicast");
    CU_ASSERT_EQUAL(osc_choice_parse(&choice, "zeroconf:a%2fb%3F%25%27 caf\303\251/my/show?metrics=1&rate=5",
                                     false, error),
                    STATUS_OK);
    CU_ASSERT_STRING_EQUAL(choice.host, "a/b?%' caf\303\251");
    CU_ASSERT_STRING_EQUAL(choice.prefix, "/my/show");
    CU_ASSERT_EQUAL(choice.rate_hz, 5);
    osc_choice_url(&choice, url);
    CU_ASSERT_STRING_EQUAL(url, "zeroconf:a%2Fb%3F%25%27 caf\303\251/my/show");
    CU_ASSERT_EQUAL(osc_choice_parse(&choice, "osc.udp://a:1", false, error), STATUS_OK);
    CU_ASSERT_FALSE(choice.service);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"wrong ones", wrong_ones}, {"plain", plain},
        {"everything", everything}, {"maps want floats", maps_want_floats},
        {"bundles", bundles},       {"services", services},
        CU_TEST_INFO_NULL,
    };
    return unit_run("osc choice", tests);
}
