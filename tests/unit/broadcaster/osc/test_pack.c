/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages byte for byte, as OSC 1.0 has them. */
#include "broadcaster/osc/pack.h"
#include "tests/unit/unit.h"

#include <string.h>

static struct osc_packet packet;

static void is(const void *bytes, size_t length)
{
    CU_ASSERT_EQUAL_FATAL(packet.length, length);
    CU_ASSERT_EQUAL(memcmp(packet.bytes, bytes, length), 0);
}

static void too_long(void)
{
    static char text[2000];
    const struct osc_value value = {.type = 's', .text = text};
    memset(text, 'x', sizeof text - 1);
    CU_ASSERT_EQUAL(osc_pack_plain(&packet, text), STATUS_BAD_ARG);
    CU_ASSERT_EQUAL(osc_pack_value(&packet, "/a", &value), STATUS_BAD_ARG);
}

static void plain(void)
{
    CU_ASSERT_EQUAL(osc_pack_plain(&packet, "/pong"), STATUS_OK);
    is("/pong\0\0\0,\0\0\0", 12);
}

static void values(void)
{
    static const struct {
        struct osc_value value;
        const char *bytes;
        size_t length;
    } cases[] = {
        {{.type = 'f', .number = 440}, "/a\0\0,f\0\0\x43\xdc\0\0", 12},
        {{.type = 'f', .number = -0.5}, "/a\0\0,f\0\0\xbf\0\0\0", 12},
        {{.type = 's', .text = ""}, "/a\0\0,s\0\0\0\0\0\0", 12},
        {{.type = 's', .text = "Kick"}, "/a\0\0,s\0\0Kick\0\0\0\0", 16},
        {{.type = 'T', .number = 1}, "/a\0\0,T\0\0", 8},
        {{.type = 'F'}, "/a\0\0,F\0\0", 8},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CU_ASSERT_EQUAL(osc_pack_value(&packet, "/a", &cases[i].value), STATUS_OK);
        is(cases[i].bytes, cases[i].length);
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"too long", too_long},
        {"plain", plain},
        {"values", values},
        CU_TEST_INFO_NULL,
    };
    return unit_run("osc pack", tests);
}
