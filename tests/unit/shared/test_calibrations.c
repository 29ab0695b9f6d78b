/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What calibrations have found: where it is kept, what is refused, and that it comes back. */
#include "shared/json/calibrations.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/phicast-test-calibrations-XXXXXX";
static char path[CALIBRATION_PATH_MAX];

static const struct calibration_entry good = {.rate = 48000,
                                              .period = 256,
                                              .device = "system",
                                              .round_trip = 612.25,
                                              .extra = 100.25,
                                              .confidence = 0.97};

static void remove_folder(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    if (system(command) != 0) {
        perror(folder);
    }
}

/* Each test that writes begins with an empty folder. */
static void fresh_folder(void)
{
    remove_folder();
    snprintf(folder, sizeof folder, "%s", "/tmp/phicast-test-calibrations-XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/calibrations.json", folder);
}

static void write_text(const char *text)
{
    FILE *file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT(fputs(text, file) >= 0);
    fclose(file);
}

static struct calibration_entry at(uint32_t rate, uint32_t period, const char *device)
{
    struct calibration_entry entry = {.rate = rate, .period = period};
    snprintf(entry.device, sizeof entry.device, "%s", device);
    return entry;
}

static enum status look(uint32_t rate, uint32_t period, const char *device)
{
    struct calibration_entry entry = at(rate, period, device);
    return calibrations_find(path, &entry);
}

static void keep(uint32_t rate, uint32_t period, const char *device, double round_trip)
{
    struct calibration_entry entry = at(rate, period, device);
    entry.round_trip = round_trip;
    entry.extra = -1.5;
    entry.confidence = 0.5;
    CU_ASSERT_EQUAL(calibrations_keep(path, &entry), STATUS_OK);
}

static void holds(uint32_t rate, uint32_t period, const char *device, double round_trip)
{
    struct calibration_entry entry = at(rate, period, device);
    CU_ASSERT_EQUAL(calibrations_find(path, &entry), STATUS_OK);
    CU_ASSERT_EQUAL(entry.round_trip, round_trip);
    CU_ASSERT_EQUAL(entry.extra, -1.5);
    CU_ASSERT_EQUAL(entry.confidence, 0.5);
}

static int files_in(const char *where)
{
    char command[CALIBRATION_PATH_MAX + 32];
    int count = -1;
    snprintf(command, sizeof command, "ls -A %s | wc -l", where);
    FILE *pipe = popen(command, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(pipe);
    CU_ASSERT_EQUAL(fscanf(pipe, "%d", &count), 1);
    pclose(pipe);
    return count;
}

/* --- where --- */

static void expect_path(const char *state, const char *home, const char *want)
{
    char got[CALIBRATION_PATH_MAX] = "";
    state ? setenv("XDG_STATE_HOME", state, 1) : unsetenv("XDG_STATE_HOME");
    home ? setenv("HOME", home, 1) : unsetenv("HOME");
    CU_ASSERT_EQUAL(calibrations_path(got), want ? STATUS_OK : STATUS_NOT_FOUND);
    if (want) {
        CU_ASSERT_STRING_EQUAL(got, want);
    }
}

static void there_may_be_no_place(void)
{
    char longest[2 * CALIBRATION_PATH_MAX];
    memset(longest, 'x', sizeof longest);
    longest[0] = '/';
    longest[sizeof longest - 1] = '\0';
    expect_path(NULL, NULL, NULL);
    expect_path("", "", NULL);
    expect_path("relative", "also/relative", NULL); /* the XDG specification: to be ignored */
    expect_path(longest, "/home/me", NULL);
    expect_path(NULL, longest, NULL);
    longest[CALIBRATION_PATH_MAX - strlen("/phicast/calibrations.json")] = '\0';
    expect_path(longest, NULL, NULL); /* one too many */
}

static void the_place_follows_the_xdg_specification(void)
{
    expect_path("/state", "/home/me", "/state/phicast/calibrations.json");
    expect_path("/state", NULL, "/state/phicast/calibrations.json");
    expect_path(NULL, "/home/me", "/home/me/.local/state/phicast/calibrations.json");
    expect_path("", "/home/me", "/home/me/.local/state/phicast/calibrations.json");
    expect_path("state", "/home/me", "/home/me/.local/state/phicast/calibrations.json");
}

/* --- what is refused --- */

static void a_missing_file_holds_nothing(void)
{
    fresh_folder();
    CU_ASSERT_EQUAL(look(48000, 256, "system"), STATUS_NOT_FOUND);
    struct calibration_entry entry = good;
    CU_ASSERT_EQUAL(calibrations_find("/nonexistent/folder/file", &entry), STATUS_NOT_FOUND);
}

static void broken_files(void)
{
    static const char *const texts[] = {
        "",
        " ",
        "nonsense",
        "{}",
        "null",
        "17",
        "\"text\"",
        "[",
        "[{\"rate\":48000,",
        "{\"rate\":48000}",
        "[{\"rate\":48000,\"rate\":48000}]",
    };
    fresh_folder();
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        write_text(texts[i]);
        CU_ASSERT_EQUAL(look(48000, 256, "system"), STATUS_CORRUPT);
    }
}

/* Entries that are no entries are passed over; the right place with wrong values is corrupt. */
static void broken_entries(void)
{
    static const char *const strange[] = {
        "[]",
        "[1, null, \"x\", []]",
        "[{}]",
        "[{\"rate\":48000,\"period\":256}]",
        "[{\"rate\":48000,\"period\":256,\"device\":7}]",
        "[{\"rate\":\"48000\",\"period\":256,\"device\":\"system\",\"round_trip\":1,\"extra\":0,"
        "\"confidence\":1}]",
    };
    static const char *const values[] = {
        "\"extra\":0,\"confidence\":1",
        "\"round_trip\":-1,\"extra\":0,\"confidence\":1",
        "\"round_trip\":1e9,\"extra\":0,\"confidence\":1",
        "\"round_trip\":NaN,\"extra\":0,\"confidence\":1",
        "\"round_trip\":Infinity,\"extra\":0,\"confidence\":1",
        "\"round_trip\":\"many\",\"extra\":0,\"confidence\":1",
        "\"round_trip\":null,\"extra\":0,\"confidence\":1",
        "\"round_trip\":[1],\"extra\":0,\"confidence\":1",
        "\"round_trip\":1,\"confidence\":1",
        "\"round_trip\":1,\"extra\":-1e9,\"confidence\":1",
        "\"round_trip\":1,\"extra\":true,\"confidence\":1",
        "\"round_trip\":1,\"extra\":0",
        "\"round_trip\":1,\"extra\":0,\"confidence\":1.01",
        "\"round_trip\":1,\"extra\":0,\"confidence\":-0.1",
    };
    fresh_folder();
    for (size_t i = 0; i < sizeof strange / sizeof strange[0]; i++) {
        write_text(strange[i]);
        CU_ASSERT_EQUAL(look(48000, 256, "system"), STATUS_NOT_FOUND);
    }
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        char text[512];
        snprintf(text, sizeof text, "[{\"rate\":48000,\"period\":256,\"device\":\"system\",%s}]", values[i]);
        write_text(text);
        CU_ASSERT_EQUAL(look(48000, 256, "system"), STATUS_CORRUPT);
        if (look(48000, 256, "system") != STATUS_CORRUPT) {
            puts(values[i]);
        }
        CU_ASSERT_EQUAL(look(44100, 256, "system"), STATUS_NOT_FOUND); /* somebody else's trouble */
    }
}

static void folders_that_cannot_be_written(void)
{
    char below_a_file[CALIBRATION_PATH_MAX];
    fresh_folder();
    write_text("[]");
    snprintf(below_a_file, sizeof below_a_file, "%.400s/phicast/calibrations.json", path);
    CU_ASSERT_NOT_EQUAL(calibrations_keep(below_a_file, &good), STATUS_OK);
    CU_ASSERT_NOT_EQUAL(calibrations_keep("/proc/phicast/calibrations.json", &good), STATUS_OK);
    CU_ASSERT_NOT_EQUAL(calibrations_keep(folder, &good), STATUS_OK); /* a folder stands in its place */
    CU_ASSERT_EQUAL(files_in(folder), 1);                             /* and nothing is left lying about */
}

/* For root, no folder is closed: so ask as somebody else. */
static void a_closed_folder(void)
{
    char closed[CALIBRATION_PATH_MAX + 16];
    fresh_folder();
    snprintf(closed, sizeof closed, "%s/closed", folder);
    CU_ASSERT_EQUAL_FATAL(mkdir(closed, 0555), 0);
    CU_ASSERT_EQUAL(chmod(folder, 0755), 0);
    snprintf(path, sizeof path, "%.400s/phicast/calibrations.json", closed);
    fflush(NULL);
    const pid_t child = fork();
    CU_ASSERT_FATAL(child >= 0);
    if (child == 0) {
        const bool dropped = getuid() != 0 || setuid(65534) == 0;
        _exit(dropped && calibrations_keep(path, &good) == STATUS_NO_ACCESS ? 0 : 1);
    }
    int code = -1;
    CU_ASSERT_EQUAL(waitpid(child, &code, 0), child);
    CU_ASSERT_EQUAL(code, 0);
    CU_ASSERT_EQUAL(files_in(closed), 0);
}

/* --- what is kept --- */

static void kept_and_found_again(void)
{
    fresh_folder();
    snprintf(path, sizeof path, "%s/some/folders/deep/calibrations.json", folder);
    CU_ASSERT_EQUAL(calibrations_keep(path, &good), STATUS_OK);
    struct calibration_entry entry = at(48000, 256, "system");
    CU_ASSERT_EQUAL(calibrations_find(path, &entry), STATUS_OK);
    CU_ASSERT_EQUAL(entry.round_trip, good.round_trip);
    CU_ASSERT_EQUAL(entry.extra, good.extra);
    CU_ASSERT_EQUAL(entry.confidence, good.confidence);
    CU_ASSERT_EQUAL(look(44100, 256, "system"), STATUS_NOT_FOUND);
    CU_ASSERT_EQUAL(look(48000, 128, "system"), STATUS_NOT_FOUND);
    CU_ASSERT_EQUAL(look(48000, 256, "system2"), STATUS_NOT_FOUND);
    CU_ASSERT_EQUAL(look(48000, 256, ""), STATUS_NOT_FOUND);
    struct stat made;
    char made_folder[CALIBRATION_PATH_MAX];
    snprintf(made_folder, sizeof made_folder, "%.400s/some", folder);
    CU_ASSERT_EQUAL(stat(made_folder, &made), 0);
    CU_ASSERT_EQUAL(made.st_mode & 0777, 0700);
}

static void each_place_has_its_own(void)
{
    fresh_folder();
    keep(48000, 256, "system", 1);
    keep(44100, 256, "system", 2);
    keep(48000, 64, "system", 3);
    keep(48000, 256, "alsa_pcm:hw:1 \"quoted\" \\ \xc3\xa4", 4);
    holds(48000, 256, "system", 1);
    holds(44100, 256, "system", 2);
    holds(48000, 64, "system", 3);
    holds(48000, 256, "alsa_pcm:hw:1 \"quoted\" \\ \xc3\xa4", 4);
    keep(44100, 256, "system", 5.125); /* measured again */
    holds(48000, 256, "system", 1);
    holds(44100, 256, "system", 5.125);
    holds(48000, 64, "system", 3);
    holds(48000, 256, "alsa_pcm:hw:1 \"quoted\" \\ \xc3\xa4", 4);
}

static void a_broken_file_is_begun_anew(void)
{
    fresh_folder();
    write_text("[{\"rate\":48");
    keep(48000, 256, "system", 9);
    holds(48000, 256, "system", 9);
    write_text("[7, {\"rate\":44100,\"period\":64,\"device\":\"other\",\"round_trip\":2,\"extra\":-1.5,"
               "\"confidence\":0.5}]");
    keep(48000, 256, "system", 9); /* what it does not know it leaves alone */
    holds(48000, 256, "system", 9);
    holds(44100, 64, "other", 2);
}

/* Who has opened the old file goes on reading the old file, whole; no third file stays behind. */
static void the_file_is_replaced_as_a_whole(void)
{
    fresh_folder();
    keep(48000, 256, "system", 1);
    struct stat before;
    struct stat after;
    char old[64] = "";
    const int fd = open(path, O_RDONLY);
    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_EQUAL(fstat(fd, &before), 0);
    keep(48000, 64, "system", 2);
    CU_ASSERT_EQUAL(stat(path, &after), 0);
    CU_ASSERT_NOT_EQUAL(before.st_ino, after.st_ino);
    CU_ASSERT(after.st_size > before.st_size);
    CU_ASSERT(read(fd, old, sizeof old - 1) > 0);
    CU_ASSERT_EQUAL(old[0], '[');
    close(fd);
    CU_ASSERT_EQUAL(files_in(folder), 1);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"there may be no place", there_may_be_no_place},
        {"the place follows the XDG specification", the_place_follows_the_xdg_specification},
        {"a missing file holds nothing", a_missing_file_holds_nothing},
        {"broken files", broken_files},
        {"broken entries", broken_entries},
        {"folders that cannot be written", folders_that_cannot_be_written},
        {"a closed folder", a_closed_folder},
        {"kept and found again", kept_and_found_again},
        {"each place has its own", each_place_has_its_own},
        {"a broken file is begun anew", a_broken_file_is_begun_anew},
        {"the file is replaced as a whole", the_file_is_replaced_as_a_whole},
        CU_TEST_INFO_NULL,
    };
    const int code = unit_run("calibrations", tests);
    remove_folder();
    return code;
}
