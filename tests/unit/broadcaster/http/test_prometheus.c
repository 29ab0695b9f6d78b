/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/http/prometheus.h"
#include "tests/unit/unit.h"

#include <string.h>

static void every_line_is_one(void)
{
    struct message message = {0};
    const struct analyser_status analyser = {.xruns = 3, .sample_rate = 48000, .worst_callback_us = 1500};
    const struct limits limits = {.max_clients = 7, .refused_posts = 1};
    const struct metrics_snapshot sound = {.ici = 0.5F,
                                           .spectral_centroid = 1000,
                                           .phi_breathing_active = 1,
                                           .channel_count = 2,
                                           .channel = {{.amplitude = 0.25F}, {.frequency = 440}}};
    const struct server_report report = {.uptime_s = 1.5,
                                         .source_state = "live",
                                         .state = "coherent",
                                         .sound = &sound,
                                         .sound_latency = {.total_ms = 20, .jitter_ms = 0.5},
                                         .frame = 123456789012,
                                         .analyser = &analyser,
                                         .metrics = {.clients = 2, .sent = 60},
                                         .osc = {.target_count = 1, .target = {{.sent = 5, .dropped = 2}}}};
    CU_ASSERT_EQUAL_FATAL(prometheus_print(&message, &report, &limits), STATUS_OK);
    CU_ASSERT_EQUAL(message.length, strlen(message.text));
    static const char *const lines[] = {"phicast_uptime_seconds 1.5\n",
                                        "phicast_source_state{state=\"live\"} 1\n",
                                        "phicast_source_state{state=\"absent\"} 0\n",
                                        "phicast_source_frame 123456789012\n",
                                        "phicast_clients{stream=\"metrics\"} 2\n",
                                        "phicast_messages_sent_total{stream=\"metrics\"} 60\n",
                                        "# TYPE phicast_xruns_total counter\nphicast_xruns_total 3\n",
                                        "phicast_worst_callback_seconds 0.0015",
                                        "phicast_state{state=\"coherent\"} 1\n",
                                        "phicast_state{state=\"idle\"} 0\n",
                                        "phicast_ici 0.5\n",
                                        "phicast_spectral_centroid_hertz 1000\n",
                                        "phicast_phi_breathing_active 1\n",
                                        "phicast_channel_amplitude{channel=\"0\"} 0.25\n",
                                        "phicast_channel_frequency_hertz{channel=\"1\"} 440\n",
                                        "phicast_total_latency_seconds 0.02",
                                        "phicast_jitter_seconds 0.0005",
                                        "phicast_clients_limit 7\n",
                                        "phicast_posts_refused_total 1\n",
                                        "phicast_osc_packets_sent_total 5\n"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        CU_ASSERT_PTR_NOT_NULL(strstr(message.text, lines[i]));
    }
    const size_t length = message.length;
    CU_ASSERT_EQUAL(prometheus_print(&message, &report, &limits), STATUS_OK); /* replaces */
    CU_ASSERT_EQUAL(message.length, length);
    CU_ASSERT_PTR_NULL(strstr(message.text, "phicast_timestamp"));
    message_free(&message);
}

/* Without an analyser there is no sound to tell of. */
static void no_sound(void)
{
    struct message message = {0};
    const struct limits limits = {0};
    const struct server_report report = {.source_state = "absent", .state = "offline"};
    CU_ASSERT_EQUAL_FATAL(prometheus_print(&message, &report, &limits), STATUS_OK);
    CU_ASSERT_PTR_NOT_NULL(strstr(message.text, "phicast_state{state=\"offline\"} 1\n"));
    CU_ASSERT_PTR_NULL(strstr(message.text, "phicast_ici"));
    CU_ASSERT_PTR_NULL(strstr(message.text, "phicast_channel"));
    message_free(&message);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"every line is one", every_line_is_one}, {"no sound", no_sound}, CU_TEST_INFO_NULL};
    return unit_run("prometheus", tests);
}
