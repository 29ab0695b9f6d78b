/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON as people write it: what is refused, a key given twice above all. */
#include "shared/json/parse.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct json_object *root;
static char why[JSON_WHY_MAX];

/* From a block of exactly its size, without a NUL behind it. */
static enum status parse(const char *text, size_t length)
{
    char *block = malloc(length > 0 ? length : 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(block);
    memcpy(block, text, length);
    root = (struct json_object *)&root; /* a failure must reset it */
    why[0] = '\0';
    const enum status status = json_parse(&root, block, length, JSON_DEPTH_MAX, why);
    free(block);
    CU_ASSERT_EQUAL(why[0] == '\0', status == STATUS_OK);
    if (status) {
        CU_ASSERT_PTR_NULL(root);
    }
    return status;
}

static void twice(void)
{
    static const struct {
        const char *text;
        const char *words;
    } rows[] = {
        {"{\"a\":1,\"a\":1}", "a: given twice, again at byte 7; leave one out"},
        {"{\"a\":1 , \"b\":[], \"a\" : 2}", "a: given twice"},
        {"{\"a\":{\"b\":1,\"b\":1}}", "b: given twice"},
        {"[1,{\"x\":\"{\",\"x\":\"}\"}]", "x: given twice"},
        {"{\"a\":[[{\"b\":1}],{\"c\":\"\\\"\",\"c\":2}]}", "c: given twice"},
        {"{\"a\":{},\"b\":{\"a\":1},\"a\":{}}", "a: given twice"},
        {"{\"a\":1,\"\\u0061\":1}", "a: given twice"},
        {"{\"a\\\"b\":1,\"a\\u0022b\":1}", "a\"b: given twice"},
        {"{\"\":1,\"\":1}", ": given twice"},
        {"{\"a\\n\xC3\xA9\":1,\"a\\n\xC3\xA9\":1}", "a???: given twice"},
        {"{\"a\":null,\"a\":null}", "a: given twice"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CU_ASSERT_EQUAL(parse(rows[i].text, strlen(rows[i].text)), STATUS_BAD_ARG);
        if (!strstr(why, rows[i].words)) {
            fprintf(stderr, "%s: \"%s\" lacks \"%s\"\n", rows[i].text, why, rows[i].words);
            CU_FAIL("the words are others");
        }
    }
}

static void once(void)
{
    static const char *const rows[] = {
        "{\"a\":1,\"b\":1,\"A\":1}",
        "[{\"a\":1},{\"a\":1}]",
        "{\"a\":{\"a\":{\"a\":1}}}",
        "{\"a\":\"a\",\"b\":[\"a\",\"a\",\"a\"]}",
        "{\"a\":\"\\\"a\\\":\",\"b\":\"{\\\"a\\\":1,\\\"a\\\":1}\"}",
        "{\"a\\\\\":1,\"a\":\"it's\"}",
        "\"a\"",
        "[]",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CU_ASSERT_EQUAL(parse(rows[i], strlen(rows[i])), STATUS_OK);
        CU_ASSERT_PTR_NOT_NULL(root);
        json_object_put(root);
    }
}

static void not_json(void)
{
    CU_ASSERT_EQUAL(parse("", 0), STATUS_CORRUPT);
    CU_ASSERT_EQUAL(parse("{\"a\":1", 6), STATUS_CORRUPT);
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "not valid JSON at byte 6: it ends too early"));
    CU_ASSERT_EQUAL(parse("{}\0", 3), STATUS_CORRUPT);
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "byte 2: a NUL"));
    CU_ASSERT_EQUAL(parse("{\"a\":1}}", 8), STATUS_CORRUPT);
    CU_ASSERT_EQUAL(parse("{'a':1}", 7), STATUS_CORRUPT);
    CU_ASSERT_EQUAL(parse("{\"a\":'\"'}", 9), STATUS_CORRUPT);
    CU_ASSERT_EQUAL(parse("{'a\"':1}", 8), STATUS_CORRUPT);
    CU_ASSERT_EQUAL(parse("{\"a\":1/*\"a\":*/}", 15), STATUS_CORRUPT);
}

/* Two, three and four bytes, as they are and escaped; and what is none, or in no place for one. */
static void characters(void)
{
    static const char text[] = "[\"\xC3\xA9\xE2\x82\xAC\xF0\x9D\x84\x9E\xF4\x8F\xBF\xBF\","
                               "\"\\u00e9\\u20ac\\ud834\\udd1e\\udbff\\udfff\"]";
    static const struct {
        const char *text;
        const char *words;
    } rows[] = {
        {"[\"\xC3\"]", "byte 3: not UTF-8"},
        {"[\"\xC3", "byte 3: not UTF-8"},
        {"[\"\xED\xA0\x80\"]", "byte 3: not UTF-8"},
        {"\xEF\xBB\xBF[]", "byte 0: "},
        {"[\xC3\xA9]", "byte 1: "},
        {"[\"\\\xC3\xA9\"]", "byte 3: "},
        {"[\"\xC3\xA9\xF0\x9D\x84\x9E\",x]", "byte 10: "},
    };
    CU_ASSERT_EQUAL_FATAL(parse(text, sizeof text - 1), STATUS_OK);
    const char *raw = json_object_get_string(json_object_array_get_idx(root, 0));
    CU_ASSERT_STRING_EQUAL(raw, "\xC3\xA9\xE2\x82\xAC\xF0\x9D\x84\x9E\xF4\x8F\xBF\xBF");
    CU_ASSERT_STRING_EQUAL(raw, json_object_get_string(json_object_array_get_idx(root, 1)));
    json_object_put(root);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CU_ASSERT_EQUAL(parse(rows[i].text, strlen(rows[i].text)), STATUS_CORRUPT);
        if (!strstr(why, rows[i].words)) {
            fprintf(stderr, "%s: \"%s\" lacks \"%s\"\n", rows[i].text, why, rows[i].words);
            CU_FAIL("the words are others");
        }
    }
}

/* As deep as may be, and deeper. */
static void depth(void)
{
    char text[2 * JSON_DEPTH_MAX + 8];
    for (size_t levels = JSON_DEPTH_MAX - 2; levels < JSON_DEPTH_MAX + 3; levels++) {
        memset(text, '[', levels);
        memset(text + levels, ']', levels);
        const enum status status = parse(text, 2 * levels);
        CU_ASSERT_EQUAL(status, levels <= JSON_DEPTH_MAX ? STATUS_OK : STATUS_CORRUPT);
        json_object_put(root);
    }
}

static void files(void)
{
    char path[] = "/tmp/phicast-parse-XXXXXX";
    const int fd = mkstemp(path);
    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_EQUAL(write(fd, "{\"a\":1}", 7), 7);
    close(fd);
    CU_ASSERT_EQUAL(json_parse_file(&root, path, 8, 4, why), STATUS_OK);
    json_object_put(root);
    CU_ASSERT_EQUAL(json_parse_file(&root, path, 7, 4, why), STATUS_CORRUPT);
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "larger than 6 bytes"));
    unlink(path);
    CU_ASSERT_EQUAL(json_parse_file(&root, path, 8, 4, why), STATUS_NOT_FOUND);
    CU_ASSERT_EQUAL(json_parse_file(&root, "/tmp", 8, 4, why), STATUS_IO);
    CU_ASSERT_PTR_NULL(root);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"twice", twice}, {"once", once},   {"not JSON", not_json}, {"characters", characters},
        {"depth", depth}, {"files", files}, CU_TEST_INFO_NULL,
    };
    return unit_run("parse", tests);
}
