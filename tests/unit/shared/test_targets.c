/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/json/targets.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char path[64];
static char error[OPTION_ERROR_MAX];

static enum status load(struct kept_targets *kept, const char *text)
{
    FILE *file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs(text, file);
    fclose(file);
    *kept = (struct kept_targets){0};
    error[0] = '\0';
    return kept_targets_load(kept, path, error);
}

static void wrong_files(void)
{
    static const char *const texts[] = {
        "",       "{}",     "\"osc.udp://a:1\"", "[",         "[\"a\",]",       "[1]",
        "[null]", "[\"\"]", "[\"a\\u0000b\"]",   "[[\"a\"]]", "[\"a\"] [\"b\"]"};
    struct kept_targets kept = {0};
    CU_ASSERT_EQUAL(kept_targets_load(&kept, "/nonexistent", error), STATUS_NOT_FOUND);
    CU_ASSERT_NOT_EQUAL(kept_targets_load(&kept, "/", error), STATUS_OK);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        CU_ASSERT_EQUAL(load(&kept, texts[i]), STATUS_CORRUPT);
        CU_ASSERT_EQUAL(kept.count, 0);
        CU_ASSERT_TRUE(error[0] != '\0');
    }
    CU_ASSERT_EQUAL(load(&kept, "[\"a\",\"b\",3]"), STATUS_CORRUPT);
    CU_ASSERT_STRING_EQUAL(error, "place 3 of the list is not a URL");
}

static void too_many(void)
{
    struct kept_targets kept = {0};
    char text[OPTION_LIST_MAX * 4 + 16] = "[\"0\"";
    for (int i = 1; i < OPTION_LIST_MAX; i++) {
        strcat(text, ",\"1\"");
    }
    char most[sizeof text + 1];
    snprintf(most, sizeof most, "%s]", text);
    CU_ASSERT_EQUAL(load(&kept, most), STATUS_OK);
    CU_ASSERT_EQUAL(kept.count, OPTION_LIST_MAX);
    CU_ASSERT_EQUAL(kept_targets_add(&kept, "more"), STATUS_BUSY);
    kept_targets_free(&kept);
    strcat(text, ",\"2\"]");
    CU_ASSERT_EQUAL(load(&kept, text), STATUS_CORRUPT);
    CU_ASSERT_STRING_EQUAL(error, "not a list of up to 64 URLs");
}

static void there_and_back(void)
{
    struct kept_targets kept = {0};
    struct message text = {0};
    CU_ASSERT_EQUAL(kept_targets_print(&kept, &text), STATUS_OK);
    CU_ASSERT_STRING_EQUAL(text.text, "[]");
    CU_ASSERT_EQUAL(kept_targets_add(&kept, "osc.udp://a:1?map=/a \"b\""), STATUS_OK);
    CU_ASSERT_EQUAL(kept_targets_add(&kept, "osc.tcp://b:2"), STATUS_OK);
    CU_ASSERT_EQUAL(kept_targets_add(&kept, "osc.udp://a:1?map=/a \"b\""), STATUS_OK);
    CU_ASSERT_EQUAL(kept_targets_print(&kept, &text), STATUS_OK);
    kept_targets_remove(&kept, "osc.udp://a:1?map=/a \"b\"");
    CU_ASSERT_EQUAL(kept.count, 1);
    CU_ASSERT_STRING_EQUAL(kept.url[0], "osc.tcp://b:2");
    kept_targets_remove(&kept, "nothing");
    CU_ASSERT_EQUAL(kept.count, 1);
    kept_targets_free(&kept);
    CU_ASSERT_EQUAL(load(&kept, text.text), STATUS_OK);
    CU_ASSERT_EQUAL(kept.count, 3);
    CU_ASSERT_STRING_EQUAL(kept.url[0], "osc.udp://a:1?map=/a \"b\"");
    kept_targets_free(&kept);
    CU_ASSERT_EQUAL(load(&kept, "// by hand\n[\"osc.tcp://b:2\"]\n"), STATUS_OK);
    CU_ASSERT_EQUAL(kept.count, 1);
    kept_targets_free(&kept);
    message_free(&text);
}

static void answers(void)
{
    const struct osc_report report = {.target_count = 1,
                                      .target[0] = {.id = 3,
                                                    .given = "osc.udp://a:1?rate=5",
                                                    .url = "osc.udp://a:1/phicast",
                                                    .kept = true,
                                                    .state = "open",
                                                    .detail = "sending",
                                                    .metrics = true,
                                                    .rate_hz = 5,
                                                    .sent = 2,
                                                    .dropped = 1}};
    static const char one[] =
        "{\"id\":3,\"url\":\"osc.udp://a:1?rate=5\",\"kept\":true,\"state\":\"open\",\"detail\":\"sending\","
        "\"events\":false,\"metrics\":true,\"rate_hz\":5,\"sent\":2,\"dropped\":1}";
    char all[512];
    struct message text = {0};
    CU_ASSERT_EQUAL(message_target(&text, &report.target[0]), STATUS_OK);
    CU_ASSERT_STRING_EQUAL(text.text, one);
    CU_ASSERT_EQUAL(message_targets(&text, &report), STATUS_OK);
    snprintf(all, sizeof all, "{\"targets\":[%s]}", one);
    CU_ASSERT_STRING_EQUAL(text.text, all);
    message_free(&text);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"wrong files", wrong_files}, {"too many", too_many}, {"there and back", there_and_back},
        {"answers", answers},         CU_TEST_INFO_NULL,
    };
    snprintf(path, sizeof path, "/tmp/phicast-targets-%d.json", (int)getpid());
    const int result = unit_run("targets", tests);
    unlink(path);
    return result;
}
