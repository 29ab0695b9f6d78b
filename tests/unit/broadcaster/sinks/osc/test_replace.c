/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/sinks/osc/replace.h"
#include "shared/state_file.h"
#include "tests/unit/unit.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/phicast-replace-XXXXXX";
static char path[STATE_PATH_MAX];

static enum status put(struct osc_replace *replace, const char *text)
{
    return osc_replace_file(replace, path, text, strlen(text));
}

static bool holds(const char *text)
{
    char got[64] = "";
    FILE *file = fopen(path, "r");
    if (!file) {
        return false;
    }
    got[fread(got, 1, sizeof got - 1, file)] = '\0';
    fclose(file);
    return strcmp(got, text) == 0;
}

static int count_files(void)
{
    char where[STATE_PATH_MAX];
    int count = 0;
    snprintf(where, sizeof where, "%s/a/b", folder);
    DIR *dir = opendir(where);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        count += entry->d_name[0] != '.';
    }
    if (dir) {
        closedir(dir);
    }
    return count;
}

static void whole_and_in_order(void)
{
    struct osc_replace replace = {0};
    char text[32];
    CU_ASSERT_EQUAL(osc_replace_beat(&replace, 1), UINT64_MAX);
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 10; i++) {
            snprintf(text, sizeof text, "%d %d", round, i);
            CU_ASSERT_EQUAL(put(&replace, text), STATUS_OK);
            if (i % 3 == 0) {
                (void)osc_replace_beat(&replace, 1);
            }
        }
        if (round % 2 == 0) {
            while (osc_replace_beat(&replace, 1) != UINT64_MAX) {
                usleep(1000);
            }
        } else {
            osc_replace_close(&replace);
        }
        CU_ASSERT_TRUE(holds(text));
        CU_ASSERT_EQUAL(count_files(), 1);
    }
    struct stat about;
    CU_ASSERT_EQUAL(stat(path, &about), 0);
    CU_ASSERT_EQUAL(about.st_mode & 0777, 0600);
}

static void leftovers_and_links(void)
{
    struct osc_replace replace = {0};
    char fresh[STATE_PATH_MAX + 8];
    snprintf(fresh, sizeof fresh, "%s.new0", path);
    CU_ASSERT_EQUAL(symlink("/nonexistent/elsewhere", fresh), 0);
    CU_ASSERT_EQUAL(put(&replace, "new"), STATUS_OK);
    osc_replace_close(&replace);
    CU_ASSERT_TRUE(holds("new"));
    CU_ASSERT_EQUAL(count_files(), 1);
}

static void what_cannot_be(void)
{
    struct osc_replace replace = {0};
    CU_ASSERT_EQUAL(put(&replace, "first"), STATUS_OK);
    CU_ASSERT_NOT_EQUAL(osc_replace_file(&replace, "/proc/phicast/x", "a", 1), STATUS_OK);
    CU_ASSERT_NOT_EQUAL(osc_replace_file(&replace, "/dev/null/x", "a", 1), STATUS_OK);
    CU_ASSERT_EQUAL(put(&replace, "second"), STATUS_OK);
    CU_ASSERT_NOT_EQUAL(osc_replace_file(&replace, "/dev/null/x", "a", 1), STATUS_OK);
    osc_replace_close(&replace);
    CU_ASSERT_TRUE(holds("second"));
    /* A folder in the file's place shows only when it is to be put there. */
    CU_ASSERT_EQUAL(unlink(path), 0);
    CU_ASSERT_EQUAL(mkdir(path, 0700), 0);
    CU_ASSERT_EQUAL(put(&replace, "third"), STATUS_OK);
    osc_replace_close(&replace);
    CU_ASSERT_EQUAL(count_files(), 1);
    CU_ASSERT_EQUAL(rmdir(path), 0);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"whole and in order", whole_and_in_order},
        {"leftovers and links", leftovers_and_links},
        {"what cannot be", what_cannot_be},
        CU_TEST_INFO_NULL,
    };
    if (!mkdtemp(folder)) {
        return EXIT_FAILURE;
    }
    snprintf(path, sizeof path, "%s/a/b/file", folder);
    const int result = unit_run("osc_replace", tests);
    *strrchr(path, '/') = '\0';
    rmdir(path);
    *strrchr(path, '/') = '\0';
    rmdir(path);
    rmdir(folder);
    return result;
}
