/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What shared/log.h writes, and how often. */
#include "shared/log.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int kept; /* standard error, while a file stands in for it */

static void capture(void)
{
    const int file = memfd_create("log", MFD_CLOEXEC);
    fflush(stderr);
    kept = dup(STDERR_FILENO);
    dup2(file, STDERR_FILENO);
    close(file);
}

static void captured(char *text, size_t size)
{
    fflush(stderr);
    const ssize_t length = pread(STDERR_FILENO, text, size - 1, 0);
    text[length > 0 ? length : 0] = '\0';
    dup2(kept, STDERR_FILENO);
    close(kept);
}

static void a_line_names_program_and_level(void)
{
    char text[256];
    capture();
    log_open("test");
    log_info("one %d", 1);
    log_warning("two");
    log_error("three");
    captured(text, sizeof text);
    CU_ASSERT_STRING_EQUAL(text, "test: one 1\ntest: warning: two\ntest: error: three\n");
}

static void the_repeated_is_written_at_powers_of_two(void)
{
    char text[1024];
    uint64_t times = 0;
    capture();
    log_open("test");
    for (int i = 1; i <= 9; i++) {
        log_repeated(&times, "number %d", i);
    }
    captured(text, sizeof text);
    CU_ASSERT_STRING_EQUAL(text, "test: warning: number 1\n"
                                 "test: warning: number 2 (2 times so far)\n"
                                 "test: warning: number 4 (4 times so far)\n"
                                 "test: warning: number 8 (8 times so far)\n");
    CU_ASSERT_EQUAL(times, 9);
}

static void a_flood_is_a_few_lines(void)
{
    enum { FLOOD = 1000000 };
    char text[4096];
    uint64_t times = 0;
    int lines = 0;
    capture();
    for (int i = 0; i < FLOOD; i++) {
        log_repeated(&times, "again");
    }
    captured(text, sizeof text);
    for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++) {
        lines++;
    }
    CU_ASSERT_EQUAL(lines, 20);
    CU_ASSERT_EQUAL(times, FLOOD);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"a line names program and level", a_line_names_program_and_level},
        {"the repeated is written at powers of two", the_repeated_is_written_at_powers_of_two},
        {"a flood is a few lines", a_flood_is_a_few_lines},
        CU_TEST_INFO_NULL,
    };
    return unit_run("log", tests);
}
