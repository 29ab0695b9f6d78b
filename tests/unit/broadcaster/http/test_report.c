/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/http/report.h"
#include "tests/unit/broadcaster/hub_rig.h"
#include "tests/unit/unit.h"

#include <string.h>

static void has(const struct message *message, const char *part)
{
    if (!strstr(message->text, part)) {
        fprintf(stderr, "%s\nlacks %s\n", message->text, part);
        CU_FAIL("a part of the report is missing");
    }
}

static void without_an_analyser(void)
{
    struct message message = {0};
    open_hub("no-such-analyser", 5000000);
    source_poll(hub.source, 5000000);
    const struct server_report report = report_make(&hub, 6500000, 5000000);
    CU_ASSERT_EQUAL(message_server(&message, &report), STATUS_OK);
    has(&message, "\"uptime_s\":1.5,");
    has(&message, "\"state\":\"absent\",\"detail\":\"no analyser of that name");
    has(&message, "\"metrics\":{\"clients\":0,\"sent\":0,\"rate_hz\":0}");
    has(&message, "\"state\":\"offline\",");
    has(&message, "\"analyser\":null");
    CU_ASSERT_PTR_NULL(report.sound);
    message_free(&message);
    close_hub();
}

static void with_one(void)
{
    struct message message = {0};
    open_hub("no-such-analyser", 0);
    hub.source->status_known = true;
    hub.source->status = (struct analyser_status){.jack_running = 1,
                                                  .sample_rate = 48000,
                                                  .channel_count = 3,
                                                  .dsp_load = 3.25F,
                                                  .xruns = 7,
                                                  .nonfinite_samples = 9,
                                                  .ici_threshold = 0.75F,
                                                  .criticality_threshold = 2.5F,
                                                  .phi_rate = 0.5F,
                                                  .auto_phi = 1};
    strcpy(hub.source->names.name[0], "K\xc3\xb6lner \"Kick\"");
    strcpy(hub.source->names.name[2], "system:capture_3 +1");
    strcpy(hub.source->names.name[3], "none of its");
    hub.source->refused = 3;
    hub.source->state = SOURCE_LIVE;
    hub.feed.state = STATE_TURBULENT;
    const struct server_report report = report_make(&hub, 1, 0);
    CU_ASSERT_EQUAL(message_server(&message, &report), STATUS_OK);
    CU_ASSERT_PTR_EQUAL(report.sound, &hub.source->metrics);
    has(&message, "\"refused_snapshots\":3,");
    has(&message, "\"state\":\"turbulent\",");
    has(&message, "\"jack_running\":true,\"sample_rate\":48000,");
    has(&message, "\"dsp_load\":3.25,");
    has(&message,
        "\"channels\":3,\"channel_names\":[\"K\xc3\xb6lner \\\"Kick\\\"\",\"\",\"system:capture_3 +1\"],");
    has(&message, "\"xruns\":7,");
    has(&message, "\"nonfinite_samples\":9,");
    has(&message, "\"ici_threshold\":0.75,\"criticality_threshold\":2.5,\"phi_rate\":0.5,\"auto_phi\":true,");
    message_free(&message);
    close_hub();
}

static void report_osc(const struct sink *sink, struct server_report *report)
{
    (void)sink;
    report->osc = (struct osc_report){.target_count = 2,
                                      .target = {{.url = "osc.udp://a:1/phicast",
                                                  .state = "open",
                                                  .detail = "sending",
                                                  .events = true,
                                                  .sent = 7,
                                                  .dropped = 8},
                                                 {.url = "osc.tcp://b:2/x",
                                                  .state = "waiting",
                                                  .detail = "no \"answer\"",
                                                  .metrics = true,
                                                  .rate_hz = 60}},
                                      .url_count = 1,
                                      .url = {"osc.udp://127.0.0.1:9001"},
                                      .packets = 4,
                                      .commands = 3,
                                      .pings = 2,
                                      .refused = 1};
}

static void with_osc(void)
{
    static const struct sink_kind kind = {.name = "osc", .report = report_osc};
    struct sink sink = {&kind};
    struct message message = {0};
    open_hub("no-such-analyser", 0);
    feed_add_sink(&hub.feed, &sink);
    const struct server_report report = report_make(&hub, 1, 0);
    CU_ASSERT_EQUAL(message_server(&message, &report), STATUS_OK);
    has(&message,
        "\"osc\":{\"targets\":[{\"url\":\"osc.udp://a:1/phicast\",\"state\":\"open\",\"detail\":\"sending\","
        "\"events\":true,\"metrics\":false,\"rate_hz\":0,\"sent\":7,\"dropped\":8},");
    has(&message, "\"detail\":\"no \\\"answer\\\"\",\"events\":false,\"metrics\":true,\"rate_hz\":60,");
    has(&message, "\"in\":{\"urls\":[\"osc.udp://127.0.0.1:9001\"],\"packets\":4,\"commands\":3,\"pings\":2,"
                  "\"refused\":1}");
    message_free(&message);
    close_hub();
}

static void rates(void)
{
    open_hub("no-such-analyser", 0);
    for (uint64_t now = 0; now < 2500000;) {
        now = hub_beat(&hub, now);
    }
    CU_ASSERT_EQUAL(report_make(&hub, 2600000, 0).metrics.rate_hz, 30);
    CU_ASSERT_EQUAL(report_make(&hub, 2600000, 0).latency.rate_hz, 10);
    CU_ASSERT_EQUAL(report_make(&hub, 9000000, 0).latency.rate_hz, 0);
    close_hub();
}

static void small_bodies(void)
{
    struct message message = {0};
    CU_ASSERT_EQUAL(message_health(&message), STATUS_OK);
    CU_ASSERT_STRING_EQUAL(
        message.text, "{\"status\":\"healthy\",\"service\":\"phicast\",\"version\":\"" PHICAST_VERSION "\"}");
    CU_ASSERT_EQUAL(message_ready(&message, NULL), STATUS_OK);
    CU_ASSERT_STRING_EQUAL(message.text, "{\"status\":\"ready\"}");
    CU_ASSERT_EQUAL(message_ready(&message, "a \"quote\""), STATUS_OK);
    CU_ASSERT_STRING_EQUAL(message.text, "{\"status\":\"not ready\",\"detail\":\"a \\\"quote\\\"\"}");
    CU_ASSERT_EQUAL(message_detail(&message, "ws://"), STATUS_OK);
    CU_ASSERT_STRING_EQUAL(message.text, "{\"detail\":\"ws://\"}");
    message_free(&message);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"without an analyser", without_an_analyser},
        {"with one", with_one},
        {"with OSC", with_osc},
        {"rates", rates},
        {"small bodies", small_bodies},
        CU_TEST_INFO_NULL,
    };
    return unit_run("report", tests);
}
