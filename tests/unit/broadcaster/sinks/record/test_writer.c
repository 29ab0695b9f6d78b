/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The writer's thread, on real files. write() is our own here, so that a disk can stand still or be full. */
#include "broadcaster/sinks/record/writer.h"
#include "tests/unit/unit.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <zlib.h>

enum { TEXT_MAX = 64 << 20 };

static char folder[] = "/tmp/phicast-test-XXXXXX";
static struct record_names names;
static struct writer_plan plan;
static struct writer_state state;
static atomic_bool stands_still;
static atomic_uint waiting;
static atomic_int refuses; /* an errno */
static char text[TEXT_MAX];

ssize_t write(int fd, const void *data, size_t length)
{
    if (fd > STDERR_FILENO) {
        atomic_fetch_add(&waiting, 1);
        while (atomic_load(&stands_still)) {
            usleep(1000);
        }
        atomic_fetch_sub(&waiting, 1);
        const int err = atomic_load(&refuses);
        if (err) { /* as a disk that is full: a part of it still goes in */
            const long taken = length > 100 ? syscall(SYS_write, fd, data, 100) : -1;
            atomic_store(&refuses, length > 100 ? err : 0);
            errno = err;
            return taken;
        }
    }
    return syscall(SYS_write, fd, data, length);
}

static void path_of(const char *file, char path[PATH_MAX])
{
    snprintf(path, PATH_MAX, "%s/%s", folder, file);
}

static void begin(const char *file, bool rotates)
{
    char path[PATH_MAX];
    char error[OPTION_ERROR_MAX];
    path_of(file, path);
    CU_ASSERT_EQUAL_FATAL(record_names_read(&names, path, "stage", rotates, error), STATUS_OK);
    plan =
        (struct writer_plan){.names = &names, .about = {.name = "stage", .metrics_hz = 30, .latency_hz = 10}};
    state = (struct writer_state){0};
}

static struct writer *start(void)
{
    struct writer *writer = writer_start(&plan);
    CU_ASSERT_PTR_NOT_NULL_FATAL(writer);
    return writer;
}

/* Until a condition of its state holds. */
#define WAIT(writer, condition)                                                                              \
    do {                                                                                                     \
        writer_look(writer, &state);                                                                         \
        usleep(1000);                                                                                        \
    } while (!(condition))

static void finish(struct writer *writer)
{
    writer_end(writer);
    WAIT(writer, state.ended);
    writer_free(writer);
}

static void number(struct writer *writer, uint64_t t_us, int value)
{
    char message[32];
    const int length = snprintf(message, sizeof message, "{\"n\":%d}", value);
    writer_put(writer, t_us, "metrics", message, (size_t)length);
}

/* All that can be read of it, however it ends. gzread takes plain text as well. */
static const char *contents(const char *path)
{
    size_t length = 0;
    gzFile file = gzopen(path, "rb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    for (int got; (got = gzread(file, text + length, 65536)) > 0;) {
        length += (size_t)got;
    }
    text[length] = '\0';
    (void)gzclose(file);
    return text;
}

/* Line n, from 0, cut off where it ends. */
static const char *line(const char *path, int n)
{
    char *at = (char *)(size_t)contents(path);
    for (; n > 0 && at; n--) {
        at = strchr(at, '\n');
        at = at ? at + 1 : NULL;
    }
    if (at) {
        at[strcspn(at, "\n")] = '\0';
    }
    return at ? at : "";
}

static size_t count_lines(const char *path)
{
    size_t count = 0;
    for (const char *at = contents(path); (at = strchr(at, '\n')); at++) {
        count++;
    }
    return count;
}

static void remove_all(void)
{
    DIR *dir = opendir(folder);
    for (const struct dirent *entry; (entry = readdir(dir));) {
        (void)!unlinkat(dirfd(dir), entry->d_name, 0);
    }
    closedir(dir);
}

static void lines(const char *file)
{
    begin(file, false);
    struct writer *writer = start();
    number(writer, 1000000, 1);
    number(writer, 999999, 2); /* never back */
    writer_put(writer, 1500000, "events", "{\"type\":\"x\"}", 12);
    finish(writer);
    CU_ASSERT_STRING_EQUAL(state.error, "");
    CU_ASSERT_EQUAL(state.files, 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(line(state.path, 0), "{\"phicast\":\"recording\",\"version\":1,"));
    CU_ASSERT_PTR_NOT_NULL(strstr(line(state.path, 0), "\"rates\":{\"metrics\":30,\"latency\":10}"));
    CU_ASSERT_STRING_EQUAL(line(state.path, 1),
                           "{\"t\":1.000000,\"stream\":\"metrics\",\"message\":{\"n\":1}}");
    CU_ASSERT_STRING_EQUAL(line(state.path, 2),
                           "{\"t\":1.000000,\"stream\":\"metrics\",\"message\":{\"n\":2}}");
    CU_ASSERT_STRING_EQUAL(line(state.path, 3),
                           "{\"t\":1.500000,\"stream\":\"events\",\"message\":{\"type\":\"x\"}}");
    CU_ASSERT_EQUAL(count_lines(state.path), 4);
}

static void plain_and_packed(void)
{
    lines("show.jsonl");
    lines("show.jsonl.gz");
    unsigned char start_of[2] = {0};
    FILE *file = fopen(state.path, "rb");
    CU_ASSERT_EQUAL(fread(start_of, 1, 2, file), 2);
    CU_ASSERT_EQUAL(fseek(file, 0, SEEK_END), 0);
    CU_ASSERT_EQUAL((uint64_t)ftell(file), state.bytes);
    (void)fclose(file);
    CU_ASSERT_EQUAL(start_of[0], 0x1F);
    CU_ASSERT_EQUAL(start_of[1], 0x8B);
    remove_all();
}

static void nothing_is_written_over(void)
{
    char path[PATH_MAX];
    static const char *const wanted[] = {"show.jsonl", "show-2.jsonl", "show-3.jsonl"};
    for (int i = 0; i < 3; i++) {
        begin("show.jsonl", false);
        struct writer *writer = start();
        number(writer, 1000000, i);
        finish(writer);
        path_of(wanted[i], path);
        CU_ASSERT_STRING_EQUAL(state.path, path);
    }
    path_of(wanted[0], path);
    CU_ASSERT_PTR_NOT_NULL(strstr(line(path, 1), "{\"n\":0}"));
    remove_all();
}

/* Whoever is killed now leaves this. */
static void readable_at_any_time(const char *file)
{
    begin(file, false);
    struct writer *writer = start();
    uint64_t before = 0;
    for (int i = 0; i < 2; i++) {
        number(writer, 1000000, i);
        WAIT(writer, state.bytes > before && state.files > 0 && count_lines(state.path) >= (size_t)i + 2);
        before = state.bytes;
        CU_ASSERT_EQUAL(count_lines(state.path), (size_t)i + 2);
    }
    finish(writer);
    remove_all();
}

static void flushed(void)
{
    readable_at_any_time("show.jsonl");
    readable_at_any_time("show.jsonl.gz");
}

static void by_size(void)
{
    begin("show.jsonl", true);
    plan.rotation.bytes = 4096;
    struct writer *writer = start();
    int value = 0;
    for (uint32_t files = 0; files < 3; files = state.files) {
        number(writer, 1000000, value++);
        writer_look(writer, &state);
        usleep(500);
    }
    finish(writer);
    CU_ASSERT_STRING_EQUAL(state.error, "");
    int next = 0;
    uint64_t bytes = 0;
    for (uint32_t file = 1; file <= state.files; file++) { /* all in one second, or each in one of its own */
        DIR *dir = opendir(folder);
        char first[PATH_MAX] = "";
        for (const struct dirent *entry; (entry = readdir(dir));) {
            char path[PATH_MAX];
            char wanted[32];
            path_of(entry->d_name, path);
            snprintf(wanted, sizeof wanted, "{\"n\":%d}}", next);
            if (entry->d_name[0] != '.' && strstr(line(path, 1), wanted)) {
                memcpy(first, path, sizeof path);
            }
        }
        closedir(dir);
        CU_ASSERT_PTR_NOT_NULL_FATAL(strstr(line(first, 0), "\"phicast\":\"recording\""));
        next += (int)count_lines(first) - 1;
        bytes += strlen(contents(first));
    }
    CU_ASSERT_EQUAL(next, value);
    CU_ASSERT_EQUAL(bytes, state.bytes);
    remove_all();
}

static void by_time(void)
{
    begin("show.jsonl", true);
    plan.rotation.us = 1;
    struct writer *writer = start();
    WAIT(writer, state.files >= 3);
    finish(writer);
    CU_ASSERT_STRING_EQUAL(state.error, "");
    remove_all();
}

/* What was whole stays; the thread has ended, and does no harm. */
static void fails(const char *file, int err)
{
    begin(file, false);
    struct writer *writer = start();
    for (int i = 0; i < 50; i++) {
        number(writer, 1000000, i);
    }
    WAIT(writer, state.files == 1 && count_lines(state.path) == 51);
    atomic_store(&refuses, err);
    for (int i = 50; i < 1000; i++) {
        number(writer, 1000000, i * 7919); /* enough that it is not one small piece */
    }
    WAIT(writer, state.ended);
    CU_ASSERT_PTR_NOT_NULL(strstr(state.error, strerror(err)));
    CU_ASSERT_PTR_NOT_NULL(strstr(state.error, file));
    CU_ASSERT_EQUAL(count_lines(state.path), 51);
    const size_t length = strlen(contents(state.path));
    CU_ASSERT_EQUAL(text[length - 1], '\n');
    number(writer, 1000000, 1); /* into the void */
    finish(writer);
    atomic_store(&refuses, 0);
    remove_all();
}

static void a_full_disk(void)
{
    static const int errors[] = {ENOSPC, EDQUOT, EIO, EFBIG};
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        fails("show.jsonl", errors[i]);
        fails("show.jsonl.gz", errors[i]);
    }
}

/* SIGXFSZ would end the program. */
static void a_limit_of_size(void)
{
    const struct rlimit small = {8192, RLIM_INFINITY};
    struct rlimit before;
    getrlimit(RLIMIT_FSIZE, &before);
    setrlimit(RLIMIT_FSIZE, &small);
    begin("show.jsonl", false);
    struct writer *writer = start();
    for (int i = 0; i < 1000; i++) {
        number(writer, 1000000, i);
    }
    WAIT(writer, state.ended);
    CU_ASSERT_PTR_NOT_NULL(strstr(state.error, strerror(EFBIG)));
    finish(writer);
    setrlimit(RLIMIT_FSIZE, &before);
    remove_all();
}

static void no_folder(void)
{
    begin("show.jsonl", false);
    snprintf(names.folder, sizeof names.folder, "%s/gone", folder);
    struct writer *writer = start();
    WAIT(writer, state.ended);
    CU_ASSERT_PTR_NOT_NULL(strstr(state.error, "gone/show.jsonl: No such file"));
    CU_ASSERT_EQUAL(state.files, 0);
    finish(writer);
}

/* The loop goes on; what is too much is counted, and the recording says so where it is missing. */
static void a_disk_that_stands_still(void)
{
    enum { LENGTH = 10000, COUNT = 3 * (WRITER_KEEPS / LENGTH) };
    static char message[LENGTH + 1];
    memset(message, 'x', LENGTH);
    message[0] = message[LENGTH - 1] = '"';
    begin("show.jsonl", false);
    struct writer *writer = start();
    WAIT(writer, state.bytes > 0 || state.files > 0);
    atomic_store(&stands_still, true);
    number(writer, 1000000, 1);
    while (atomic_load(&waiting) == 0) {
        usleep(1000);
    }
    for (int i = 0; i < COUNT; i++) {
        writer_put(writer, 2000000, "metrics", message, LENGTH);
    }
    writer_look(writer, &state);
    const uint64_t dropped = state.dropped;
    CU_ASSERT(dropped >= COUNT - WRITER_KEEPS / LENGTH && dropped < COUNT);
    atomic_store(&stands_still, false);
    const uint64_t behind = (COUNT - dropped) * LENGTH;
    WAIT(writer, state.bytes > behind);
    number(writer, 3000000, 2);
    finish(writer);
    CU_ASSERT_EQUAL(state.dropped, dropped);
    CU_ASSERT_EQUAL(count_lines(state.path), 1 + 1 + COUNT - dropped + 1 + 1);
    char wanted[128];
    snprintf(
        wanted, sizeof wanted,
        "\"stream\":\"recording\",\"message\":{\"type\":\"dropped\",\"messages\":%llu}}\n{\"t\":3.000000,",
        (unsigned long long)dropped);
    CU_ASSERT_PTR_NOT_NULL(strstr(contents(state.path), wanted));
    remove_all();
}

int main(void)
{
    static const CU_TestInfo tests[] = {{"plain and packed", plain_and_packed},
                                        {"nothing is written over", nothing_is_written_over},
                                        {"flushed", flushed},
                                        {"by size", by_size},
                                        {"by time", by_time},
                                        {"a full disk", a_full_disk},
                                        {"a limit of size", a_limit_of_size},
                                        {"no folder", no_folder},
                                        {"a disk that stands still", a_disk_that_stands_still},
                                        CU_TEST_INFO_NULL};
    if (!mkdtemp(folder)) {
        return EXIT_FAILURE;
    }
    const int code = unit_run("writer", tests);
    remove_all();
    rmdir(folder);
    return code;
}
