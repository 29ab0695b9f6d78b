/* SPDX-License-Identifier: GPL-3.0-or-later */
/* OSC 1.0's patterns: what matches, what does not, and what was made to take for ever. */
#include "broadcaster/osc/pattern.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

struct row {
    const char *pattern;
    const char *address;
};

static void check(const struct row *rows, size_t count, bool matches)
{
    for (size_t i = 0; i < count; i++) {
        const bool found = osc_pattern_match(rows[i].pattern, rows[i].address);
        if (found != matches) {
            fprintf(stderr, "%s and %s\n", rows[i].pattern, rows[i].address);
        }
        CU_ASSERT_EQUAL(found, matches);
    }
}

#define CHECK(rows, matches) check(rows, sizeof(rows) / sizeof(rows)[0], matches)

static void malformed(void)
{
    static const struct row rows[] = {
        {"", "/a"},         {"a", "/a"},          {"*", "/a"},          {"/[a", "/a"},    {"/[", "/["},
        {"/[!", "/b"},      {"/[!a", "/b"},       {"/[a-", "/a"},       {"/{a", "/a"},    {"/{a,b", "/b"},
        {"/{", "/{"},       {"/{a,{b,c}}", "/a"}, {"/{a,{b,c}}", "/b"}, {"/{{a}}", "/a"}, {"/{a,b", "/a"},
        {"/[a/b]", "/a/b"}, {"/{a/b}", "/a/b"},   {"/{a,b/c}", "/a/c"}, {"/[]", "/a"},    {"/[]a]", "/a"},
    };
    CHECK(rows, false);
}

static void no_match(void)
{
    static const struct row rows[] = {
        {"/a", "/b"},       {"/a", "/ab"},      {"/ab", "/a"},       {"/A", "/a"},
        {"/a/", "/a"},      {"/a", "/a/b"},     {"/a/b", "/a"},      {"//a", "/a"},
        {"/?", "/"},        {"/?", "/ab"},      {"/a?", "/a"},       {"/?", "/a/b"},
        {"/a?b", "/a/b"},   {"/*", "/a/b"},     {"/*b", "/a/b"},     {"/a*b", "/a/b"},
        {"/*/*/*", "/a/b"}, {"/*/*", "/a/b/c"}, {"/*a", "/ab"},      {"/*ab*c*", "/xaxbxc"},
        {"/[a-c]", "/d"},   {"/[!a-c]", "/b"},  {"/[!a]", "/"},      {"/[ac]", "/b"},
        {"/[c-a]", "/b"},   {"/[a-]", "/b"},    {"/a[!/]b", "/a/b"}, {"/[a]", "/aa"},
        {"/{a,b}", "/c"},   {"/{a,b}", "/ab"},  {"/{ab,cd}", "/ad"}, {"/{}", "/a"},
        {"/{a*,b}", "/ab"}, {"/{?}", "/a"},     {"/{[a]}", "/a"},    {"/{a,b}c", "/a"},
    };
    CHECK(rows, false);
}

static void match(void)
{
    static const struct row rows[] = {
        {"/a", "/a"},
        {"/a/b/c", "/a/b/c"},
        {"/?", "/a"},
        {"/??", "/ab"},
        {"/*", "/a"},
        {"/*", "/abc"},
        {"/a*", "/a"},
        {"/*a", "/a"},
        {"/**", "/a"},
        {"/*b*", "/abc"},
        {"/*a*a*", "/xaxax"},
        {"/*/*", "/a/b"},
        {"/*/b", "/a/b"},
        {"/a*/?b*", "/a/bb"},
        {"/[a-c]", "/b"},
        {"/[!a-c]", "/d"},
        {"/[abc]d", "/cd"},
        {"/[a-]", "/-"},
        {"/[-a]", "/-"},
        {"/[a!]", "/!"},
        {"/[!]", "/a"},
        {"/x[0-9][0-9]", "/x42"},
        {"/[a-cx-z]", "/y"},
        {"/{a,b}", "/b"},
        {"/{abc,ab}c", "/abc"},
        {"/{ab,abc}c", "/abcc"},
        {"/{,a}b", "/b"},
        {"/{,a}b", "/ab"},
        {"/{a}{b,}c", "/ac"},
        {"/*{foo,bar}", "/abar"},
        {"/{x,y}*[0-9]", "/yy7"},
        {"/x}y]z", "/x}y]z"},
        {"/phicast/set/{depth,phase}", "/phicast/set/phase"},
        {"/*/s?t/d[a-f]p*h", "/phicast/set/depth"},
    };
    CHECK(rows, true);
}

static void long_parts(void)
{
    char address[OSC_PART_MAX + 3] = "/";
    memset(address + 1, 'a', OSC_PART_MAX);
    CU_ASSERT_TRUE(osc_pattern_match(address, address));
    CU_ASSERT_TRUE(osc_pattern_match("/*a", address));
    CU_ASSERT_TRUE(osc_pattern_match("/*{a,b}[a]", address));
    CU_ASSERT_FALSE(osc_pattern_match("/*b", address));
    address[OSC_PART_MAX + 1] = 'a';
    CU_ASSERT_FALSE(osc_pattern_match("/*", address)); /* as the header has it */
}

/* Each of these keeps a matcher that goes back and forth busy for longer than anybody lives. */
static void hostile(void)
{
    static char pattern[65536];
    static const char *const pieces[] = {"*a", "*?", "*{a,}", "{a,a}", "*[a]", "*[!b]", "{,a,aa,aaa}", "**"};
    char address[OSC_PART_MAX + 2] = "/";
    struct timespec start;
    struct timespec end;
    memset(address + 1, 'a', OSC_PART_MAX);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        for (size_t most = 16; most < sizeof pattern; most *= 4) {
            size_t length = 1;
            pattern[0] = '/';
            while (length + 16 < most) {
                length += (size_t)sprintf(pattern + length, "%s", pieces[i]);
            }
            strcpy(pattern + length, "b");
            CU_ASSERT_FALSE(osc_pattern_match(pattern, address));
        }
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    CU_ASSERT(end.tv_sec - start.tv_sec < 10); /* milliseconds, of this process's own time */
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"malformed", malformed},   {"no match", no_match}, {"match", match},
        {"long parts", long_parts}, {"hostile", hostile},   CU_TEST_INFO_NULL,
    };
    return unit_run("osc pattern", tests);
}
