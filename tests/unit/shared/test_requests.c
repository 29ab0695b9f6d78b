/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bodies of POST requests: what is refused, and in which words; what they ask for, and in which order. */
#include "shared/json/requests.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

static struct request request;
static char error[REQUEST_ERROR_MAX];

static void refuses(enum status status, const char *text, const char *part)
{
    strcpy(error, "");
    request.count = 99;
    CU_ASSERT_EQUAL(request_phi(&request, text, strlen(text), error), status);
    if (!strstr(error, part)) {
        fprintf(stderr, "%s: \"%s\" lacks \"%s\"\n", text, error, part);
        CU_FAIL("the words are others");
    }
}

static void not_json(void)
{
    refuses(STATUS_CORRUPT, "", "ends too early");
    refuses(STATUS_CORRUPT, " ", "ends too early");
    refuses(STATUS_CORRUPT, "{", "ends too early");
    refuses(STATUS_CORRUPT, "{\"depth\":0.5", "ends too early");
    refuses(STATUS_CORRUPT, "{\"depth\":0.5}}", "not a JSON object");
    refuses(STATUS_CORRUPT, "{\"depth\":0.5} {\"depth\":0.5}", "not a JSON object");
    refuses(STATUS_CORRUPT, "{\"depth\":0.5,}", "not a JSON object");
    refuses(STATUS_CORRUPT, "depth=0.5", "not a JSON object");
    refuses(STATUS_CORRUPT, "[0.5]", "not a JSON object");
    refuses(STATUS_CORRUPT, "0.5", "not a JSON object");
    refuses(STATUS_CORRUPT, "null", "not a JSON object");
    refuses(STATUS_CORRUPT, "\"depth\"", "not a JSON object");
    refuses(STATUS_CORRUPT, "{\"depth\":[[[[[[[[1]]]]]]]]}", "not a JSON object");
    refuses(STATUS_CORRUPT, "{\"de\xFFpth\":1}", "not a JSON object");
    CU_ASSERT_EQUAL(request_phi(&request, "{\"depth\":1}\0 ", 13, error), STATUS_CORRUPT);
    CU_ASSERT_EQUAL(request_phi(&request, "{\0\"depth\":1}", 12, error), STATUS_CORRUPT);
}

static void bad_members(void)
{
    refuses(STATUS_BAD_ARG, "{}", "asks for nothing");
    refuses(STATUS_BAD_ARG, "{\"depth\":0.5,\"depth\":0.5}", "depth: given twice");
    refuses(STATUS_BAD_ARG, "{\"depth\":0.5,\"d\\u0065pth\":1}", "depth: given twice");
    refuses(STATUS_BAD_ARG, "{\"depth\":{\"a\":1,\"a\":1}}", "a: given twice");
    refuses(STATUS_BAD_ARG, "{\"dept\":1}",
            "dept: no such member; there is depth, phase, rate, breathing, auto");
    refuses(STATUS_BAD_ARG, "{\"depth\":1,\"level_dbfs\":-20}", "level_dbfs: no such member");
    refuses(STATUS_BAD_ARG, "{\"\\n\\u00e9\":1}", "???: no such member");
    refuses(STATUS_BAD_ARG, "{\"depth\":1.0001}", "depth: give a number from 0 to 1");
    refuses(STATUS_BAD_ARG, "{\"depth\":-1e-9}", "depth: give a number from 0 to 1");
    refuses(STATUS_BAD_ARG, "{\"depth\":\"0.5\"}", "depth:");
    refuses(STATUS_BAD_ARG, "{\"depth\":true}", "depth:");
    refuses(STATUS_BAD_ARG, "{\"depth\":null}", "depth:");
    refuses(STATUS_BAD_ARG, "{\"depth\":[0.5]}", "depth:");
    refuses(STATUS_BAD_ARG, "{\"depth\":1e999}", "depth:");
    refuses(STATUS_BAD_ARG, "{\"phase\":1000001}",
            "phase: give a number of radians from -1000000 to 1000000");
    refuses(STATUS_BAD_ARG, "{\"rate\":0}", "rate: give a number of Hz from 0.01 to 10");
    refuses(STATUS_BAD_ARG, "{\"breathing\":1}", "breathing: give true or false");
    refuses(STATUS_BAD_ARG, "{\"auto\":\"true\"}", "auto: give true or false");
    CU_ASSERT_EQUAL(request.count, 0); /* whole or nothing */
    refuses(STATUS_BAD_ARG, "{\"depth\":0.5,\"rate\":11}", "rate:");
    CU_ASSERT_EQUAL(request.count, 0);
}

static void no_number_that_is_none(void)
{
    static const char *const texts[] = {"{\"depth\":NaN}", "{\"depth\":Infinity}", "{\"depth\":-Infinity}"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        CU_ASSERT_NOT_EQUAL(request_phi(&request, texts[i], strlen(texts[i]), error), STATUS_OK);
    }
}

static void order_is_ours(void)
{
    static const char text[] = "{\"auto\":true,\"breathing\":false,\"rate\":0.5,\"phase\":-3,\"depth\":1}";
    static const struct command expected[] = {{.kind = COMMAND_DEPTH, .value = 1},
                                              {.kind = COMMAND_PHASE, .value = -3},
                                              {.kind = COMMAND_RATE, .value = 0.5},
                                              {.kind = COMMAND_BREATHING, .value = 0},
                                              {.kind = COMMAND_AUTO, .value = 1}};
    struct message message = {0};
    CU_ASSERT_EQUAL(request_phi(&request, text, strlen(text), error), STATUS_OK);
    CU_ASSERT_EQUAL_FATAL(request.count, 5);
    CU_ASSERT_EQUAL(memcmp(request.command, expected, sizeof expected), 0);
    CU_ASSERT_EQUAL(message_accepted(&message, &request), STATUS_OK);
    CU_ASSERT_STRING_EQUAL(message.text,
                           "{\"accepted\":[\"depth\",\"phase\",\"rate\",\"breathing\",\"auto\"]}");
    CU_ASSERT_EQUAL(message.length, strlen(message.text));
    CU_ASSERT_EQUAL(request_phi(&request, "{\"rate\":2}", 10, error), STATUS_OK);
    CU_ASSERT_EQUAL(request.count, 1);
    CU_ASSERT_EQUAL(message_accepted(&message, &request), STATUS_OK);
    CU_ASSERT_STRING_EQUAL(message.text, "{\"accepted\":[\"rate\"]}");
    message_free(&message);
}

static void calibrate(void)
{
    CU_ASSERT_EQUAL(request_calibrate(&request, "{\"level_dbfs\":1}", 16, error), STATUS_BAD_ARG);
    CU_ASSERT_PTR_NOT_NULL(strstr(error, "level_dbfs: give a number of dBFS from -60 to 0"));
    CU_ASSERT_EQUAL(request_calibrate(&request, "{\"depth\":1}", 11, error), STATUS_BAD_ARG);
    CU_ASSERT_EQUAL(request_calibrate(&request, "x", 1, error), STATUS_CORRUPT);
    CU_ASSERT_EQUAL(request_calibrate(&request, "", 0, error), STATUS_OK);
    CU_ASSERT_EQUAL(request.count, 1);
    CU_ASSERT_EQUAL(request.command[0].kind, COMMAND_CALIBRATE);
    CU_ASSERT_EQUAL(request.command[0].value, -20);
    CU_ASSERT_EQUAL(request_calibrate(&request, "{}", 2, error), STATUS_OK);
    CU_ASSERT_EQUAL(request.command[0].value, -20);
    CU_ASSERT_EQUAL(request_calibrate(&request, "{\"level_dbfs\":-6}", 17, error), STATUS_OK);
    CU_ASSERT_EQUAL(request.count, 1);
    CU_ASSERT_EQUAL(request.command[0].value, -6);
}

static enum status ask_target(struct target_request *target, const char *text)
{
    return request_target(target, text, strlen(text), error);
}

static void target(void)
{
    struct target_request asked;
    char longest[REQUEST_URL_MAX + 32];
    CU_ASSERT_EQUAL(ask_target(&asked, "[]"), STATUS_CORRUPT);
    CU_ASSERT_EQUAL(ask_target(&asked, "{}"), STATUS_BAD_ARG);
    CU_ASSERT_PTR_NOT_NULL(strstr(error, "url: give osc.udp://HOST:PORT"));
    CU_ASSERT_EQUAL(ask_target(&asked, "{\"url\":1}"), STATUS_BAD_ARG);
    CU_ASSERT_EQUAL(ask_target(&asked, "{\"url\":null}"), STATUS_BAD_ARG);
    CU_ASSERT_EQUAL(ask_target(&asked, "{\"url\":\"\"}"), STATUS_BAD_ARG);
    CU_ASSERT_EQUAL(ask_target(&asked, "{\"url\":\"a b\"}"), STATUS_BAD_ARG);
    CU_ASSERT_EQUAL(ask_target(&asked, "{\"url\":\"a\\u0000b\"}"), STATUS_BAD_ARG);
    CU_ASSERT_EQUAL(ask_target(&asked, "{\"url\":\"\xc3\xa4\"}"), STATUS_BAD_ARG);
    CU_ASSERT_STRING_EQUAL(asked.url, "");
    CU_ASSERT_EQUAL(ask_target(&asked, "{\"url\":\"x\",\"keep\":1}"), STATUS_BAD_ARG);
    CU_ASSERT_PTR_NOT_NULL(strstr(error, "keep: give true or false"));
    CU_ASSERT_EQUAL(ask_target(&asked, "{\"url\":\"x\",\"keep\":null}"), STATUS_BAD_ARG);
    CU_ASSERT_EQUAL(ask_target(&asked, "{\"uri\":\"x\"}"), STATUS_BAD_ARG);
    CU_ASSERT_PTR_NOT_NULL(strstr(error, "uri: no such member; there is url, keep"));
    CU_ASSERT_EQUAL(ask_target(&asked, "{\"url\":\"x\",\"url\":\"y\"}"), STATUS_BAD_ARG);
    CU_ASSERT_EQUAL(ask_target(&asked, "{\"url\":\"osc.udp://a:1?x=1&y=2\"}"), STATUS_OK);
    CU_ASSERT_STRING_EQUAL(asked.url, "osc.udp://a:1?x=1&y=2");
    CU_ASSERT_FALSE(asked.keep);
    CU_ASSERT_EQUAL(ask_target(&asked, "{\"keep\":true,\"url\":\"x\"}"), STATUS_OK);
    CU_ASSERT_TRUE(asked.keep);
    snprintf(longest, sizeof longest, "{\"url\":\"%0*d\"}", REQUEST_URL_MAX - 1, 0);
    CU_ASSERT_EQUAL(ask_target(&asked, longest), STATUS_OK);
    snprintf(longest, sizeof longest, "{\"url\":\"%0*d\"}", REQUEST_URL_MAX, 0);
    CU_ASSERT_EQUAL(ask_target(&asked, longest), STATUS_BAD_ARG);
}

static void record(void)
{
    bool on = true;
    CU_ASSERT_EQUAL(request_record(&on, "{\"on\":\"true\"}", 13, error), STATUS_BAD_ARG);
    CU_ASSERT_FALSE(on);
    CU_ASSERT_STRING_EQUAL(error, "on: give true or false");
    CU_ASSERT_EQUAL(request_record(&on, "{}", 2, error), STATUS_BAD_ARG);
    CU_ASSERT_EQUAL(request_record(&on, "", 0, error), STATUS_CORRUPT);
    CU_ASSERT_EQUAL(request_record(&on, "{\"on\":true,\"file\":\"x\"}", 22, error), STATUS_BAD_ARG);
    CU_ASSERT_PTR_NOT_NULL(strstr(error, "file: no such member; there is on"));
    CU_ASSERT_EQUAL(request_record(&on, "{\"on\":true}", 11, error), STATUS_OK);
    CU_ASSERT_TRUE(on);
    CU_ASSERT_EQUAL(request_record(&on, "{\"on\":false}", 12, error), STATUS_OK);
    CU_ASSERT_FALSE(on);
}

static void replay(void)
{
    static const char *const bad[] = {"",
                                      "{}",
                                      "[1]",
                                      "{\"volume\":1}",
                                      "{\"paused\":1}",
                                      "{\"position\":-1}",
                                      "{\"position\":\"1\"}",
                                      "{\"speed\":0}",
                                      "{\"speed\":101}",
                                      "{\"speed\":true}",
                                      "{\"position\":1e10}"};
    static const char text[] = "{\"speed\":0.5,\"position\":12,\"paused\":true}";
    struct replay_wish wish;
    struct message message = {0};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        error[0] = '\0';
        CU_ASSERT_NOT_EQUAL(request_replay(&wish, bad[i], strlen(bad[i]), error), STATUS_OK);
        CU_ASSERT_NOT_EQUAL(error[0], '\0');
    }
    CU_ASSERT_EQUAL(request_replay(&wish, text, strlen(text), error), STATUS_OK);
    CU_ASSERT(wish.has_paused && wish.has_position && wish.has_speed && wish.paused);
    CU_ASSERT(wish.position == 12 && wish.speed == 0.5);
    CU_ASSERT_EQUAL(message_replay_accepted(&message, &wish), STATUS_OK);
    CU_ASSERT_STRING_EQUAL(message.text, "{\"accepted\":[\"paused\",\"position\",\"speed\"]}");
    CU_ASSERT_EQUAL(request_replay(&wish, "{\"paused\":false}", 16, error), STATUS_OK);
    CU_ASSERT(wish.has_paused && !wish.has_position && !wish.has_speed && !wish.paused);
    message_free(&message);
}

static void patch(void)
{
    static const char *const bad[] = {
        "",
        "{}",
        "{\"source\":\"a:b\",\"channel\":0}",
        "{\"source\":\"a:b\",\"connected\":true}",
        "{\"channel\":0,\"connected\":true}",
        "{\"source\":\"\",\"channel\":0,\"connected\":true}",
        "{\"source\":\"a\\u0000b\",\"channel\":0,\"connected\":true}",
        "{\"source\":7,\"channel\":0,\"connected\":true}",
        "{\"source\":\"a:b\",\"channel\":-1,\"connected\":true}",
        "{\"source\":\"a:b\",\"channel\":64,\"connected\":true}",
        "{\"source\":\"a:b\",\"channel\":0.5,\"connected\":true}",
        "{\"source\":\"a:b\",\"channel\":\"0\",\"connected\":true}",
        "{\"source\":\"a:b\",\"channel\":0,\"connected\":1}",
        "{\"source\":\"a:b\",\"channel\":0,\"connected\":true,\"gain\":1}",
    };
    static const char text[] = "{\"connected\":true,\"source\":\"K\xc3\xb6ln:\\\"1\\\"\",\"channel\":63}";
    char longer[PATCH_NAME_MAX + 64];
    struct patch_wish wish;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        error[0] = '\0';
        CU_ASSERT_NOT_EQUAL(request_patch(&wish, bad[i], strlen(bad[i]), error), STATUS_OK);
        CU_ASSERT_NOT_EQUAL(error[0], '\0');
    }
    CU_ASSERT_EQUAL(request_patch(&wish, text, strlen(text), error), STATUS_OK);
    CU_ASSERT_STRING_EQUAL(wish.source, "K\xc3\xb6ln:\"1\"");
    CU_ASSERT_EQUAL(wish.channel, 63);
    CU_ASSERT_TRUE(wish.connected);
    snprintf(longer, sizeof longer, "{\"source\":\"%0*d\",\"channel\":0,\"connected\":false}", PATCH_NAME_MAX,
             0);
    CU_ASSERT_EQUAL(request_patch(&wish, longer, strlen(longer), error), STATUS_BAD_ARG);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"not JSON", not_json},
        {"bad members", bad_members},
        {"no number that is none", no_number_that_is_none},
        {"the order is ours", order_is_ours},
        {"calibrate", calibrate},
        {"target", target},
        {"record", record},
        {"replay", replay},
        {"patch", patch},
        CU_TEST_INFO_NULL,
    };
    return unit_run("requests", tests);
}
