/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages as strangers send them. Each stands in a block of exactly its size, so that the sanitizer, or
 * valgrind, sees every byte that is read beyond its end. */
#include "shared/osc/message.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BYTES(text) (text), sizeof(text) - 1

static struct osc_message message;

/* The string that the message holds is copied to `string` before the block is freed. */
static char string[16];

static enum status read_bytes(const char *text, size_t length)
{
    char *block = malloc(length > 0 ? length : 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(block);
    memcpy(block, text, length);
    enum status status = STATUS_CORRUPT;
    if (osc_message_address(block, length)) {
        status = osc_message_read(&message, block, length);
    }
    if (status == STATUS_OK && message.count > 0 && message.argument[message.count - 1].type == 's') {
        snprintf(string, sizeof string, "%s", message.argument[message.count - 1].string);
    }
    free(block);
    return status;
}

static void no_address(void)
{
    CU_ASSERT_PTR_NULL(osc_message_address(BYTES("")));
    CU_ASSERT_PTR_NULL(osc_message_address(BYTES("/")));
    CU_ASSERT_PTR_NULL(osc_message_address(BYTES("/abc")));
    CU_ASSERT_PTR_NULL(osc_message_address(BYTES("/a\0\0,")));
    CU_ASSERT_PTR_NULL(osc_message_address(BYTES("\0\0\0\0,\0\0\0")));
    CU_ASSERT_PTR_NULL(osc_message_address(BYTES("abc\0,\0\0\0")));
    CU_ASSERT_PTR_NULL(osc_message_address(BYTES("/a\0x,\0\0\0")));
    CU_ASSERT_PTR_NULL(osc_message_address(BYTES("/abcdefg")));
    CU_ASSERT_STRING_EQUAL(osc_message_address(BYTES("/a\0\0")), "/a");
}

static void not_whole(void)
{
    CU_ASSERT_EQUAL(read_bytes(BYTES("/a\0\0")), STATUS_CORRUPT);
    CU_ASSERT_EQUAL(read_bytes(BYTES("/a\0\0,ff\0\0\0\0\0")), STATUS_CORRUPT);
    CU_ASSERT_EQUAL(read_bytes(BYTES("/a\0\0,fff")), STATUS_CORRUPT);
    CU_ASSERT_EQUAL(read_bytes(BYTES("/a\0\0,f\0x\0\0\0\0")), STATUS_CORRUPT);
    CU_ASSERT_EQUAL(read_bytes(BYTES("/a\0\0f\0\0\0\0\0\0\0")), STATUS_CORRUPT);
    CU_ASSERT_EQUAL(read_bytes(BYTES("/a\0\0,f\0\0")), STATUS_CORRUPT);
    CU_ASSERT_EQUAL(read_bytes(BYTES("/a\0\0,i\0\0")), STATUS_CORRUPT);
    CU_ASSERT_EQUAL(read_bytes(BYTES("/a\0\0,d\0\0\0\0\0\0")), STATUS_CORRUPT);
    CU_ASSERT_EQUAL(read_bytes(BYTES("/a\0\0,h\0\0\0\0\0\0")), STATUS_CORRUPT);
    CU_ASSERT_EQUAL(read_bytes(BYTES("/a\0\0,s\0\0")), STATUS_CORRUPT);
    CU_ASSERT_EQUAL(read_bytes(BYTES("/a\0\0,s\0\0abcd")), STATUS_CORRUPT);
    CU_ASSERT_EQUAL(read_bytes(BYTES("/a\0\0,s\0\0abc\0\0\0\0\0")), STATUS_CORRUPT);
    CU_ASSERT_EQUAL(read_bytes(BYTES("/a\0\0,\0\0\0\0\0\0\0")), STATUS_CORRUPT);
    CU_ASSERT_EQUAL(read_bytes(BYTES("/a\0\0,T\0\0\0\0\0\1")), STATUS_CORRUPT);
}

/* What these types promise is not looked for: a blob's length alone would stand behind the end. */
static void types_that_are_not_taken(void)
{
    static const char types[] = "btScmrNI[]{}xX,.-0 \1\177\200\377";
    for (size_t i = 0; types[i]; i++) {
        char text[8] = "/a\0\0,?\0";
        text[5] = types[i];
        CU_ASSERT_EQUAL(read_bytes(text, sizeof text), STATUS_BAD_ARG);
    }
    CU_ASSERT_EQUAL(read_bytes(BYTES("/a\0\0,fb\0\0\0\0\0")), STATUS_BAD_ARG);
    CU_ASSERT_EQUAL(read_bytes(BYTES("/a\0\0,b\0\0\377\377\377\377")), STATUS_BAD_ARG);
    CU_ASSERT_EQUAL(read_bytes(BYTES("/a\0\0,TTTTT\0\0")), STATUS_BAD_ARG); /* one too many */
}

static void good(void)
{
    CU_ASSERT_EQUAL(read_bytes(BYTES("/a\0\0,\0\0\0")), STATUS_OK);
    CU_ASSERT_EQUAL(message.count, 0);
    CU_ASSERT_EQUAL(read_bytes(BYTES("/a\0\0,f\0\0\276\200\0\0")), STATUS_OK);
    CU_ASSERT(message.argument[0].type == 'f' && message.argument[0].number == -0.25);
    CU_ASSERT_EQUAL(read_bytes(BYTES("/a\0\0,i\0\0\377\377\377\376")), STATUS_OK);
    CU_ASSERT(message.argument[0].type == 'f' && message.argument[0].number == -2);
    CU_ASSERT_EQUAL(read_bytes(BYTES("/a\0\0,h\0\0\377\377\377\377\377\377\377\375")), STATUS_OK);
    CU_ASSERT(message.argument[0].type == 'f' && message.argument[0].number == -3);
    CU_ASSERT_EQUAL(read_bytes(BYTES("/a\0\0,d\0\0\100\4\0\0\0\0\0\0")), STATUS_OK);
    CU_ASSERT(message.argument[0].type == 'f' && message.argument[0].number == 2.5);
    CU_ASSERT_EQUAL(read_bytes(BYTES("/a\0\0,f\0\0\177\300\0\0")), STATUS_OK);
    CU_ASSERT_TRUE(isnan(message.argument[0].number));
    CU_ASSERT_EQUAL(read_bytes(BYTES("/a\0\0,TF\0")), STATUS_OK);
    CU_ASSERT(message.count == 2 && message.argument[0].type == 'T' && message.argument[1].type == 'F');
    CU_ASSERT_EQUAL(read_bytes(BYTES("/a\0\0,is\0\0\0\0\7abcd\0\0\0\0")), STATUS_OK);
    CU_ASSERT(message.count == 2 && message.argument[0].number == 7);
    CU_ASSERT_STRING_EQUAL(string, "abcd");
}

/* Every length of a good message but the right one, and every byte of it changed. */
static void cut_and_changed(void)
{
    static const char whole[] = "/a/long/address\0,sd\0a string\0\0\0\0\100\4\0\0\0\0\0\0";
    CU_ASSERT_EQUAL(read_bytes(whole, sizeof whole - 1), STATUS_OK);
    for (size_t length = 0; length < sizeof whole - 1; length++) {
        CU_ASSERT_EQUAL(read_bytes(whole, length), STATUS_CORRUPT);
    }
    for (size_t at = 0; at < sizeof whole - 1; at++) {
        for (int value = 0; value < 256; value++) {
            char changed[sizeof whole];
            memcpy(changed, whole, sizeof whole);
            changed[at] = (char)value;
            (void)!read_bytes(changed, sizeof whole - 1);
        }
    }
}

static void written(void)
{
    static const char whole[] = "/reply\0\0,sis\0\0\0\0abc\0\377\377\377\376abcd\0\0\0\0";
    char bytes[64];
    CU_ASSERT_EQUAL(osc_message_write(bytes, sizeof bytes, "/reply", "sis", "abc", -2, "abcd"),
                    sizeof whole - 1);
    CU_ASSERT_EQUAL(memcmp(bytes, whole, sizeof whole - 1), 0);
    CU_ASSERT_EQUAL(read_bytes(bytes, sizeof whole - 1), STATUS_OK);
    CU_ASSERT(message.count == 3 && message.argument[1].number == -2);
    for (size_t size = 0; size < sizeof whole - 1; size++) {
        char *block = malloc(size > 0 ? size : 1);
        CU_ASSERT_PTR_NOT_NULL_FATAL(block);
        CU_ASSERT_EQUAL(osc_message_write(block, size, "/reply", "sis", "abc", -2, "abcd"), 0);
        free(block);
    }
    CU_ASSERT_EQUAL(osc_message_write(bytes, sizeof bytes, "/a", ""), 8);
    CU_ASSERT_EQUAL(memcmp(bytes, "/a\0\0,\0\0\0", 8), 0);
    CU_ASSERT_EQUAL(osc_message_write(bytes, sizeof bytes, "/a", "iiiiiiiii", 1, 2, 3, 4, 5, 6, 7, 8, 9), 0);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"no address", no_address},
        {"not whole", not_whole},
        {"types that are not taken", types_that_are_not_taken},
        {"good", good},
        {"cut and changed", cut_and_changed},
        {"written", written},
        CU_TEST_INFO_NULL,
    };
    return unit_run("osc message", tests);
}
