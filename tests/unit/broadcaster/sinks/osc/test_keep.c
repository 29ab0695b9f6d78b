/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/sinks/osc/keep.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/phicast-keep-XXXXXX";
static char file[STATE_PATH_MAX];
static char error[OPTION_ERROR_MAX];

static void write_file(const char *text)
{
    FILE *out = fopen(file, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    fputs(text, out);
    fclose(out);
}

static void expect_file(const char *text)
{
    char got[256] = "";
    FILE *in = fopen(file, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(in);
    got[fread(got, 1, sizeof got - 1, in)] = '\0';
    fclose(in);
    CU_ASSERT_STRING_EQUAL(got, text);
}

static void from_start_to_start(void)
{
    struct osc_keep keep = {0};
    osc_keep_open(&keep, "name");
    CU_ASSERT_STRING_EQUAL(keep.path, file);
    CU_ASSERT_EQUAL(keep.kept.count, 0);
    CU_ASSERT_EQUAL(osc_keep_add(&keep, "a", error), STATUS_OK);
    CU_ASSERT_EQUAL(osc_keep_add(&keep, "b", error), STATUS_OK);
    CU_ASSERT_EQUAL(osc_keep_add(&keep, "a", error), STATUS_OK); /* is there already */
    CU_ASSERT_EQUAL(osc_keep_add(&keep, "c", error), STATUS_OK);
    CU_ASSERT_EQUAL(osc_keep_remove(&keep, "b", error), STATUS_OK);
    osc_keep_close(&keep);
    expect_file("[\"a\",\"c\"]");
    keep = (struct osc_keep){0};
    osc_keep_open(&keep, "name");
    CU_ASSERT_EQUAL_FATAL(keep.kept.count, 2);
    CU_ASSERT_STRING_EQUAL(keep.kept.url[1], "c");
    for (int i = 0; i < OPTION_LIST_MAX - 2; i++) {
        char url[16];
        snprintf(url, sizeof url, "url %d", i);
        CU_ASSERT_EQUAL(osc_keep_add(&keep, url, error), STATUS_OK);
    }
    CU_ASSERT_EQUAL(osc_keep_add(&keep, "one more", error), STATUS_BUSY);
    CU_ASSERT_PTR_NOT_NULL(strstr(error, file));
    osc_keep_close(&keep);
    unlink(file);
}

static void a_damaged_file_stays(void)
{
    struct osc_keep keep = {0};
    write_file("[\"a\",");
    osc_keep_open(&keep, "name");
    CU_ASSERT_EQUAL(keep.kept.count, 0);
    CU_ASSERT_EQUAL(osc_keep_add(&keep, "b", error), STATUS_CORRUPT);
    CU_ASSERT_PTR_NOT_NULL(strstr(error, file));
    CU_ASSERT_PTR_NOT_NULL(strstr(error, "repair or remove it"));
    CU_ASSERT_EQUAL(osc_keep_remove(&keep, "b", error), STATUS_CORRUPT);
    expect_file("[\"a\",");
    write_file("[\"a\"]"); /* repaired: what it holds is not lost */
    CU_ASSERT_EQUAL(osc_keep_add(&keep, "b", error), STATUS_OK);
    osc_keep_close(&keep);
    expect_file("[\"a\",\"b\"]");
    write_file("x");
    keep = (struct osc_keep){0};
    osc_keep_open(&keep, "name");
    unlink(file); /* removed */
    CU_ASSERT_EQUAL(osc_keep_add(&keep, "c", error), STATUS_OK);
    osc_keep_close(&keep);
    expect_file("[\"c\"]");
    unlink(file);
}

static void nowhere_to_keep_it(void)
{
    struct osc_keep keep = {0};
    (void)setenv("XDG_STATE_HOME", "/dev/null/none", 1);
    osc_keep_open(&keep, "name");
    CU_ASSERT_NOT_EQUAL(osc_keep_add(&keep, "a", error), STATUS_OK);
    CU_ASSERT_PTR_NOT_NULL(strstr(error, "/dev/null/none"));
    CU_ASSERT_EQUAL(keep.kept.count, 0);
    osc_keep_close(&keep);
    (void)unsetenv("XDG_STATE_HOME");
    (void)unsetenv("HOME");
    keep = (struct osc_keep){0};
    osc_keep_open(&keep, "name");
    CU_ASSERT_EQUAL(osc_keep_add(&keep, "a", error), STATUS_NO_ACCESS);
    CU_ASSERT_PTR_NOT_NULL(strstr(error, "HOME"));
    osc_keep_close(&keep);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"from start to start", from_start_to_start},
        {"a damaged file stays", a_damaged_file_stays},
        {"nowhere to keep it", nowhere_to_keep_it},
        CU_TEST_INFO_NULL,
    };
    if (!mkdtemp(folder)) {
        return EXIT_FAILURE;
    }
    (void)setenv("XDG_STATE_HOME", folder, 1);
    snprintf(file, sizeof file, "%s/phicast/osc-targets-name.json", folder);
    const int result = unit_run("osc_keep", tests);
    unlink(file);
    *strrchr(file, '/') = '\0';
    rmdir(file);
    rmdir(folder);
    return result;
}
