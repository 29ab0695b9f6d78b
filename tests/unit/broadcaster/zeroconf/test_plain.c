/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/zeroconf/plain.h"
#include "tests/unit/unit.h"

#include <string.h>

static void gives(size_t room, const char *bytes, size_t length, const char *wanted)
{
    char out[64] = "";
    plain_add(out, room, bytes, length);
    CU_ASSERT_STRING_EQUAL(out, wanted);
}

#define GIVES(room, bytes, wanted) gives(room, bytes, sizeof bytes - 1, wanted)

static void hostile_bytes(void)
{
    GIVES(64, "\033[2J\r\n\t\177", "?[2J????");
    GIVES(64, "\302\233 1m", "? 1m"); /* a control character of two bytes */
    GIVES(64, "a\0b", "a?b");
    GIVES(64, "\377\303(\355\240\200",
          "?"
          "?("
          "?"
          "?"
          "?");
    GIVES(64, "x\303", "x?"); /* its end is missing */
}

static void good_text(void)
{
    GIVES(64, "", "");
    GIVES(64, "caf\303\251 \342\202\254 \360\237\216\265", "caf\303\251 \342\202\254 \360\237\216\265");
}

static void room(void)
{
    char out[8] = "ab";
    GIVES(1, "a", "");
    GIVES(4, "abcdef", "abc");
    GIVES(5, "caf\303\251", "caf"); /* no half characters */
    GIVES(6, "caf\303\251", "caf\303\251");
    GIVES(3, "ab\377", "ab");
    plain_add(out, sizeof out, "cdefghij", 8);
    CU_ASSERT_STRING_EQUAL(out, "abcdefg");
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"hostile bytes", hostile_bytes}, {"good text", good_text}, {"room", room}, CU_TEST_INFO_NULL};
    return unit_run("plain", tests);
}
