/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Segments seen from one process: names, headers, modes, and files that are not what they claim to be. */
#include "shared/control.h"
#include "shared/segment.h"
#include "shared/telemetry.h"
#include "tests/unit/shared/process.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static const struct segment_kind kind = {
    .magic = 0x5445535400000001U, .abi = 3, .size = 12345, .suffix = "t"};
static const gid_t no_group = (gid_t)-1;

static const char *path_of(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "/dev/shm/phicast.%s.%s", name, kind.suffix);
    return path;
}

/* Writes a file of `size` bytes that starts with this header. */
static void plant(const char *name, const struct segment_header *header, off_t size)
{
    const int fd = open(path_of(name), O_RDWR | O_CREAT | O_TRUNC, 0600);
    const size_t bytes = (size_t)size < sizeof *header ? (size_t)size : sizeof *header;
    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_FATAL(write(fd, header, bytes) == (ssize_t)bytes);
    CU_ASSERT_FATAL(ftruncate(fd, size) == 0);
    close(fd);
}

static const struct segment_header good_header = {
    .magic = 0x5445535400000001U, .abi = 3, .writer_pid = 4711, .size = 12345, .generation = 9};

static void bad_names_are_refused(void)
{
    static const char *const bad[] = {
        "",
        "/",
        "a/b",
        "../a",
        "a b",
        "a\n",
        "caf\xC3\xA9",
        "a*",
        "a:b",
        "%s",
        "~",
        "a\\b",
        "long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long"};
    struct segment segment;
    size_t refused = 0;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        refused += segment_create(&segment, &kind, bad[i], no_group) == STATUS_BAD_ARG && segment.fd == -1;
        segment_close(&segment);
        refused += segment_attach(&segment, &kind, bad[i]) == STATUS_BAD_ARG && segment.fd == -1;
        segment_close(&segment);
        CU_ASSERT_EQUAL(segment_owner(&kind, bad[i]), 0);
    }
    CU_ASSERT_EQUAL(refused, 2 * 13);
}

static void the_longest_name_fits_exactly(void)
{
    struct segment segment;
    char name[SEGMENT_NAME_MAX];
    const size_t longest = SEGMENT_NAME_MAX - 1 - strlen("/phicast.") - strlen(".t");
    test_name(name, "");
    memset(name + strlen(name), 'x', sizeof name - strlen(name));
    name[longest + 1] = '\0';
    CU_ASSERT_EQUAL(segment_create(&segment, &kind, name, no_group), STATUS_BAD_ARG);
    name[longest] = '\0';
    CU_ASSERT_EQUAL(segment_create(&segment, &kind, name, no_group), STATUS_OK);
    segment_close(&segment);
}

static void nothing_there(void)
{
    char name[TEST_NAME_MAX];
    struct segment segment;
    CU_ASSERT_EQUAL(segment_attach(&segment, &kind, test_name(name, "none")), STATUS_NOT_FOUND);
    CU_ASSERT_EQUAL(segment.fd, -1);
    CU_ASSERT_EQUAL(segment_owner(&kind, name), 0);
    segment = SEGMENT_NONE;
    CU_ASSERT_FALSE(segment_alive(&segment));
    CU_ASSERT_EQUAL(segment_verify(&segment), STATUS_NOT_FOUND);
    segment_close(&segment);
    segment_close(&segment);
}

static void create_fills_the_header(void)
{
    char name[TEST_NAME_MAX];
    struct segment writer;
    struct stat file;
    const uint64_t before = (uint64_t)time(NULL) * 1000000U;
    CU_ASSERT_EQUAL_FATAL(segment_create(&writer, &kind, test_name(name, "header"), no_group), STATUS_OK);
    const struct segment_header *header = writer.memory;
    CU_ASSERT_EQUAL(header->magic, kind.magic);
    CU_ASSERT_EQUAL(header->abi, 3);
    CU_ASSERT_EQUAL(header->writer_pid, (uint32_t)getpid());
    CU_ASSERT_EQUAL(header->size, 12345);
    CU_ASSERT(header->start_time_us >= before && header->start_time_us < before + 60000000U);
    CU_ASSERT_EQUAL(header->generation, 1);
    const unsigned char *bytes = writer.memory;
    size_t zeros = 0;
    for (size_t i = sizeof *header; i < kind.size; i++) {
        zeros += bytes[i] == 0;
    }
    CU_ASSERT_EQUAL(zeros, 12345 - 64);
    CU_ASSERT_EQUAL(stat(path_of(name), &file), 0);
    CU_ASSERT_EQUAL(file.st_mode & 07777, 0600);
    CU_ASSERT_EQUAL(file.st_size, 12345);
    CU_ASSERT_EQUAL(fcntl(writer.fd, F_GETFD), FD_CLOEXEC);
    CU_ASSERT_EQUAL(segment_owner(&kind, name), (uint32_t)getpid());
    segment_close(&writer);
    CU_ASSERT_EQUAL(stat(path_of(name), &file), -1);
}

static void attach_sees_the_writer(void)
{
    char name[TEST_NAME_MAX];
    struct segment writer;
    struct segment second;
    struct segment reader;
    CU_ASSERT_EQUAL_FATAL(segment_create(&writer, &kind, test_name(name, "attach"), no_group), STATUS_OK);
    CU_ASSERT_EQUAL(segment_create(&second, &kind, name, no_group), STATUS_BUSY);
    CU_ASSERT_EQUAL(second.fd, -1);
    CU_ASSERT_EQUAL_FATAL(segment_attach(&reader, &kind, name), STATUS_OK);
    CU_ASSERT_EQUAL(segment_verify(&writer), STATUS_OK);
    CU_ASSERT_EQUAL(segment_verify(&reader), STATUS_OK);
    CU_ASSERT_TRUE(segment_alive(&writer));
    CU_ASSERT_TRUE(segment_alive(&reader));
    ((unsigned char *)writer.memory)[12344] = 77;
    CU_ASSERT_EQUAL(((unsigned char *)reader.memory)[12344], 77);
    /* Read-only for good: the kernel refuses to make the mapping writable. */
    CU_ASSERT_EQUAL(mprotect(reader.memory, kind.size, PROT_READ | PROT_WRITE), -1);
    CU_ASSERT_EQUAL(errno, EACCES);
    segment_close(&writer);
    CU_ASSERT_FALSE(segment_alive(&reader));
    CU_ASSERT_EQUAL(segment_verify(&reader), STATUS_OK); /* the old mapping stays safe */
    CU_ASSERT_EQUAL(((unsigned char *)reader.memory)[12344], 77);
    segment_close(&reader);
    CU_ASSERT_EQUAL(segment_attach(&reader, &kind, name), STATUS_NOT_FOUND);
}

static void a_reader_leaves_the_name_alone(void)
{
    char name[TEST_NAME_MAX];
    struct segment writer;
    struct segment reader;
    CU_ASSERT_EQUAL_FATAL(segment_create(&writer, &kind, test_name(name, "leave"), no_group), STATUS_OK);
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(segment_attach(&reader, &kind, name), STATUS_OK);
        segment_close(&reader);
        CU_ASSERT_EQUAL(reader.fd, -1);
        CU_ASSERT_PTR_NULL(reader.memory);
    }
    segment_close(&writer);
}

/* Somebody removed a live writer's name and made a new segment: the first writer must not remove that one. */
static void a_writer_removes_only_its_own(void)
{
    char name[TEST_NAME_MAX];
    struct segment first;
    struct segment second;
    struct stat file;
    CU_ASSERT_EQUAL_FATAL(segment_create(&first, &kind, test_name(name, "own"), no_group), STATUS_OK);
    CU_ASSERT_EQUAL(unlink(path_of(name)), 0);
    CU_ASSERT_EQUAL_FATAL(segment_create(&second, &kind, name, no_group), STATUS_OK);
    segment_close(&first);
    CU_ASSERT_EQUAL(stat(path_of(name), &file), 0);
    segment_close(&second);
    CU_ASSERT_EQUAL(stat(path_of(name), &file), -1);
}

static void wrong_files_are_refused(void)
{
    const struct {
        uint64_t magic;
        uint32_t abi;
        uint64_t claimed;
        off_t size;
        enum status status;
    } rows[] = {
        {kind.magic, 3, 12345, 12345, STATUS_OK},
        {kind.magic, 3, 12345, 20000, STATUS_OK}, /* longer does no harm */
        {kind.magic + 1, 3, 12345, 12345, STATUS_BAD_MAGIC},
        {UINT64_MAX, 3, 12345, 12345, STATUS_BAD_MAGIC},
        {0, 3, 12345, 12345, STATUS_NOT_READY},
        {kind.magic, 2, 12345, 12345, STATUS_BAD_ABI},
        {kind.magic, 4, 999, 999, STATUS_BAD_ABI}, /* the version tells more than the length */
        {kind.magic, 3, 12344, 12345, STATUS_TRUNCATED},
        {kind.magic, 3, UINT64_MAX, 12345, STATUS_TRUNCATED},
        {kind.magic, 3, 12345, 12344, STATUS_TRUNCATED},
        {kind.magic, 3, 12345, 64, STATUS_TRUNCATED},
        {kind.magic, 3, 12345, 63, STATUS_TRUNCATED},
        {kind.magic, 3, 12345, 1, STATUS_TRUNCATED},
        {kind.magic, 3, 12345, 0, STATUS_NOT_READY}, /* a writer is about to fill it */
    };
    char name[TEST_NAME_MAX];
    struct segment reader;
    test_name(name, "wrong");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct segment_header header = good_header;
        header.magic = rows[i].magic;
        header.abi = rows[i].abi;
        header.size = rows[i].claimed;
        plant(name, &header, rows[i].size);
        CU_ASSERT_EQUAL(segment_attach(&reader, &kind, name), rows[i].status);
        CU_ASSERT_EQUAL(reader.fd >= 0, rows[i].status == STATUS_OK);
        CU_ASSERT_FALSE(segment_alive(&reader));
        segment_close(&reader);
    }
    CU_ASSERT_EQUAL(unlink(path_of(name)), 0);
}

/* The file changes under a reader that has it mapped. */
static void verify_watches_the_file(void)
{
    char name[TEST_NAME_MAX];
    struct segment reader;
    plant(test_name(name, "verify"), &good_header, 12345);
    CU_ASSERT_EQUAL_FATAL(segment_attach(&reader, &kind, name), STATUS_OK);
    CU_ASSERT_EQUAL(segment_verify(&reader), STATUS_OK);
    CU_ASSERT_EQUAL(truncate(path_of(name), 12344), 0);
    CU_ASSERT_EQUAL(segment_verify(&reader), STATUS_TRUNCATED);
    CU_ASSERT_EQUAL(truncate(path_of(name), 0), 0);
    CU_ASSERT_EQUAL(segment_verify(&reader), STATUS_TRUNCATED);
    CU_ASSERT_EQUAL(truncate(path_of(name), 12345), 0);
    CU_ASSERT_EQUAL(segment_verify(&reader), STATUS_NOT_READY); /* it is zeros now */
    struct segment_header header = good_header;
    header.magic = 1;
    plant(name, &header, 12345);
    CU_ASSERT_EQUAL(segment_verify(&reader), STATUS_BAD_MAGIC);
    header = good_header;
    header.abi = 1;
    plant(name, &header, 12345);
    CU_ASSERT_EQUAL(segment_verify(&reader), STATUS_BAD_ABI);
    segment_close(&reader);
    CU_ASSERT_EQUAL(unlink(path_of(name)), 0);
}

static void leavings_are_replaced(void)
{
    static const struct {
        off_t size;
        uint64_t magic;
        uint64_t generation;
    } rows[] = {
        {12345, 0x5445535400000001U, 10}, /* a dead writer's */
        {64, 0x5445535400000001U, 10},    /* ... cut short */
        {12345, 0x1111111111111111U, 1},  /* somebody else's file */
        {12345, 0, 1},                    /* died before it was ready */
        {10, 0x5445535400000001U, 1},
        {0, 0, 1},
    };
    char name[TEST_NAME_MAX];
    struct segment writer;
    struct stat file;
    test_name(name, "leavings");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct segment_header header = good_header;
        header.magic = rows[i].magic;
        plant(name, &header, rows[i].size);
        CU_ASSERT_EQUAL(chmod(path_of(name), 0666), 0);
        CU_ASSERT_EQUAL_FATAL(segment_create(&writer, &kind, name, no_group), STATUS_OK);
        CU_ASSERT_EQUAL(((struct segment_header *)writer.memory)->generation, rows[i].generation);
        CU_ASSERT_EQUAL(stat(path_of(name), &file), 0);
        CU_ASSERT_EQUAL(file.st_mode & 07777, 0600);
        CU_ASSERT_EQUAL(file.st_size, 12345);
        segment_close(&writer);
    }
}

/* A fifo or a link under the name must neither hold anybody up nor lead anywhere. */
static void leavings_are_swept_and_live_ones_are_not(void)
{
    char name[TEST_NAME_MAX];
    struct segment segment;
    test_name(name, "sweep");
    segment_sweep(&kind, name); /* nothing there */
    segment_sweep(&kind, "not a name");
    plant(name, &good_header, 12345);
    segment_sweep(&kind, name);
    CU_ASSERT_EQUAL(access(path_of(name), F_OK), -1);

    CU_ASSERT_EQUAL_FATAL(segment_create(&segment, &kind, name, no_group), STATUS_OK);
    segment_sweep(&kind, name);
    CU_ASSERT_EQUAL(access(path_of(name), F_OK), 0);
    segment_leave(&segment);
    CU_ASSERT_EQUAL(access(path_of(name), F_OK), 0);
    segment_sweep(&kind, name);
    CU_ASSERT_EQUAL(access(path_of(name), F_OK), -1);
}

static void odd_files_do_not_block(void)
{
    char name[TEST_NAME_MAX];
    struct segment segment;
    test_name(name, "odd");
    alarm(LIMIT_SECONDS); /* an open that blocks ends here, and loudly */
    CU_ASSERT_EQUAL(mkfifo(path_of(name), 0600), 0);
    CU_ASSERT_NOT_EQUAL(segment_attach(&segment, &kind, name), STATUS_OK);
    CU_ASSERT_EQUAL(segment_owner(&kind, name), 0);
    CU_ASSERT_EQUAL(segment_create(&segment, &kind, name, no_group), STATUS_OK); /* replaces it */
    segment_close(&segment);
    alarm(0);
    CU_ASSERT_EQUAL(symlink("/dev/zero", path_of(name)), 0);
    CU_ASSERT_NOT_EQUAL(segment_attach(&segment, &kind, name), STATUS_OK);
    CU_ASSERT_NOT_EQUAL(segment_create(&segment, &kind, name, no_group), STATUS_OK);
    CU_ASSERT_EQUAL(unlink(path_of(name)), 0);
}

static void kinds_do_not_mix(void)
{
    char name[TEST_NAME_MAX];
    struct segment writer;
    struct segment reader;
    struct segment_kind disguised = control_kind;
    disguised.suffix = telemetry_kind.suffix;
    CU_ASSERT_EQUAL_FATAL(segment_create(&writer, &telemetry_kind, test_name(name, "kinds"), no_group),
                          STATUS_OK);
    CU_ASSERT_EQUAL(segment_attach(&reader, &control_kind, name), STATUS_NOT_FOUND);
    CU_ASSERT_EQUAL(segment_attach(&reader, &disguised, name), STATUS_BAD_MAGIC);
    segment_close(&writer);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"bad names are refused", bad_names_are_refused},
        {"wrong files are refused", wrong_files_are_refused},
        {"odd files do not block", odd_files_do_not_block},
        {"nothing there", nothing_there},
        {"the longest name fits exactly", the_longest_name_fits_exactly},
        {"create fills the header", create_fills_the_header},
        {"attach sees the writer", attach_sees_the_writer},
        {"a reader leaves the name alone", a_reader_leaves_the_name_alone},
        {"a writer removes only its own", a_writer_removes_only_its_own},
        {"verify watches the file", verify_watches_the_file},
        {"leavings are replaced", leavings_are_replaced},
        {"kinds do not mix", kinds_do_not_mix},
        {"leavings are swept, and live ones are not", leavings_are_swept_and_live_ones_are_not},
        CU_TEST_INFO_NULL,
    };
    return unit_run_supervised("segment", tests);
}
