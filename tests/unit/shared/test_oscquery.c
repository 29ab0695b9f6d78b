/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tree of nodes: what is missing first, then every node against the table that it comes from. */
#include "shared/control.h"
#include "shared/json/oscquery.h"
#include "tests/unit/unit.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

enum { CHANNELS = 3, BANDS = 5 };

static const struct metrics_snapshot sound = {
    .ici = 0.5F,
    .criticality = 9,
    .spectral_centroid = 440,
    .phi_depth = 0.25F,
    .phi_phase = 3,
    .phi_breathing_active = 1,
    .channel_count = CHANNELS,
    .band_count = BANDS,
    .parts = PARTS_ALL | PART_CHANNEL_BANDS,
    .channel = {{.amplitude = 0.5F}, {.phase = -1}},
    .requested = {.level = {{.rms = 0.125F}}, .band = {[4] = 0.75F}}};
static const struct analyser_status analyser = {.phi_rate = 0.5F, .auto_phi = 0};
static const struct channel_names names = {.name = {"Kick \"in\"", "", "\xc3\x9c"}};
static struct server_report report;
static struct metrics_snapshot frame;
static struct osc_space space;
static struct message message;
static uint32_t parts;

static void begin(void)
{
    frame = sound;
    space =
        (struct osc_space){.frame = &frame, .names = &names, .analyser = &analyser, .takes_commands = true};
    report = (struct server_report){.source_name = "stage"};
    report.osc.url_count = 1;
    report.osc.url[0] = "osc.udp://127.0.0.1:9001";
}

static enum status ask(const char *path, const char *attribute)
{
    return message_node(&message, &space, path, attribute, &parts);
}

/* The node at the path; to be given back. */
static struct json_object *get(const char *path)
{
    CU_ASSERT_EQUAL_FATAL(ask(path, NULL), STATUS_OK);
    struct json_object *node = json_tokener_parse(message.text);
    CU_ASSERT_PTR_NOT_NULL_FATAL(node);
    return node;
}

static struct json_object *member(struct json_object *node, const char *name)
{
    struct json_object *value = NULL;
    (void)json_object_object_get_ex(node, name, &value);
    return value;
}

static void says(const char *path, const char *attribute, const char *text)
{
    CU_ASSERT_EQUAL_FATAL(ask(path, attribute), STATUS_OK);
    if (strcmp(message.text, text) != 0) {
        fprintf(stderr, "%s: %s instead of %s\n", path, message.text, text);
        CU_FAIL("the attribute is another");
    }
}

static void what_is_not_there(void)
{
    static const char *const paths[] = {"//",
                                        "/phicast/",
                                        "/phicas",
                                        "/phicast/ic",
                                        "/phicast/icii",
                                        "/phicast/ici/",
                                        "/phicast/ici/x",
                                        "/phicast/channel/0",
                                        "/phicast/channel/4",
                                        "/phicast/channel/01",
                                        "/phicast/level/4/rms",
                                        "/phicast/band/6",
                                        "/phicast/frame",
                                        "/phicast/set/calibrate"};
    begin();
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        CU_ASSERT_EQUAL(ask(paths[i], NULL), STATUS_NOT_FOUND);
        CU_ASSERT_EQUAL(ask(paths[i], "VALUE"), STATUS_NOT_FOUND);
    }
    CU_ASSERT_EQUAL(ask("/phicast/ici", "VALU"), STATUS_BAD_ARG);
    CU_ASSERT_EQUAL(ask("/phicast/ici", "value"), STATUS_BAD_ARG);
    CU_ASSERT_EQUAL(ask("/", ""), STATUS_BAD_ARG);
    CU_ASSERT_EQUAL(ask("/phicast", "VALUE"), STATUS_EMPTY);
    CU_ASSERT_EQUAL(ask("/phicast/ici", "CONTENTS"), STATUS_EMPTY);
    CU_ASSERT_EQUAL(ask("/phicast/ici", "UNIT"), STATUS_EMPTY);
    CU_ASSERT_EQUAL(ask("/phicast/channel/1/name", "RANGE"), STATUS_EMPTY);
    frame.parts = PARTS_ALL; /* nobody knows whether it has bands of each channel */
    CU_ASSERT_EQUAL(ask("/phicast/channel/1/band/1", NULL), STATUS_NOT_FOUND);
    frame = (struct metrics_snapshot){0};
    CU_ASSERT_EQUAL(ask("/phicast/channel", NULL), STATUS_NOT_FOUND);
    space.takes_commands = false;
    CU_ASSERT_EQUAL(ask("/phicast/set/depth", NULL), STATUS_NOT_FOUND);
    CU_ASSERT_EQUAL(ask("/phicast/ici", NULL), STATUS_OK);
    message_free(&message);
}

/* Visits all nodes from there on; returns how many of them have a TYPE. */
static int visit(struct json_object *node, const char *path)
{
    struct json_object *contents = member(node, "CONTENTS");
    int leaves = member(node, "TYPE") != NULL;
    CU_ASSERT_STRING_EQUAL(json_object_get_string(member(node, "FULL_PATH")), path);
    CU_ASSERT_EQUAL(leaves, contents == NULL);
    CU_ASSERT_EQUAL(json_object_get_int(member(node, "ACCESS")) == 0, contents != NULL);
    if (contents) {
        json_object_object_foreach(contents, name, next)
        {
            char below[128];
            snprintf(below, sizeof below, "%s/%s", strcmp(path, "/") == 0 ? "" : path, name);
            leaves += visit(next, below);
        }
    }
    return leaves;
}

static void whole_tree(void)
{
    int rows = 0;
    begin();
    struct json_object *root = get("/");
    for (size_t g = 0; g < METRIC_GROUPS; g++) {
        const struct metric_extent extent = metric_extent(&metric_group[g], &frame);
        for (uint32_t m = 0; m < metric_group[g].count; m++) {
            rows += metric_group[g].metric[m].address ? (int)(extent.channels * extent.bands) : 0;
        }
    }
    CU_ASSERT_EQUAL(visit(root, "/"), rows + CHANNELS + 5);
    json_object_put(root);
    message_free(&message);
}

/* Each metric, for each channel and band, stands at its address, with what its row says. */
static void every_metric(void)
{
    begin();
    for (size_t g = 0; g < METRIC_GROUPS; g++) {
        struct metric_place at = {.group = &metric_group[g]};
        const struct metric_extent extent = metric_extent(at.group, &frame);
        for (uint32_t i = 0; i < at.group->count * extent.channels * extent.bands; i++) {
            char address[METRIC_ADDRESS_MAX];
            char path[METRIC_ADDRESS_MAX + 9];
            at.metric = &at.group->metric[i % at.group->count];
            at.channel = i / at.group->count / extent.bands;
            at.band = i / at.group->count % extent.bands;
            if (!at.metric->address) {
                continue;
            }
            snprintf(path, sizeof path, "/phicast/%s", metric_address(&at, address));
            struct json_object *node = get(path);
            struct json_object *range = json_object_array_get_idx(member(node, "RANGE"), 0);
            CU_ASSERT_EQUAL(visit(node, path), 1);
            CU_ASSERT_STRING_EQUAL(json_object_get_string(member(node, "TYPE")), "f");
            CU_ASSERT_EQUAL(json_object_get_int(member(node, "ACCESS")), 1);
            CU_ASSERT_STRING_EQUAL(json_object_get_string(member(node, "DESCRIPTION")), at.metric->help);
            CU_ASSERT_DOUBLE_EQUAL(
                json_object_get_double(json_object_array_get_idx(member(node, "VALUE"), 0)),
                metric_value(&at, &frame), 1e-6);
            CU_ASSERT_DOUBLE_EQUAL(json_object_get_double(member(range, "MIN")), at.metric->usual_low, 1e-6);
            CU_ASSERT_DOUBLE_EQUAL(json_object_get_double(member(range, "MAX")), at.metric->usual_high, 1e-6);
            CU_ASSERT_EQUAL(parts, at.group->part == PART_CHANNEL_BANDS ? PART_BANDS : at.group->part);
            json_object_put(node);
        }
    }
    message_free(&message);
}

static void attributes(void)
{
    begin();
    says("/", "FULL_PATH", "{\"FULL_PATH\":\"/\"}");
    says("/phicast/channel", "ACCESS", "{\"ACCESS\":0}");
    says("/phicast/channel/1/name", "VALUE", "{\"VALUE\":[\"Kick \\\"in\\\"\"]}");
    says("/phicast/channel/3/name", "TYPE", "{\"TYPE\":\"s\"}");
    says("/phicast/band/5", "VALUE", "{\"VALUE\":[0.75]}");
    says("/phicast/spectral_centroid", "UNIT", "{\"UNIT\":[\"time.hz\"]}");
    says("/phicast/channel/2/phase", "UNIT", "{\"UNIT\":[\"angle.radian\"]}");
    says("/phicast/ici", "CLIPMODE", "{\"CLIPMODE\":[\"both\"]}");
    says("/phicast/phi/phase", "CLIPMODE", "{\"CLIPMODE\":[\"both\"]}");
    says("/phicast/criticality", "CLIPMODE", "{\"CLIPMODE\":[\"low\"]}"); /* it is 9, beyond its RANGE */
    says("/phicast/criticality", "RANGE", "{\"RANGE\":[{\"MIN\":0.0,\"MAX\":4.0}]}");
    message_free(&message);
}

/* What a command has set can be read back, as far as anybody knows. */
static void commands(void)
{
    begin();
    says("/phicast/set/depth", "VALUE", "{\"VALUE\":[0.25]}");
    says("/phicast/set/depth", "ACCESS", "{\"ACCESS\":3}");
    says("/phicast/set/phase", "RANGE", "{\"RANGE\":[{\"MIN\":0.0,\"MAX\":6.283185}]}");
    says("/phicast/set/rate", "VALUE", "{\"VALUE\":[0.5]}");
    says("/phicast/set/breathing", "TYPE", "{\"TYPE\":\"T\"}");
    says("/phicast/set/breathing", "VALUE", "{\"VALUE\":[true]}");
    says("/phicast/set/auto", "TYPE", "{\"TYPE\":\"F\"}");
    says("/phicast/set/auto", "VALUE", "{\"VALUE\":[false]}");
    CU_ASSERT_EQUAL(ask("/phicast/set/auto", "RANGE"), STATUS_EMPTY);
    space.analyser = NULL;
    says("/phicast/set/rate", "ACCESS", "{\"ACCESS\":2}");
    CU_ASSERT_EQUAL(ask("/phicast/set/rate", "VALUE"), STATUS_EMPTY);
    message_free(&message);
}

static uint32_t ws_port;

static void at_host(const char *url, const char *text)
{
    report.osc.url[0] = url;
    CU_ASSERT_EQUAL_FATAL(message_host_info(&message, &report, ws_port), STATUS_OK);
    CU_ASSERT_PTR_EQUAL(strstr(message.text, text), message.text);
}

static void host_info(void)
{
    begin();
    at_host("osc.udp://127.0.0.1:9001",
            "{\"NAME\":\"stage\",\"OSC_IP\":\"127.0.0.1\",\"OSC_PORT\":9001,\"OSC_TRANSPORT\":\"UDP\",");
    at_host("osc.udp://[fe80::1]:65535", "{\"NAME\":\"stage\",\"OSC_IP\":\"fe80::1\",\"OSC_PORT\":65535,");
    at_host("osc.udp://0.0.0.0:1", "{\"NAME\":\"stage\",\"OSC_PORT\":1,");
    at_host("osc.udp://[::]:1", "{\"NAME\":\"stage\",\"OSC_PORT\":1,");
    CU_ASSERT_PTR_NOT_NULL(strstr(message.text, "\"LISTEN\":true"));
    report.osc.url_count = 2;
    at_host("osc.udp://127.0.0.1:9001", "{\"NAME\":\"stage\",\"OSC_PORT\":9001,");
    report.osc.url_count = 0;
    at_host(NULL, "{\"NAME\":\"stage\",\"EXTENSIONS\":{");
    ws_port = 8000;
    at_host(NULL, "{\"NAME\":\"stage\",\"WS_PORT\":8000,\"EXTENSIONS\":{");
    ws_port = 0;
    message_free(&message);
}

static enum status order(const char *text)
{
    struct osc_order read;
    const enum status status = osc_order_read(&read, text, strlen(text));
    if (status == STATUS_OK) {
        CU_ASSERT_EQUAL(read.listen, strstr(text, "LISTEN") != NULL);
        CU_ASSERT_STRING_EQUAL(read.path, "/phicast/ici");
    }
    return status;
}

static void orders(void)
{
    static const char *const wrong[] = {
        "[]",

        "{}",
        "\"LISTEN\"",
        "{\"COMMAND\":\"LISTEN\"}",
        "{\"DATA\":\"/phicast/ici\"}",
        "{\"COMMAND\":\"LISTEN\",\"DATA\":[\"/phicast/ici\"]}",
        "{\"COMMAND\":\"LISTEN\",\"DATA\":null}",
        "{\"COMMAND\":null,\"DATA\":\"/phicast/ici\"}",
        "{\"COMMAND\":[],\"DATA\":\"/phicast/ici\"}",
        "{\"COMMAND\":\"listen\",\"DATA\":\"/phicast/ici\"}",
        "{\"COMMAND\":\"START_OSC_STREAMING\",\"DATA\":{\"LOCAL_SERVER_PORT\":1}}",
        "{\"COMMAND\":\"LISTEN\",\"DATA\":\"/phicast/ici\\u0000x\"}",
        "{\"COMMAND\":\"LISTEN\",\"DATA\":\"/phicast/ici/"
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        CU_ASSERT_EQUAL(order(wrong[i]), STATUS_BAD_ARG);
    }
    CU_ASSERT_EQUAL(order(""), STATUS_CORRUPT);
    CU_ASSERT_EQUAL(order("null"), STATUS_CORRUPT);
    CU_ASSERT_EQUAL(order("LISTEN /phicast/ici"), STATUS_CORRUPT);
    CU_ASSERT_EQUAL(order("{\"COMMAND\":\"LISTEN\",\"DATA\":\"/phicast/ici\"} {}"), STATUS_CORRUPT);
    CU_ASSERT_EQUAL(order("{\"COMMAND\":\"LISTEN\",\"DATA\":\"/phicast/ici\"}"), STATUS_OK);
    CU_ASSERT_EQUAL(order(" {\"DATA\": \"/phicast/ici\", \"COMMAND\": \"IGNORE\", \"MORE\": 1} "), STATUS_OK);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"what is not there", what_is_not_there},
        {"whole tree", whole_tree},
        {"every metric", every_metric},
        {"attributes", attributes},
        {"commands", commands},
        {"host info", host_info},
        {"orders", orders},
        CU_TEST_INFO_NULL,
    };
    return unit_run("oscquery", tests);
}
