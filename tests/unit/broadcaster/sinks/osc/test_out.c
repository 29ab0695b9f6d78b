/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Targets that come and go; what they are sent is tested in test_link.c and by real receivers. */
#include "broadcaster/sinks/osc/out.h"
#include "shared/clock.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

static char error[OPTION_ERROR_MAX];

static struct osc_choice choose(const char *url)
{
    struct osc_choice choice;
    CU_ASSERT_EQUAL_FATAL(osc_choice_parse(&choice, url, false, error), STATUS_OK);
    return choice;
}

static enum status add(struct osc_out *out, const char *url, uint32_t *id)
{
    const struct osc_choice choice = choose(url);
    return osc_out_add(out, &choice, url, true, clock_now_us(), id, error);
}

static uint32_t find(const struct osc_out *out, const char *url)
{
    const struct osc_choice choice = choose(url);
    return osc_out_find(out, &choice);
}

static void come_and_go(void)
{
    struct osc_out *out = osc_out_open();
    struct osc_report report = {0};
    uint32_t id;
    CU_ASSERT_EQUAL(add(out, "osc.udp://a:1?map=/nonexistent", &id), STATUS_BAD_ARG);
    CU_ASSERT_PTR_NOT_NULL(strstr(error, "/nonexistent"));
    CU_ASSERT_EQUAL(osc_out_count(out), 0);
    for (uint32_t i = 1; i <= 3; i++) {
        char url[32];
        snprintf(url, sizeof url, "osc.udp://127.0.0.1:%u", i);
        CU_ASSERT_EQUAL(add(out, url, &id), STATUS_OK);
        CU_ASSERT_EQUAL(id, i);
    }
    osc_out_remove(out, 2);
    CU_ASSERT_FALSE(osc_out_has(out, 2));
    CU_ASSERT_EQUAL(add(out, "osc.udp://127.0.0.1:2", &id), STATUS_OK);
    CU_ASSERT_EQUAL(id, 4); /* never an old one again */
    osc_out_report(out, &report);
    CU_ASSERT_EQUAL_FATAL(report.target_count, 3);
    CU_ASSERT_EQUAL(report.target[0].id, 1);
    CU_ASSERT_EQUAL(report.target[1].id, 3);
    CU_ASSERT_EQUAL(report.target[2].id, 4);
    CU_ASSERT_STRING_EQUAL(report.target[2].given, "osc.udp://127.0.0.1:2");
    CU_ASSERT_STRING_EQUAL(report.target[2].url, "osc.udp://127.0.0.1:2/phicast");
    CU_ASSERT_PTR_NULL(osc_out_kept(out, 3));
    CU_ASSERT_EQUAL(osc_out_keep(out, 3, "another"), STATUS_OK);
    CU_ASSERT_STRING_EQUAL(osc_out_kept(out, 3), "another");
    while (osc_out_count(out) < OPTION_LIST_MAX) {
        char url[32];
        snprintf(url, sizeof url, "osc.udp://127.0.0.1:%u", 10 + osc_out_count(out));
        CU_ASSERT_EQUAL(add(out, url, &id), STATUS_OK);
    }
    CU_ASSERT_EQUAL(add(out, "osc.udp://127.0.0.1:5", &id), STATUS_BUSY);
    CU_ASSERT_PTR_NOT_NULL(strstr(error, "64"));
    osc_out_remove(out, id); /* the last of them */
    CU_ASSERT_EQUAL(osc_out_count(out), OPTION_LIST_MAX - 1);
    const struct osc_choice choice = choose("osc.udp://127.0.0.1:7");
    CU_ASSERT_EQUAL(osc_out_add(out, &choice, "osc.udp://127.0.0.1:7?map=\xff", true, 0, &id, error),
                    STATUS_OK);
    osc_out_report(out, &report);
    CU_ASSERT_STRING_EQUAL(report.target[OPTION_LIST_MAX - 1].given, "osc.udp://127.0.0.1:7/phicast");
    osc_out_remove(out, id);
    CU_ASSERT_EQUAL(osc_out_count(out), OPTION_LIST_MAX - 1);
    osc_out_close(out);
    osc_out_close(NULL);
}

static void the_very_same(void)
{
    struct osc_out *out = osc_out_open();
    uint32_t id;
    CU_ASSERT_EQUAL(find(out, "osc.udp://stage:9000"), 0);
    CU_ASSERT_EQUAL(add(out, "osc.udp://stage:9000", &id), STATUS_OK);
    CU_ASSERT_EQUAL(find(out, "osc.udp://Stage:09000/phicast/?events=1&rate=60"),
                    id); /* no metrics, no rate */
    CU_ASSERT_EQUAL(find(out, "osc.udp://stage:9001"), 0);
    CU_ASSERT_EQUAL(find(out, "osc.tcp://stage:9000"), 0);
    CU_ASSERT_EQUAL(find(out, "osc.udp://stage:9000/other"), 0);
    CU_ASSERT_EQUAL(find(out, "osc.udp://stage:9000/Phicast"), 0); /* receivers tell them apart */
    CU_ASSERT_EQUAL(find(out, "osc.udp://stage:9000?metrics=1"), 0);
    CU_ASSERT_EQUAL(find(out, "osc.udp://stage:9000?time=1"), 0);
    CU_ASSERT_EQUAL(find(out, "osc.udp://stage:9000?add=onsets"), 0);
    CU_ASSERT_EQUAL(find(out, "osc.udp://stage:9000?map=eos"), 0);
    CU_ASSERT_EQUAL(add(out, "osc.udp://stage:9000?map=eos", &id), STATUS_OK);
    CU_ASSERT_EQUAL(find(out, "osc.udp://stage:9000?map=eos"), id);
    CU_ASSERT_EQUAL(find(out, "osc.udp://stage:9000?map=eos&rate=5"), 0);
    osc_out_close(out);
}

/* Events wait, the name is being asked for: a sanitizer sees what is left behind. */
static void gone_while_it_is_looked_for(void)
{
    const struct event event = {.kind = EVENT_STATE_CHANGE, .timestamp = 1};
    const struct source source = {0};
    struct osc_out *out = osc_out_open();
    uint32_t id;
    for (int i = 0; i < 50; i++) {
        CU_ASSERT_EQUAL(add(out, "osc.tcp://no-such-host.invalid:9", &id), STATUS_OK);
        CU_ASSERT_EQUAL(add(out, "osc.udp://no-such-host.invalid:9", &id), STATUS_OK);
        osc_out_beat(out, &source, clock_now_us());
        osc_out_event(out, &event, clock_now_us());
        osc_out_event(out, &event, clock_now_us());
        osc_out_remove(out, id - 1);
        osc_out_beat(out, &source, clock_now_us());
        osc_out_remove(out, id);
        CU_ASSERT_EQUAL(osc_out_beat(out, &source, clock_now_us()), UINT64_MAX);
    }
    osc_out_close(out);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"come and go", come_and_go},
        {"the very same", the_very_same},
        {"gone while it is looked for", gone_while_it_is_looked_for},
        CU_TEST_INFO_NULL,
    };
    return unit_run("osc_out", tests);
}
