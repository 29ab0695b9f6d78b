/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/source/lines.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

static struct lines lines;
static struct line line;
static int fd;

static void put(const void *bytes, size_t length)
{
    CU_ASSERT_EQUAL_FATAL(write(fd, bytes, length), (ssize_t)length);
}

static void put_gzip(const void *bytes, size_t length, int flush)
{
    static unsigned char out[1 << 20];
    z_stream stream = {
        .next_in = (Bytef *)bytes, .avail_in = (uInt)length, .next_out = out, .avail_out = sizeof out};
    CU_ASSERT_EQUAL_FATAL(deflateInit2(&stream, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    deflate(&stream, flush);
    CU_ASSERT_EQUAL(stream.avail_in, 0);
    put(out, sizeof out - stream.avail_out);
    deflateEnd(&stream);
}

static void begin(void)
{
    fd = memfd_create("lines", MFD_CLOEXEC);
    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_EQUAL_FATAL(lines_open(&lines, fd, -1), STATUS_OK);
}

static void end(void)
{
    lines_close(&lines);
    close(fd);
}

static void expect(const char *text, uint64_t number, bool is_whole)
{
    CU_ASSERT_EQUAL_FATAL(lines_next(&lines, &line), STATUS_OK);
    CU_ASSERT_EQUAL(line.length, strlen(text));
    CU_ASSERT(memcmp(line.text, text, line.length) == 0);
    CU_ASSERT_EQUAL(line.is_whole, is_whole);
    CU_ASSERT_EQUAL(lines.number, number);
}

static void expect_end(enum status status)
{
    CU_ASSERT_EQUAL(lines_next(&lines, &line), status);
    CU_ASSERT_EQUAL(lines_next(&lines, &line), STATUS_EMPTY); /* and stays there */
}

static void plain(void)
{
    begin();
    expect_end(STATUS_EMPTY);
    end();
    begin();
    put("one\n\nthree\nfo", 13);
    for (int i = 0; i < 2; i++) {
        expect("one", 1, true);
        expect("", 2, true);
        expect("three", 3, true);
        expect("fo", 4, false);
        expect_end(STATUS_EMPTY);
        lines_rewind(&lines);
    }
    end();
}

static void compressed(void)
{
    begin();
    put_gzip("one\ntw", 6, Z_FINISH);
    put_gzip("o\n", 2, Z_FINISH);
    put_gzip("three\nfour", 10, Z_SYNC_FLUSH); /* the power failed */
    for (int i = 0; i < 2; i++) {
        expect("one", 1, true);
        expect("two", 2, true);
        expect("three", 3, true);
        expect("four", 4, false);
        expect_end(STATUS_EMPTY);
        lines_rewind(&lines);
    }
    end();
}

static void damaged(void)
{
    begin();
    put_gzip("one\ntwo\n", 8, Z_SYNC_FLUSH);
    put("\xff\xff\xff\xff\xff\xff\xff\xff", 8);
    expect("one", 1, true);
    expect("two", 2, true);
    expect_end(STATUS_CORRUPT);
    end();
    begin();
    put("\x1f\x8b then text", 12);
    expect_end(STATUS_CORRUPT);
    end();
    begin();
    put("\x1f", 1); /* too short to say */
    expect("\x1f", 1, false);
    end();
}

/* Refused once, and the next one is found. */
static void overlong(bool gzip)
{
    static char many[700000];
    memset(many, 'x', sizeof many);
    memcpy(many, "one\n", 4);
    memcpy(many + sizeof many - 6, "\nthree", 6);
    begin();
    if (gzip) {
        put_gzip(many, sizeof many, Z_FINISH);
    } else {
        put(many, sizeof many);
    }
    expect("one", 1, true);
    CU_ASSERT_EQUAL(lines_next(&lines, &line), STATUS_OVERRUN);
    CU_ASSERT_EQUAL(lines.number, 2);
    enum status status = STATUS_BUSY;
    for (int i = 0; i < 8 && status == STATUS_BUSY; i++) {
        status = lines_next(&lines, &line);
    }
    CU_ASSERT_EQUAL(status, STATUS_OK);
    CU_ASSERT_EQUAL(lines.number, 3);
    CU_ASSERT_EQUAL(line.length, 5);
    end();
}

static void overlong_lines(void)
{
    overlong(false);
    overlong(true);
}

static void the_longest_line(void)
{
    static char longest[RECORDING_LINE_MAX + 1];
    memset(longest, 'x', RECORDING_LINE_MAX);
    longest[RECORDING_LINE_MAX] = '\n';
    begin();
    put(longest, sizeof longest);
    CU_ASSERT_EQUAL(lines_next(&lines, &line), STATUS_OK);
    CU_ASSERT_EQUAL(line.length, RECORDING_LINE_MAX);
    expect_end(STATUS_EMPTY);
    end();
}

static void a_pipe(void)
{
    int ends[2];
    const int wake = eventfd(0, EFD_CLOEXEC);
    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    CU_ASSERT_EQUAL_FATAL(lines_open(&lines, ends[0], wake), STATUS_OK);
    fd = ends[1];
    put("one\ntw", 6);
    expect("one", 1, true);
    const uint64_t one = 1;
    CU_ASSERT_EQUAL(write(wake, &one, sizeof one), (ssize_t)sizeof one);
    CU_ASSERT_EQUAL(lines_next(&lines, &line), STATUS_BUSY); /* woken */
    uint64_t taken;
    CU_ASSERT_EQUAL(read(wake, &taken, sizeof taken), (ssize_t)sizeof taken);
    put("o\n", 2);
    expect("two", 2, true);
    close(ends[1]);
    expect_end(STATUS_EMPTY);
    lines_close(&lines);
    close(ends[0]);
    close(wake);
}

static void unreadable(void)
{
    fd = memfd_create("lines", MFD_CLOEXEC);
    CU_ASSERT_EQUAL_FATAL(lines_open(&lines, fd, -1), STATUS_OK);
    close(fd);
    CU_ASSERT_EQUAL(lines_next(&lines, &line), STATUS_IO);
    lines_close(&lines);
}

int main(void)
{
    const CU_TestInfo tests[] = {
        {"plain", plain},
        {"compressed", compressed},
        {"damaged", damaged},
        {"overlong lines", overlong_lines},
        {"the longest line", the_longest_line},
        {"a pipe", a_pipe},
        {"unreadable", unreadable},
        CU_TEST_INFO_NULL,
    };
    return unit_run("lines", tests);
}
