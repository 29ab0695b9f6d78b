/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/sinks/record/names.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char folder[] = "/tmp/phicast-test-XXXXXX";
static struct record_names names;
static char error[OPTION_ERROR_MAX];

static enum status read_names(const char *file, bool rotates)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s%s", folder, file);
    error[0] = '\0';
    return record_names_read(&names, path, "stage", rotates, error);
}

static void bad(void)
{
    char fifo[PATH_MAX];
    char longest[NAME_MAX + 2] = "/";
    memset(longest + 1, 'x', NAME_MAX);
    longest[NAME_MAX + 1] = '\0';
    CU_ASSERT_EQUAL(read_names("/none/show.jsonl", false), STATUS_NOT_FOUND);
    CU_ASSERT_PTR_NOT_NULL(strstr(error, "No such file"));
    CU_ASSERT_EQUAL(read_names("/none/", false), STATUS_NOT_FOUND);
    CU_ASSERT_PTR_NOT_NULL(strstr(error, "no such folder"));
    CU_ASSERT_EQUAL(read_names(longest, false), STATUS_BAD_ARG);
    CU_ASSERT_PTR_NOT_NULL(strstr(error, "too long"));
    snprintf(fifo, sizeof fifo, "%s/fifo", folder);
    CU_ASSERT_EQUAL_FATAL(mkfifo(fifo, 0600), 0);
    CU_ASSERT_EQUAL(read_names("/fifo", false), STATUS_BAD_ARG);
    CU_ASSERT_PTR_NOT_NULL(strstr(error, "neither a file nor a folder"));
    unlink(fifo);
}

static void are(uint32_t number, const char *wanted)
{
    char path[PATH_MAX];
    CU_ASSERT_TRUE(record_names_print(&names, 1764512345, number, path));
    CU_ASSERT_STRING_EQUAL(path + strlen(folder), wanted);
}

static void of_a_file(void)
{
    static const struct {
        const char *file;
        const char *first;
        const char *second;
        bool packed;
    } cases[] = {
        {"/show.jsonl.gz", "/show.jsonl.gz", "/show-2.jsonl.gz", true},
        {"/show.jsonl", "/show.jsonl", "/show-2.jsonl", false},
        {"/show", "/show", "/show-2", false},
        {"/show.gz", "/show.gz", "/show-2.gz", true},
        {"/a.b.c.gz", "/a.b.c.gz", "/a.b-2.c.gz", true},
        {"/.show", "/.show", "/.show-2", false},
        {"/.gz", "/.gz", "/.gz-2", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CU_ASSERT_EQUAL(read_names(cases[i].file, false), STATUS_OK);
        CU_ASSERT_EQUAL(names.packed, cases[i].packed);
        CU_ASSERT_FALSE(names.is_folder);
        are(1, cases[i].first);
        are(2, cases[i].second);
    }
}

static void with_the_time(void)
{
    CU_ASSERT_EQUAL(read_names("/show.jsonl.gz", true), STATUS_OK);
    are(1, "/show-20251130-141905.jsonl.gz");
    are(3, "/show-20251130-141905-3.jsonl.gz");
    CU_ASSERT_EQUAL(read_names("", false), STATUS_OK);
    CU_ASSERT_TRUE(names.is_folder);
    CU_ASSERT_TRUE(names.packed);
    are(1, "/stage-20251130-141905.jsonl.gz");
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"bad", bad}, {"of a file", of_a_file}, {"with the time", with_the_time}, CU_TEST_INFO_NULL};
    setenv("TZ", "UTC", 1);
    if (!mkdtemp(folder)) {
        return EXIT_FAILURE;
    }
    const int code = unit_run("names", tests);
    rmdir(folder);
    return code;
}
