/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists of what is measured on request. */
#include "shared/part.h"
#include "tests/unit/unit.h"

#include <string.h>

static void lists(void)
{
    static const struct {
        const char *list;
        uint32_t parts;
    } good[] = {{"levels", PART_LEVELS},     {"bands", PART_BANDS},
                {"onsets", PART_ONSETS},     {"onsets,levels", PART_LEVELS | PART_ONSETS},
                {"bands,bands", PART_BANDS}, {"levels,bands,onsets", PARTS_ALL}};
    static const char *const bad[] = {
        "",       ",",       "levels,",      ",levels",      "levels,,bands", "level",
        "Levels", " levels", "levels bands", "levels;bands", "channel_bands", "levelsbands"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        uint32_t parts = 0;
        CU_ASSERT_EQUAL(parts_parse(good[i].list, &parts), STATUS_OK);
        CU_ASSERT_EQUAL(parts, good[i].parts);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint32_t parts = 77;
        CU_ASSERT_EQUAL(parts_parse(bad[i], &parts), STATUS_BAD_ARG);
        CU_ASSERT_EQUAL(parts, 77);
    }
}

/* What a message says there is can be asked for. */
static void the_list_is_true(void)
{
    uint32_t all = 0;
    for (uint32_t part = 1; part <= PARTS_ALL; part <<= 1U) {
        uint32_t parts;
        CU_ASSERT_PTR_NOT_NULL_FATAL(part_str(part));
        CU_ASSERT_PTR_NOT_NULL(strstr(PARTS_LIST, part_str(part)));
        CU_ASSERT_EQUAL(parts_parse(part_str(part), &parts), STATUS_OK);
        all |= parts;
    }
    CU_ASSERT_EQUAL(all, PARTS_ALL);
    CU_ASSERT_PTR_NULL(part_str(0));
    CU_ASSERT_PTR_NULL(part_str(PARTS_ALL));
}

static void what_to_ask_for(void)
{
    CU_ASSERT_EQUAL(parts_to_ask(0), 0);
    CU_ASSERT_EQUAL(parts_to_ask(PART_LEVELS | PART_ONSETS), PART_LEVELS | PART_ONSETS);
    CU_ASSERT_EQUAL(parts_to_ask(PART_CHANNEL_BANDS), PART_BANDS);
    CU_ASSERT_EQUAL(parts_to_ask(PARTS_ALL | PART_CHANNEL_BANDS), PARTS_ALL);
}

int main(void)
{
    static const CU_TestInfo tests[] = {{"lists", lists},
                                        {"the list is true", the_list_is_true},
                                        {"what to ask for", what_to_ask_for},
                                        CU_TEST_INFO_NULL};
    return unit_run("part", tests);
}
