/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Segments seen from one process: names, headers, modes, and files that are not what they claim to be. More
 * than 400 lines because all cases share one stage of writers and readers. */
#include "shared/control.h"
#include "shared/mapping.h"
#include "shared/segment.h"
#include "shared/telemetry.h"
#include "tests/unit/shared/process.h"

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
        refused +=
            segment_attach(&segment, &kind, bad[i], SEGMENT_TRUST_NONE) == STATUS_BAD_ARG && segment.fd == -1;
        segment_close(&segment);
        CU_ASSERT_EQUAL(segment_holder(&kind, bad[i]), 0);
        CU_ASSERT_FALSE(segment_is_name(bad[i]));
    }
    CU_ASSERT_EQUAL(refused, 2 * 13);
}

static void the_longest_name_fits_exactly(void)
{
    struct segment segment;
    char name[TEST_NAME_MAX];
    test_name(name, "");
    memset(name + strlen(name), 'x', sizeof name - strlen(name));
    name[SEGMENT_NAME_LONGEST + 1] = '\0';
    CU_ASSERT_EQUAL(segment_create(&segment, &kind, name, no_group), STATUS_BAD_ARG);
    name[SEGMENT_NAME_LONGEST] = '\0';
    CU_ASSERT_EQUAL(segment_create(&segment, &kind, name, no_group), STATUS_OK);
    segment_close(&segment);
}

static void nothing_there(void)
{
    char name[TEST_NAME_MAX];
    struct segment segment;
    CU_ASSERT_EQUAL(segment_attach(&segment, &kind, test_name(name, "none"), SEGMENT_TRUST_NONE),
                    STATUS_NOT_FOUND);
    CU_ASSERT_EQUAL(segment.fd, -1);
    CU_ASSERT_EQUAL(segment_holder(&kind, name), 0);
    segment = SEGMENT_NONE;
    CU_ASSERT_FALSE(segment_alive(&segment));
    CU_ASSERT_FALSE(segment_is_whole(&segment));
    CU_ASSERT_EQUAL(segment_refresh(&segment), STATUS_NOT_FOUND);
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
    CU_ASSERT_EQUAL(segment_holder(&kind, name), getpid());
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
    CU_ASSERT_EQUAL_FATAL(segment_attach(&reader, &kind, name, SEGMENT_TRUST_NONE), STATUS_OK);
    CU_ASSERT_TRUE(segment_is_whole(&writer));
    CU_ASSERT_EQUAL(segment_refresh(&reader), STATUS_OK);
    CU_ASSERT_TRUE(segment_alive(&writer));
    CU_ASSERT_TRUE(segment_alive(&reader));
    ((struct segment_header *)writer.memory)->reserved[2] = 77;
    CU_ASSERT_EQUAL(((struct segment_header *)reader.memory)->reserved[2], 0); /* a copy */
    CU_ASSERT_EQUAL(segment_refresh(&reader), STATUS_OK);
    CU_ASSERT_EQUAL(((struct segment_header *)reader.memory)->reserved[2], 77);
    segment_close(&writer);
    CU_ASSERT_FALSE(segment_alive(&reader));
    CU_ASSERT_EQUAL(segment_refresh(&reader), STATUS_OK); /* the old file is there as long as we want it */
    CU_ASSERT_EQUAL(((struct segment_header *)reader.memory)->reserved[2], 77);
    segment_close(&reader);
    CU_ASSERT_EQUAL(segment_attach(&reader, &kind, name, SEGMENT_TRUST_NONE), STATUS_NOT_FOUND);
}

static void a_reader_leaves_the_name_alone(void)
{
    char name[TEST_NAME_MAX];
    struct segment writer;
    struct segment reader;
    CU_ASSERT_EQUAL_FATAL(segment_create(&writer, &kind, test_name(name, "leave"), no_group), STATUS_OK);
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(segment_attach(&reader, &kind, name, SEGMENT_TRUST_NONE), STATUS_OK);
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
        CU_ASSERT_EQUAL(segment_attach(&reader, &kind, name, SEGMENT_TRUST_NONE), rows[i].status);
        CU_ASSERT_EQUAL(reader.fd >= 0, rows[i].status == STATUS_OK);
        CU_ASSERT_FALSE(segment_alive(&reader));
        segment_close(&reader);
    }
    CU_ASSERT_EQUAL(unlink(path_of(name)), 0);
}

/* The file changes under its reader. */
static void refresh_watches_the_file(void)
{
    char name[TEST_NAME_MAX];
    struct segment reader;
    plant(test_name(name, "verify"), &good_header, 12345);
    CU_ASSERT_EQUAL_FATAL(segment_attach(&reader, &kind, name, SEGMENT_TRUST_NONE), STATUS_OK);
    CU_ASSERT_EQUAL(segment_refresh(&reader), STATUS_OK);
    CU_ASSERT_EQUAL(truncate(path_of(name), 63), 0);
    CU_ASSERT_EQUAL(segment_refresh(&reader), STATUS_TRUNCATED);
    CU_ASSERT_EQUAL(truncate(path_of(name), 0), 0);
    CU_ASSERT_EQUAL(segment_refresh(&reader), STATUS_TRUNCATED);
    CU_ASSERT_EQUAL(truncate(path_of(name), 12345), 0);
    CU_ASSERT_EQUAL(segment_refresh(&reader), STATUS_NOT_READY); /* it is zeros now */
    struct segment_header header = good_header;
    header.magic = 1;
    plant(name, &header, 12345);
    CU_ASSERT_EQUAL(segment_refresh(&reader), STATUS_BAD_MAGIC);
    header = good_header;
    header.abi = 1;
    plant(name, &header, 12345);
    CU_ASSERT_EQUAL(segment_refresh(&reader), STATUS_BAD_ABI);
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
    CU_ASSERT_NOT_EQUAL(segment_attach(&segment, &kind, name, SEGMENT_TRUST_NONE), STATUS_OK);
    CU_ASSERT_EQUAL(segment_holder(&kind, name), 0);
    CU_ASSERT_EQUAL(segment_create(&segment, &kind, name, no_group), STATUS_OK); /* replaces it */
    segment_close(&segment);
    alarm(0);
    CU_ASSERT_EQUAL(symlink("/dev/zero", path_of(name)), 0);
    CU_ASSERT_NOT_EQUAL(segment_attach(&segment, &kind, name, SEGMENT_TRUST_NONE), STATUS_OK);
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
    CU_ASSERT_EQUAL(segment_attach(&reader, &control_kind, name, SEGMENT_TRUST_NONE), STATUS_NOT_FOUND);
    CU_ASSERT_EQUAL(segment_attach(&reader, &disguised, name, SEGMENT_TRUST_NONE), STATUS_BAD_MAGIC);
    segment_close(&writer);
}

/* What a reader has after each refresh is what the writer wrote before it: single words, a snapshot, and a
 * ring that runs ahead by less or more than it holds. */
static void a_copy_follows_its_writer(void)
{
    static const uint64_t steps[] = {1, 1, 3, 100, 0, RING_SLOTS - 1, 5, RING_SLOTS, 17, 3 * RING_SLOTS + 9,
                                     2};
    char name[TEST_NAME_MAX];
    struct segment writer;
    struct segment reader;
    struct latency_snapshot out;
    CU_ASSERT_EQUAL_FATAL(segment_create(&writer, &telemetry_kind, test_name(name, "copy"), no_group),
                          STATUS_OK);
    CU_ASSERT_EQUAL_FATAL(segment_attach(&reader, &telemetry_kind, name, SEGMENT_TRUST_NONE), STATUS_OK);
    struct telemetry *telemetry = writer.memory;
    const struct telemetry *copy = reader.memory;
    uint64_t written = 0;
    uint64_t next = 0;
    uint64_t lost = 0;
    uint64_t got = 0;
    CU_ASSERT_EQUAL(telemetry_read_latency(copy, &out), STATUS_EMPTY);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        for (uint64_t n = 0; n < steps[i]; n++, written++) {
            const uint64_t message[RING_WORDS] = {written, ~written};
            ring_push(&telemetry->events, message);
        }
        const struct latency_snapshot in = {.hardware_ms = (double)i, .buffer_ms = 1};
        telemetry_write_latency(telemetry, &in);
        atomic_store(&telemetry->heartbeat_us, i);
        CU_ASSERT_EQUAL(segment_refresh(&reader), STATUS_OK);
        CU_ASSERT_EQUAL(copy->heartbeat_us, i);
        CU_ASSERT_EQUAL(telemetry_read_latency(copy, &out), STATUS_OK);
        CU_ASSERT_EQUAL(memcmp(&in, &out, sizeof in), 0);
        uint64_t message[RING_WORDS];
        enum status status;
        while ((status = ring_read(&copy->events, &next, message, &lost)) != STATUS_EMPTY) {
            CU_ASSERT(status == STATUS_OK || status == STATUS_OVERRUN);
            if (status == STATUS_OK) {
                CU_ASSERT(message[0] == next - 1 && message[1] == ~message[0]);
                got++;
            }
        }
        CU_ASSERT_EQUAL(next, written);
    }
    CU_ASSERT_EQUAL(got + lost, written);
    CU_ASSERT_EQUAL(lost, 1 + 2 * RING_SLOTS + 10);    /* all but the newest RING_SLOTS - 1, twice */
    atomic_fetch_add(&telemetry->latency_sequence, 1); /* its writer is killed half-way */
    CU_ASSERT_EQUAL(segment_refresh(&reader), STATUS_OK);
    CU_ASSERT_EQUAL(telemetry_read_latency(copy, &out), STATUS_TORN);
    CU_ASSERT_EQUAL(copy->heartbeat_us, sizeof steps / sizeof steps[0] - 1);
    segment_close(&reader);
    segment_close(&writer);
}

/* Removed, replaced, cut short: a writer sees it, and makes it anew. */
static void a_writer_makes_its_file_anew(void)
{
    char name[TEST_NAME_MAX];
    struct segment writer;
    struct segment reader;
    struct segment old;
    CU_ASSERT_EQUAL_FATAL(segment_create(&writer, &telemetry_kind, test_name(name, "anew"), no_group),
                          STATUS_OK);
    for (uint64_t round = 0; round < 4; round++) {
        CU_ASSERT_EQUAL_FATAL(segment_attach(&reader, &telemetry_kind, name, SEGMENT_TRUST_NONE), STATUS_OK);
        CU_ASSERT_TRUE(segment_is_whole(&writer));
        switch (round) {
        case 0: CU_ASSERT_EQUAL(unlink(writer.path), 0); break;
        case 1: CU_ASSERT_EQUAL(truncate(writer.path, 0), 0); break;
        case 2: CU_ASSERT_EQUAL(truncate(writer.path, (off_t)telemetry_kind.size - 1), 0); break;
        default: /* cut and filled again, as by cp */
            CU_ASSERT_EQUAL(truncate(writer.path, 0), 0);
            CU_ASSERT_EQUAL(truncate(writer.path, (off_t)telemetry_kind.size), 0);
        }
        CU_ASSERT_FALSE(segment_is_whole(&writer));
        CU_ASSERT_EQUAL_FATAL(segment_renew(&writer, &old), STATUS_OK);
        CU_ASSERT_TRUE(segment_alive(&reader)); /* the old lock is held until the old memory is left */
        segment_leave(&old);
        CU_ASSERT_FALSE(segment_alive(&reader));
        CU_ASSERT_TRUE(segment_is_whole(&writer));
        const struct segment_header *header = writer.memory;
        CU_ASSERT_EQUAL(header->generation, round + 2);
        segment_close(&reader);
    }
    segment_close(&writer);
}

/* Every page of it is written to while the file is shorter, by a thread that cannot know. */
static void a_file_cut_short_does_not_kill_its_writer(void)
{
    char name[TEST_NAME_MAX];
    struct segment writer;
    CU_ASSERT_EQUAL_FATAL(segment_create(&writer, &telemetry_kind, test_name(name, "cut"), no_group),
                          STATUS_OK);
    struct telemetry *telemetry = writer.memory;
    CU_ASSERT_FALSE(mapping_is_cut(writer.memory));
    CU_ASSERT_EQUAL(truncate(writer.path, 0), 0);
    const uint64_t message[RING_WORDS] = {1};
    for (int i = 0; i < 2 * RING_SLOTS; i++) {
        ring_push(&telemetry->events, message);
    }
    atomic_store(&telemetry->heartbeat_us, 1);
    CU_ASSERT_TRUE(mapping_is_cut(writer.memory));
    CU_ASSERT_EQUAL(truncate(writer.path, (off_t)telemetry_kind.size), 0);
    CU_ASSERT_FALSE(segment_is_whole(&writer)); /* whatever becomes of the file */
    segment_close(&writer);
}

/* A fault that is none of ours ends the program as ever. */
static int fault_elsewhere(void *arg)
{
    struct segment writer;
    (void)arg;
    if (segment_create(&writer, &kind, "test-fault", no_group)) {
        return 99;
    }
    segment_close(&writer);
    const int fd = memfd_create("short", 0);
    volatile char *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    prctl(PR_SET_DUMPABLE, 0); /* no core */
    memory[0] = 1;
    return 98;
}

static void other_faults_kill_as_ever(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    (void)fault_elsewhere;
    puts("SKIPPED: the sanitizer takes the signal");
#else
    CU_ASSERT_EQUAL(reap(spawn(fault_elsewhere, NULL)), 1000 + SIGBUS);
#endif
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
        {"refresh watches the file", refresh_watches_the_file},
        {"leavings are replaced", leavings_are_replaced},
        {"kinds do not mix", kinds_do_not_mix},
        {"a copy follows its writer", a_copy_follows_its_writer},
        {"a writer makes its file anew", a_writer_makes_its_file_anew},
        {"a file cut short does not kill its writer", a_file_cut_short_does_not_kill_its_writer},
        {"other faults kill as ever", other_faults_kill_as_ever},
        {"leavings are swept, and live ones are not", leavings_are_swept_and_live_ones_are_not},
        CU_TEST_INFO_NULL,
    };
    return unit_run_supervised("segment", tests);
}
