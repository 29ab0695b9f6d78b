/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The telemetry's layout in literal numbers, its round trips, and every value that a reader must refuse. */
#include "shared/telemetry.h"
#include "tests/unit/unit.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

static struct telemetry telemetry;

static struct metrics_snapshot good_metrics(void)
{
    struct metrics_snapshot m = {.frame = 12345,
                                 .timestamp = 1234567890.123,
                                 .centre_us = 1,
                                 .published_us = 2,
                                 .ici = 0.654F,
                                 .criticality = 1.234F,
                                 .phase_coherence = 0.876F,
                                 .spectral_centroid = 1234.5F,
                                 .phi_depth = 0.618F,
                                 .phi_phase = 3.14F,
                                 .phi_breathing_active = 1,
                                 .active_channels = 4,
                                 .channel_count = CHANNELS_MAX};
    for (uint32_t i = 0; i < CHANNELS_MAX; i++) {
        m.channel[i] = (struct channel_metrics){440.0F + (float)i, 0.5F, -0.25F, 1};
    }
    return m;
}

static enum status metrics_status(const struct metrics_snapshot *m)
{
    struct metrics_snapshot out;
    telemetry_write_metrics(&telemetry, m);
    return telemetry_read_metrics(&telemetry, &out);
}

static enum status latency_status(const struct latency_snapshot *l)
{
    struct latency_snapshot out;
    telemetry_write_latency(&telemetry, l);
    return telemetry_read_latency(&telemetry, &out);
}

static enum status analyser_status(const struct analyser_status *s)
{
    struct analyser_status out;
    telemetry_write_status(&telemetry, s);
    return telemetry_read_status(&telemetry, &out);
}

/* One member set to one value, all the others good: refused, or taken. */
#define METRICS_WITH(member, value, wanted)                                                                  \
    do {                                                                                                     \
        struct metrics_snapshot m = good_metrics();                                                          \
        m.member = (value);                                                                                  \
        CU_ASSERT_EQUAL(metrics_status(&m), wanted);                                                         \
        tried++;                                                                                             \
    } while (0)

#define METRICS_RANGE(member, low, high)                                                                     \
    do {                                                                                                     \
        METRICS_WITH(member, low, STATUS_OK);                                                                \
        METRICS_WITH(member, high, STATUS_OK);                                                               \
        METRICS_WITH(member, nextafterf(low, -INFINITY), STATUS_CORRUPT);                                    \
        METRICS_WITH(member, -1e6F, STATUS_CORRUPT);                                                         \
        METRICS_WITH(member, (high)*1.0001F + 0.0001F, STATUS_CORRUPT);                                      \
        METRICS_WITH(member, NAN, STATUS_CORRUPT);                                                           \
        METRICS_WITH(member, -NAN, STATUS_CORRUPT);                                                          \
        METRICS_WITH(member, INFINITY, STATUS_CORRUPT);                                                      \
        METRICS_WITH(member, -INFINITY, STATUS_CORRUPT);                                                     \
    } while (0)

static void metrics_out_of_range(void)
{
    static const float pi = 3.14159265F;
    int tried = 0;
    METRICS_RANGE(ici, 0.0F, 1.0F);
    METRICS_RANGE(criticality, 0.0F, FLT_MAX);
    METRICS_RANGE(phase_coherence, 0.0F, 1.0F);
    METRICS_RANGE(spectral_centroid, 0.0F, 1e7F);
    METRICS_RANGE(phi_depth, 0.0F, 1.0F);
    METRICS_RANGE(phi_phase, 0.0F, 2 * pi);
    METRICS_RANGE(channel[0].frequency, 0.0F, 1e7F);
    METRICS_RANGE(channel[63].amplitude, 0.0F, FLT_MAX);
    METRICS_RANGE(channel[63].phase, -pi, pi);
    CU_ASSERT_EQUAL(tried, 9 * 9);
}

static void metrics_timestamps_and_counts(void)
{
    int tried = 0;
    METRICS_WITH(timestamp, (double)NAN, STATUS_CORRUPT);
    METRICS_WITH(timestamp, (double)INFINITY, STATUS_CORRUPT);
    METRICS_WITH(timestamp, (double)-INFINITY, STATUS_CORRUPT);
    METRICS_WITH(timestamp, DBL_MAX, STATUS_CORRUPT);
    METRICS_WITH(timestamp, 0.0, STATUS_OK);
    METRICS_WITH(phi_breathing_active, 2, STATUS_CORRUPT);
    METRICS_WITH(phi_breathing_active, UINT32_MAX, STATUS_CORRUPT);
    METRICS_WITH(active_channels, 64, STATUS_OK);
    METRICS_WITH(active_channels, 65, STATUS_CORRUPT);
    METRICS_WITH(active_channels, UINT32_MAX, STATUS_CORRUPT);
    METRICS_WITH(channel_count, 0, STATUS_CORRUPT);
    METRICS_WITH(channel_count, 3, STATUS_CORRUPT); /* fewer than are active */
    METRICS_WITH(channel_count, 4, STATUS_OK);
    METRICS_WITH(channel_count, 65, STATUS_CORRUPT);
    METRICS_WITH(channel_count, UINT32_MAX, STATUS_CORRUPT);
    METRICS_WITH(channel[5].active, 2, STATUS_CORRUPT);
    METRICS_WITH(channel[63].active, UINT32_MAX, STATUS_CORRUPT);
    METRICS_WITH(frame, UINT64_MAX, STATUS_OK);
    CU_ASSERT_EQUAL(tried, 18);

    struct metrics_snapshot none = good_metrics();
    none.channel_count = none.active_channels = 0;
    CU_ASSERT_EQUAL(metrics_status(&none), STATUS_CORRUPT);
    struct metrics_snapshot few = good_metrics();
    few.channel_count = 8;
    few.channel[8].frequency = NAN; /* beyond the count: nobody looks */
    CU_ASSERT_EQUAL(metrics_status(&few), STATUS_OK);
}

static void latency_out_of_range(void)
{
    static const double bad[] = {-1e-9, -1, 1e300, NAN, INFINITY, -INFINITY};
    static const struct latency_snapshot good = {21.3, 10.7, 2.3, 1, 1};
    static const struct latency_snapshot zero = {0};
    int refused = 0;
    CU_ASSERT_EQUAL(latency_status(&good), STATUS_OK);
    CU_ASSERT_EQUAL(latency_status(&zero), STATUS_OK);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct latency_snapshot l[3] = {good, good, good};
        l[0].hardware_ms = bad[i];
        l[1].buffer_ms = bad[i];
        l[2].jitter_ms = bad[i];
        for (int k = 0; k < 3; k++) {
            refused += latency_status(&l[k]) == STATUS_CORRUPT;
        }
    }
    struct latency_snapshot flag = good;
    flag.calibrated = 2;
    refused += latency_status(&flag) == STATUS_CORRUPT;
    flag = good;
    flag.compensated = UINT32_MAX;
    refused += latency_status(&flag) == STATUS_CORRUPT;
    CU_ASSERT_EQUAL(refused, 3 * 6 + 2);
}

static void status_out_of_range(void)
{
    static const float bad[] = {-1, 1e30F, NAN, INFINITY, -INFINITY};
    static const struct analyser_status good = {
        1,    48000, 64, 2048,  512, 8,      12.5F, 90.0F, 1, 2, 3, 4, 5, CALIBRATION_DONE,
        0.9F, 12,    -1, 0.75F, 2,   0.618F, 1,     7,     0};
    static const struct analyser_status zero = {0};
    int refused = 0;
    CU_ASSERT_EQUAL(analyser_status(&good), STATUS_OK);
    CU_ASSERT_EQUAL(analyser_status(&zero), STATUS_OK); /* before there is a JACK server */
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct analyser_status s = good;
        s.dsp_load = bad[i];
        refused += analyser_status(&s) == STATUS_CORRUPT;
        s = good;
        s.worst_callback_us = bad[i];
        refused += analyser_status(&s) == STATUS_CORRUPT;
        s = good;
        s.calibration_confidence = bad[i];
        refused += analyser_status(&s) == STATUS_CORRUPT;
        s = good;
        s.round_trip_ms = (double)bad[i];
        refused += analyser_status(&s) == STATUS_CORRUPT;
        s = good;
        s.extra_ms = 10.0 * (double)bad[i]; /* the one that may be negative */
        refused += analyser_status(&s) == STATUS_CORRUPT;
        s = good;
        s.ici_threshold = bad[i];
        refused += analyser_status(&s) == STATUS_CORRUPT;
        s = good;
        s.criticality_threshold = bad[i];
        refused += analyser_status(&s) == STATUS_CORRUPT;
        s = good;
        s.phi_rate = bad[i];
        refused += analyser_status(&s) == STATUS_CORRUPT;
    }
    struct analyser_status s = good;
    s.jack_running = 2;
    refused += analyser_status(&s) == STATUS_CORRUPT;
    s = good;
    s.channel_count = 65;
    refused += analyser_status(&s) == STATUS_CORRUPT;
    s = good;
    s.calibration = CALIBRATION_REFUSED + 1;
    refused += analyser_status(&s) == STATUS_CORRUPT;
    s = good;
    s.auto_phi = 2;
    refused += analyser_status(&s) == STATUS_CORRUPT;
    CU_ASSERT_EQUAL(refused, 4 * 5 + 4 + 3 + 3 * 5 + 1);
    CU_ASSERT_STRING_EQUAL(calibration_state_str(CALIBRATION_REFUSED), "refused");
    CU_ASSERT_PTR_NULL(calibration_state_str(CALIBRATION_REFUSED + 1));
}

static enum status names_status(const char *name)
{
    static struct channel_names names;
    struct channel_names out;
    memset(&names, 0, sizeof names);
    memcpy(names.name[CHANNELS_MAX - 1], name, strnlen(name, CHANNEL_NAME_MAX));
    telemetry_write_names(&telemetry, &names);
    const enum status status = telemetry_read_names(&telemetry, &out);
    CU_ASSERT(status != STATUS_OK || strcmp(out.name[CHANNELS_MAX - 1], name) == 0);
    return status;
}

static void names_that_are_no_text(void)
{
    static const char *const bad[] = {
        "\xff",    "a\xe2\x82", "a\nb",
        "\x1b[2J", "\xc2\x9b",  "sixty-four bytes, and so none left for the zero behind them ----"};
    struct channel_names out;
    memset(&telemetry, 0, sizeof telemetry);
    CU_ASSERT_EQUAL(telemetry_read_names(&telemetry, &out), STATUS_EMPTY);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CU_ASSERT_EQUAL(names_status(bad[i]), STATUS_CORRUPT);
    }
    CU_ASSERT_EQUAL(names_status(""), STATUS_OK);
    CU_ASSERT_EQUAL(names_status("K\xc3\xb6lner \"Kick\""), STATUS_OK);
    telemetry.names_sequence++;
    CU_ASSERT_EQUAL(telemetry_read_names(&telemetry, &out), STATUS_TORN);
}

/* No port, or one without a number or a name, or with one that is no text. */
static void a_patchbay_that_is_none(void)
{
    static struct patchbay patchbay;
    static struct patchbay out;
    memset(&telemetry, 0, sizeof telemetry);
    memset(&patchbay, 0, sizeof patchbay);
    CU_ASSERT_EQUAL(telemetry_read_patchbay(&telemetry, &out), STATUS_EMPTY);
    telemetry_write_patchbay(&telemetry, &patchbay);
    CU_ASSERT_EQUAL(telemetry_read_patchbay(&telemetry, &out), STATUS_OK);
    patchbay.count = PATCHBAY_MAX;
    for (uint32_t i = 0; i < PATCHBAY_MAX; i++) {
        patchbay.source[i] =
            (struct patch_source){.id = i + 1, .feeds = UINT64_MAX, .name = "system:capture_1"};
    }
    telemetry_write_patchbay(&telemetry, &patchbay);
    CU_ASSERT_EQUAL(telemetry_read_patchbay(&telemetry, &out), STATUS_OK);
    CU_ASSERT_EQUAL(memcmp(&patchbay, &out, sizeof out), 0);
    struct patch_source *last = &patchbay.source[PATCHBAY_MAX - 1];
    const struct patch_source good = *last;
    const struct patch_source bad[] = {{.name = "no number"}, {.id = 1}, {.id = 1, .name = "a\nb"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        *last = bad[i];
        telemetry_write_patchbay(&telemetry, &patchbay);
        CU_ASSERT_EQUAL(telemetry_read_patchbay(&telemetry, &out), STATUS_CORRUPT);
    }
    *last = good;
    memset(last->name, 'x', sizeof last->name);
    telemetry_write_patchbay(&telemetry, &patchbay);
    CU_ASSERT_EQUAL(telemetry_read_patchbay(&telemetry, &out), STATUS_CORRUPT);
    patchbay.count--; /* what is not in use does not matter */
    telemetry_write_patchbay(&telemetry, &patchbay);
    CU_ASSERT_EQUAL(telemetry_read_patchbay(&telemetry, &out), STATUS_OK);
    patchbay.count = PATCHBAY_MAX + 1;
    telemetry_write_patchbay(&telemetry, &patchbay);
    CU_ASSERT_EQUAL(telemetry_read_patchbay(&telemetry, &out), STATUS_CORRUPT);
}

static void round_trips(void)
{
    const struct metrics_snapshot m = good_metrics();
    static const struct latency_snapshot l = {21.3, 10.7, 2.3, 0, 1};
    static const struct analyser_status s = {
        1, 48000, 64, 2048, 512,  8,  12.5F, 90.0F, 1, 2, 3, 4, UINT64_MAX, CALIBRATION_REFUSED,
        0, 0,     0,  0.5F, 1.5F, 10, 0,     0,     0};
    struct metrics_snapshot m2;
    struct latency_snapshot l2;
    struct analyser_status s2;
    memset(&telemetry, 0, sizeof telemetry);
    CU_ASSERT_EQUAL(telemetry_read_metrics(&telemetry, &m2), STATUS_EMPTY);
    CU_ASSERT_EQUAL(telemetry_read_latency(&telemetry, &l2), STATUS_EMPTY);
    CU_ASSERT_EQUAL(telemetry_read_status(&telemetry, &s2), STATUS_EMPTY);
    telemetry_write_metrics(&telemetry, &m);
    CU_ASSERT_EQUAL(telemetry_read_latency(&telemetry, &l2), STATUS_EMPTY);
    telemetry_write_latency(&telemetry, &l);
    CU_ASSERT_EQUAL(telemetry_read_status(&telemetry, &s2), STATUS_EMPTY);
    telemetry_write_status(&telemetry, &s);
    CU_ASSERT_EQUAL(telemetry_read_metrics(&telemetry, &m2), STATUS_OK);
    CU_ASSERT_EQUAL(telemetry_read_latency(&telemetry, &l2), STATUS_OK);
    CU_ASSERT_EQUAL(telemetry_read_status(&telemetry, &s2), STATUS_OK);
    CU_ASSERT_EQUAL(memcmp(&m, &m2, sizeof m), 0);
    CU_ASSERT_EQUAL(memcmp(&l, &l2, sizeof l), 0);
    CU_ASSERT_EQUAL(memcmp(&s, &s2, sizeof s), 0);
    CU_ASSERT_EQUAL(telemetry.pad[0] + telemetry.patchbay[0] + telemetry.events.head,
                    0); /* nothing ran over */
}

static void a_writer_at_work_is_torn(void)
{
    const struct metrics_snapshot m = good_metrics();
    struct metrics_snapshot out;
    telemetry_write_metrics(&telemetry, &m);
    telemetry.metrics_sequence++;
    CU_ASSERT_EQUAL(telemetry_read_metrics(&telemetry, &out), STATUS_TORN);
    telemetry_write_metrics(&telemetry, &m);
    CU_ASSERT_EQUAL(telemetry_read_metrics(&telemetry, &out), STATUS_OK);
}

static void layout(void)
{
    CU_ASSERT_EQUAL(TELEMETRY_ABI, 5);
    CU_ASSERT_EQUAL(CHANNELS_MAX, 64);
    CU_ASSERT_EQUAL(telemetry_kind.size, 113216);
    CU_ASSERT_EQUAL(memcmp(&telemetry_kind.magic, "PHITLEM1", 8), 0);
    CU_ASSERT_STRING_EQUAL(telemetry_kind.suffix, "telemetry");
    CU_ASSERT_EQUAL(sizeof(struct segment_header), 64);
    CU_ASSERT_EQUAL(offsetof(struct segment_header, generation), 32);
    CU_ASSERT_EQUAL(sizeof(struct channel_metrics), 16);
    CU_ASSERT_EQUAL(sizeof(struct metrics_snapshot), 10456);
    CU_ASSERT_EQUAL(offsetof(struct metrics_snapshot, ici), 32);
    CU_ASSERT_EQUAL(offsetof(struct metrics_snapshot, channel_count), 64);
    CU_ASSERT_EQUAL(offsetof(struct metrics_snapshot, channel), 80);
    CU_ASSERT_EQUAL(offsetof(struct metrics_snapshot, requested), 1104);
    CU_ASSERT_EQUAL(sizeof(struct latency_snapshot), 32);
    CU_ASSERT_EQUAL(sizeof(struct analyser_status), 120);
    CU_ASSERT_EQUAL(offsetof(struct analyser_status, callbacks), 32);
    CU_ASSERT_EQUAL(offsetof(struct telemetry, heartbeat_us), 64);
    CU_ASSERT_EQUAL(offsetof(struct telemetry, metrics_sequence), 96);
    CU_ASSERT_EQUAL(offsetof(struct telemetry, metrics), 65728);
    CU_ASSERT_EQUAL(offsetof(struct telemetry, latency), 76184);
    CU_ASSERT_EQUAL(offsetof(struct telemetry, status), 76216);
    CU_ASSERT_EQUAL(offsetof(struct telemetry, events), 128);
    CU_ASSERT_EQUAL(sizeof(struct patch_source), 128);
    CU_ASSERT_EQUAL(offsetof(struct telemetry, patchbay_sequence), 88);
    CU_ASSERT_EQUAL(offsetof(struct telemetry, patchbay), 80432);
    CU_ASSERT_EQUAL(sizeof(struct telemetry), 113216);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"metrics out of range", metrics_out_of_range},
        {"metrics: timestamps and counts", metrics_timestamps_and_counts},
        {"latency out of range", latency_out_of_range},
        {"status out of range", status_out_of_range},
        {"names that are no text", names_that_are_no_text},
        {"a patchbay that is none", a_patchbay_that_is_none},
        {"round trips", round_trips},
        {"a writer at work is torn", a_writer_at_work_is_torn},
        {"layout", layout},
        CU_TEST_INFO_NULL,
    };
    return unit_run("telemetry", tests);
}
