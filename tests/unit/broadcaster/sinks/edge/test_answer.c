/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/sinks/edge/answer.h"
#include "tests/unit/unit.h"

#include <stdbool.h>
#include <string.h>

static struct edge_answer answer;

static bool reads(const char *text)
{
    return edge_answer_read(&answer, text, strlen(text)) == STATUS_OK;
}

static void refused(void)
{
    char large[EDGE_ANSWER_MAX + 2];
    static const char *const wrong[] = {"",
                                        "thank you",
                                        "{}",
                                        "{\"messages\": 1}",
                                        "{\"messages\": , \"last_message_id\": \"1:0\" }",
                                        "{\"messages\": 1, \"last_message_id\": \"\" }",
                                        "{\"messages\": 99999999999999999999, \"last_message_id\": \"1:0\" }",
                                        "last message id: 1:0"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        CU_ASSERT_FALSE(reads(wrong[i]));
    }
    memset(large, ' ', sizeof large);
    CU_ASSERT_EQUAL(edge_answer_read(&answer, large, sizeof large), STATUS_CORRUPT);
    CU_ASSERT_EQUAL(edge_answer_read(&answer, "queued messages: 1\0last message id: 1:0", 38),
                    STATUS_CORRUPT);
}

/* As nchan 1.3.6 says it. */
static void both_forms(void)
{
    CU_ASSERT_TRUE(reads(
        "{\"messages\": 3, \"requested\": -1, \"subscribers\": 0, \"last_message_id\": \"1796061486:2\" }"));
    const uint32_t last = answer.last;
    CU_ASSERT_EQUAL(answer.messages, 3);
    CU_ASSERT(last > 0 && last < 1U << EDGE_LAST_BITS);
    CU_ASSERT_TRUE(
        reads("queued messages: 4\r\nlast requested: -1 sec. ago\r\nactive subscribers: 0\r\nlast message "
              "id: 1796061486:2"));
    CU_ASSERT_EQUAL(answer.messages, 4);
    CU_ASSERT_EQUAL(answer.last, last);
    CU_ASSERT_TRUE(reads(
        "{\"messages\": 3, \"requested\": -1, \"subscribers\": 0, \"last_message_id\": \"1796061486:3\" }"));
    CU_ASSERT_NOT_EQUAL(answer.last, last);
}

int main(void)
{
    static const CU_TestInfo tests[] = {{"refused", refused}, {"both forms", both_forms}, CU_TEST_INFO_NULL};
    return unit_run("edge_answer", tests);
}
