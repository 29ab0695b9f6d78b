/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of metrics: what is read through it, and that the documentation shows it. `test_metric --table`
 * prints what docs/metrics.md is to have. */
#include "shared/metric.h"
#include "tests/unit/unit.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *in; /* what holds them on the wire */
    const struct metric *metric;
    size_t count;
} tables[] = {
    {"", frame_metric, FRAME_METRICS},
    {"channel_metrics[].", channel_metric, CHANNEL_METRICS},
    {"levels[].", level_metric, LEVEL_METRICS},
    {"bands[] ", band_metric, BAND_METRICS},
    {"channel_bands[][] ", channel_band_metric, BAND_METRICS},
    {"", onset_metric, ONSET_METRICS},
    {"", latency_metric, LATENCY_METRICS},
};

enum { TABLES = sizeof tables / sizeof tables[0] };

static void print_range(FILE *out, const struct metric *metric)
{
    static const char *const words[] = {
        [METRIC_TIME] = "Unix time", [METRIC_FLAG] = "true, false", [METRIC_SERIAL] = "counts from 0"};
    const char *word = metric->type < sizeof words / sizeof words[0] ? words[metric->type] : NULL;
    if (word) {
        fputs(word, out);
    } else if (metric->high <= 1e6) {
        fprintf(out, "%.5g … %.5g", metric->low, metric->high);
    } else if (metric->low == 0) {
        fputs("≥ 0", out);
    }
}

static char *print_table(void)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out) {
        abort();
    }
    fputs("| on the wire | OSC | unit | range | what it is |\n|---|---|---|---|---|\n", out);
    for (size_t t = 0; t < TABLES; t++) {
        for (size_t i = 0; i < tables[t].count; i++) {
            const struct metric *metric = &tables[t].metric[i];
            fprintf(out, "| `%s%s` | ", tables[t].in, metric->name);
            fprintf(out, metric->address ? "`%s`" : "", metric->address);
            fprintf(out, " | %s | ", metric->unit);
            print_range(out, metric);
            fprintf(out, " | %s |\n", metric->help);
        }
    }
    fclose(out);
    return text;
}

static void the_documentation_has_it(void)
{
    char page[65536];
    char *table = print_table();
    FILE *file = fopen(PHICAST_DOCS "/metrics.md", "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    const size_t length = fread(page, 1, sizeof page - 1, file);
    page[length] = '\0';
    fclose(file);
    CU_ASSERT_PTR_NOT_NULL(strstr(page, table));
    free(table);
}

static void rows_are_sound(void)
{
    for (size_t t = 0; t < TABLES; t++) {
        for (size_t i = 0; i < tables[t].count; i++) {
            const struct metric *metric = &tables[t].metric[i];
            CU_ASSERT_TRUE(metric->low < metric->high);
            CU_ASSERT_TRUE(metric->usual_low < metric->usual_high);
            CU_ASSERT_TRUE(strlen(metric->help) > 0 && metric->unit);
            CU_ASSERT_EQUAL(metric_find(tables[t].metric, tables[t].count, metric->name), i); /* once */
        }
        CU_ASSERT_EQUAL(metric_find(tables[t].metric, tables[t].count, "no such"), tables[t].count);
    }
}

static const struct metrics_snapshot sample = {.frame = UINT64_MAX - 1,
                                               .timestamp = 1234567890.5,
                                               .ici = 0.25F,
                                               .criticality = 1.5F,
                                               .phase_coherence = 0.75F,
                                               .spectral_centroid = 1000,
                                               .phi_depth = 0.5F,
                                               .phi_phase = 2,
                                               .phi_breathing_active = 1,
                                               .active_channels = 3,
                                               .channel_count = 4};

static void each_is_read_from_its_place(void)
{
    static const double wanted[FRAME_METRICS] = {0, 1234567890.5, 0.25, 1.5, 0.75, 1000, 0.5, 2, 1, 3};
    CU_ASSERT_EQUAL(metric_serial(&frame_metric[0], &sample), UINT64_MAX - 1);
    for (size_t i = 1; i < FRAME_METRICS; i++) {
        CU_ASSERT_EQUAL(metric_read(&frame_metric[i], &sample), wanted[i]);
    }
    const struct channel_metrics channel = {440, 0.5F, -1, 1};
    static const double of_channel[CHANNEL_METRICS] = {440, 0.5, -1, 1};
    for (size_t i = 0; i < CHANNEL_METRICS; i++) {
        CU_ASSERT_EQUAL(metric_read(&channel_metric[i], &channel), of_channel[i]);
    }
    const struct latency_report latency = {1, 2, 3, 4, 5, 6, 1, 8};
    static const double of_latency[LATENCY_METRICS] = {1, 2, 3, 4, 5, 6, 1, 8};
    for (size_t i = 0; i < LATENCY_METRICS; i++) {
        CU_ASSERT_EQUAL(metric_read(&latency_metric[i], &latency), of_latency[i]);
    }
}

/* Every float of a frame, just outside on either side, and no number at all. */
static void what_is_out_of_range(void)
{
    CU_ASSERT_TRUE(metrics_in_range(frame_metric, FRAME_METRICS, &sample));
    for (size_t i = 0; i < FRAME_METRICS; i++) {
        const struct metric *metric = &frame_metric[i];
        if (metric->type != METRIC_FLOAT) {
            continue;
        }
        const float bad[] = {nextafterf((float)metric->low, -INFINITY),
                             nextafterf((float)metric->high, INFINITY), NAN, -INFINITY};
        for (size_t b = 0; b < sizeof bad / sizeof bad[0]; b++) {
            struct metrics_snapshot wrong = sample;
            memcpy((char *)&wrong + metric->at, &bad[b], sizeof bad[b]);
            CU_ASSERT_FALSE(metrics_in_range(frame_metric, FRAME_METRICS, &wrong));
        }
    }
    struct metrics_snapshot wrong = sample;
    wrong.phi_breathing_active = 2;
    CU_ASSERT_FALSE(metrics_in_range(frame_metric, FRAME_METRICS, &wrong));
}

static void choose(const char *name, const char *address, uint32_t channels, uint32_t bands)
{
    struct metric_place first;
    struct metric_place last;
    char text[METRIC_ADDRESS_MAX];
    CU_ASSERT_TRUE_FATAL(metric_choose(name, &first, &last));
    CU_ASSERT_STRING_EQUAL(metric_address(&first, text), address);
    CU_ASSERT_EQUAL(last.channel - first.channel + 1, channels);
    CU_ASSERT_EQUAL(last.band - first.band + 1, bands);
}

static void they_are_found_by_name(void)
{
    static const char *const wrong[] = {"frame",
                                        "timestamp",
                                        "",
                                        "rms",
                                        "level",
                                        "level/",
                                        "level//rms",
                                        "level/0/rms",
                                        "level/65/rms",
                                        "level/1/rms/",
                                        "level/01/rms",
                                        "level/1/frequency",
                                        "band/33",
                                        "band",
                                        "band/",
                                        "channel/1/band",
                                        "channel/1/band/0",
                                        "channel/N/phase",
                                        "band/B",
                                        "channel/99999999999999999999/phase",
                                        "total_latency_ms"};
    struct metric_place first;
    struct metric_place last;
    choose("ici", "ici", 1, 1);
    choose("phi_depth", "phi/depth", 1, 1);
    choose("phi/depth", "phi/depth", 1, 1);
    choose("onset_strength", "onset_strength", 1, 1);
    choose("channel/64/amplitude", "channel/64/amplitude", 1, 1);
    choose("level/3/rms", "level/3/rms", 1, 1);
    choose("level/*/peak", "level/1/peak", CHANNELS_MAX, 1);
    choose("band/32", "band/32", 1, 1);
    choose("band/*", "band/1", 1, BANDS_MAX);
    choose("channel/2/band/*", "channel/2/band/1", 1, BANDS_MAX);
    choose("channel/*/band/7", "channel/1/band/7", CHANNELS_MAX, 1);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        CU_ASSERT_FALSE(metric_choose(wrong[i], &first, &last));
    }
}

/* Each number of a snapshot by its address; beyond its channels and bands there is 0. */
static void groups_reach_everything(void)
{
    static const struct {
        const char *name;
        double value;
    } wanted[] = {{"channel/4/phase", -3}, {"level/2/rms", 0.25},  {"level/4/peak", 2},
                  {"level/1/clipped", 7},  {"band/3", 0.125},      {"channel/3/band/5", 0.75},
                  {"onset_strength", 0.5}, {"channel/5/phase", 0}, {"band/6", 0},
                  {"level/5/rms", 0},      {"channel/3/band/6", 0}};
    struct metrics_snapshot m = sample;
    m.band_count = 5;
    m.parts = PARTS_ALL | PART_CHANNEL_BANDS;
    m.channel[3].phase = -3;
    m.channel[4].phase = 1; /* beyond the four that there are */
    m.requested = (struct requested_metrics){
        .onset_strength = 0.5F,
        .level = {{0, 0, 7}, {0.25F, 0, 0}, {0, 0, 0}, {0, 2, 0}, {9, 9, 9}},
        .band = {0, 0, 0.125F, 0, 0, 9},
    };
    m.requested.channel_band[2][4] = 0.75F;
    m.requested.channel_band[2][5] = 9;
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        struct metric_place first;
        struct metric_place last;
        CU_ASSERT_TRUE_FATAL(metric_choose(wanted[i].name, &first, &last));
        CU_ASSERT_EQUAL(metric_value(&first, &m), wanted[i].value);
    }
    CU_ASSERT_TRUE(metric_groups_in_range(&m));
    m.requested.channel_band[2][4] = NAN;
    CU_ASSERT_FALSE(metric_groups_in_range(&m));
    m.parts = PARTS_ALL; /* so that is no longer measured */
    CU_ASSERT_TRUE(metric_groups_in_range(&m));
    m.requested.level[3].rms = -1;
    CU_ASSERT_FALSE(metric_groups_in_range(&m));
    m.requested.level[3].rms = 0;
    m.requested.onset_strength = 1.5F;
    CU_ASSERT_FALSE(metric_groups_in_range(&m));
}

/* Every struct once, in the order of the wire; none of a group that has none. */
static void a_walk(void)
{
    struct metrics_snapshot m = {.channel_count = 2, .band_count = 3};
    const uint32_t all = PARTS_ALL | PART_CHANNEL_BANDS;
    struct metric_place place = {0};
    uint32_t structs[METRIC_GROUPS] = {0};
    uint32_t last = 0;
    while (metric_next(&place, &m, all)) {
        const uint32_t number =
            (uint32_t)(place.group - metric_group) * 100 + place.channel * 10 + place.band;
        CU_ASSERT(last <= number && (last < number || number == 0));
        CU_ASSERT_PTR_EQUAL(place.metric, place.group->metric);
        structs[place.group - metric_group]++;
        last = number;
    }
    static const uint32_t wanted[METRIC_GROUPS] = {1, 2, 2, 3, 6, 1};
    CU_ASSERT_EQUAL(memcmp(structs, wanted, sizeof wanted), 0);
    place = (struct metric_place){0};
    for (uint32_t i = 0; i < 3; i++) {
        CU_ASSERT_TRUE(metric_next(&place, &m, 0)); /* the frame, and two channels */
    }
    CU_ASSERT_FALSE(metric_next(&place, &m, 0));
    m.channel_count = m.band_count = 0;
    place = (struct metric_place){0};
    CU_ASSERT_TRUE(metric_next(&place, &m, all)); /* the frame */
    CU_ASSERT_TRUE(metric_next(&place, &m, all)); /* the onsets */
    CU_ASSERT_PTR_EQUAL(place.metric, onset_metric);
    CU_ASSERT_FALSE(metric_next(&place, &m, all));
}

int main(int argc, char **argv)
{
    static const CU_TestInfo tests[] = {
        {"the documentation has it", the_documentation_has_it},
        {"rows are sound", rows_are_sound},
        {"each is read from its place", each_is_read_from_its_place},
        {"what is out of range", what_is_out_of_range},
        {"they are found by name", they_are_found_by_name},
        {"groups reach everything", groups_reach_everything},
        {"a walk", a_walk},
        CU_TEST_INFO_NULL,
    };
    if (argc == 2 && strcmp(argv[1], "--table") == 0) {
        char *table = print_table();
        fputs(table, stdout);
        free(table);
        return EXIT_SUCCESS;
    }
    return unit_run("metric", tests);
}
