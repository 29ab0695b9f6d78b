/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Segments between processes: one writer at a time, killed writers, crowds at the start, other users. More
 * than 400 lines because all cases share one stage of processes. */
#include "shared/segment.h"
#include "shared/telemetry.h"
#include "tests/unit/shared/process.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

enum { CROWD = 20, ROUNDS = 3, NOBODY = 65534 };

static const struct segment_kind kind = {.magic = 0x5445535400000002U, .abi = 1, .size = 8192, .suffix = "p"};
static const gid_t no_group = (gid_t)-1;

struct stage {
    char name[TEST_NAME_MAX];
    _Atomic bool ready;   /* the child is where the parent wants it */
    _Atomic bool go;      /* the crowd may start */
    _Atomic int owners;   /* writers alive now */
    _Atomic int wins;     /* writers so far */
    _Atomic int overlaps; /* two writers at once */
    _Atomic int strange;  /* statuses that must not come */
    _Atomic int attached; /* successful attaches of the onlooker */
    _Atomic int attempts; /* BUSY answers */
    gid_t group;
};

static struct stage *stage_new(const char *tag)
{
    struct stage *stage = shared_memory(sizeof *stage);
    test_name(stage->name, tag);
    return stage;
}

static const char *path_of(const struct stage *stage)
{
    static char path[128];
    snprintf(path, sizeof path, "/dev/shm/phicast.%s.%s", stage->name, kind.suffix);
    return path;
}

static bool wait_for(_Atomic bool *flag)
{
    const double limit = now_seconds() + LIMIT_SECONDS;
    while (!*flag && now_seconds() < limit) {
        sched_yield();
    }
    return *flag;
}

/* Children's bodies: exit codes are statuses. */

static int try_create(void *arg)
{
    const struct stage *stage = arg;
    struct segment segment;
    const enum status status = segment_create(&segment, &kind, stage->name, no_group);
    const bool foreign = segment_holder(&kind, stage->name) == getppid();
    segment_close(&segment);
    return foreign ? (int)status : 99;
}

static int write_for_ever(void *arg)
{
    struct stage *stage = arg;
    struct segment segment;
    if (segment_create(&segment, &kind, stage->name, no_group)) {
        return 99;
    }
    ((struct segment_header *)segment.memory)->reserved[2] = 42;
    stage->ready = true;
    for (;;) {
        pause();
    }
}

static void a_second_writer_is_refused(void)
{
    struct stage *stage = stage_new("busy");
    struct segment writer;
    CU_ASSERT_EQUAL_FATAL(segment_create(&writer, &kind, stage->name, no_group), STATUS_OK);
    CU_ASSERT_EQUAL(reap(spawn(try_create, stage)), STATUS_BUSY);
    CU_ASSERT_TRUE(segment_is_whole(&writer));
    CU_ASSERT_EQUAL(access(path_of(stage), F_OK), 0); /* the refused one did not remove it */
    segment_close(&writer);
    munmap(stage, sizeof *stage);
}

static void check_replacement(const struct stage *stage, struct segment *old, uint64_t generation)
{
    struct segment writer;
    struct segment reader;
    struct stat before;
    struct stat after;
    CU_ASSERT_EQUAL_FATAL(segment_create(&writer, &kind, stage->name, no_group), STATUS_OK);
    CU_ASSERT_EQUAL(((struct segment_header *)writer.memory)->generation, generation);
    CU_ASSERT_EQUAL(fstat(old->fd, &before), 0);
    CU_ASSERT_EQUAL(fstat(writer.fd, &after), 0);
    CU_ASSERT_NOT_EQUAL(before.st_ino, after.st_ino);
    ((struct segment_header *)writer.memory)->reserved[2] = 43;
    CU_ASSERT_FALSE(segment_alive(old));
    CU_ASSERT_EQUAL(segment_refresh(old), STATUS_OK);
    CU_ASSERT_EQUAL(((struct segment_header *)old->memory)->reserved[2], 42); /* still the old file */
    CU_ASSERT_EQUAL_FATAL(segment_attach(&reader, &kind, stage->name, SEGMENT_TRUST_NONE), STATUS_OK);
    CU_ASSERT_TRUE(segment_alive(&reader));
    CU_ASSERT_EQUAL(((struct segment_header *)reader.memory)->reserved[2], 43);
    segment_close(&reader);
    segment_close(&writer);
}

static void a_killed_writer_is_replaced(void)
{
    struct stage *stage = stage_new("kill");
    struct segment old = SEGMENT_NONE;
    for (uint64_t generation = 1; generation <= 3; generation++) {
        stage->ready = false;
        const pid_t writer = spawn(write_for_ever, stage);
        CU_ASSERT_TRUE_FATAL(wait_for(&stage->ready));
        segment_close(&old);
        CU_ASSERT_EQUAL_FATAL(segment_attach(&old, &kind, stage->name, SEGMENT_TRUST_NONE), STATUS_OK);
        CU_ASSERT_TRUE(segment_alive(&old));
        CU_ASSERT_EQUAL(segment_holder(&kind, stage->name), writer);
        CU_ASSERT_EQUAL(((struct segment_header *)old.memory)->generation, generation);
        kill(writer, SIGKILL);
        CU_ASSERT_EQUAL(reap(writer), 1000 + SIGKILL);
        CU_ASSERT_FALSE(segment_alive(&old));
        CU_ASSERT_EQUAL(segment_holder(&kind, stage->name), 0); /* whatever the header says */
        CU_ASSERT_EQUAL(segment_refresh(&old), STATUS_OK);
        CU_ASSERT_EQUAL(((struct segment_header *)old.memory)->reserved[2], 42);
    }
    check_replacement(stage, &old, 4);
    segment_close(&old);
    munmap(stage, sizeof *stage);
}

/* One of the crowd: tries until it has been the writer once; every other one then dies without closing. */
static int contend(void *arg)
{
    struct stage *stage = arg;
    const double limit = now_seconds() + LIMIT_SECONDS;
    struct segment segment;
    if (!wait_for(&stage->go)) {
        return 99;
    }
    while (now_seconds() < limit) {
        const enum status status = segment_create(&segment, &kind, stage->name, no_group);
        if (status == STATUS_BUSY) {
            stage->attempts++;
            sched_yield();
            continue;
        }
        if (status) {
            stage->strange++;
            return 99;
        }
        stage->overlaps += stage->owners++ != 0;
        /* A life long enough to be met by others, and the first one's in any case. */
        for (int i = 0; i < 10 || ((stage->attempts == 0 || stage->attached == 0) && now_seconds() < limit);
             i++) {
            sched_yield();
            stage->strange += !segment_is_whole(&segment);
        }
        stage->owners--;
        if (stage->wins++ % 2) {
            kill(getpid(), SIGKILL);
        }
        segment_close(&segment);
        return 0;
    }
    return 99;
}

/* Looks on all the while: whatever can be attached is whole, and nothing looks like damage. */
static int look_on(void *arg)
{
    struct stage *stage = arg;
    const double limit = now_seconds() + LIMIT_SECONDS;
    struct segment segment;
    while (stage->wins < CROWD && now_seconds() < limit) {
        const enum status status = segment_attach(&segment, &kind, stage->name, SEGMENT_TRUST_NONE);
        if (status == STATUS_OK) {
            const struct segment_header *header = segment.memory;
            stage->strange += header->size != kind.size || header->writer_pid == 0 || header->generation == 0;
            stage->attached++;
            segment_close(&segment);
        } else if (status != STATUS_NOT_FOUND && status != STATUS_NOT_READY) {
            stage->strange++;
        }
        sched_yield();
    }
    return 0;
}

static void a_crowd_has_one_writer_at_a_time(void)
{
    for (int round = 0; round < ROUNDS; round++) {
        struct stage *stage = stage_new("crowd");
        pid_t pids[CROWD];
        int clean = 0;
        int killed = 0;
        const pid_t onlooker = spawn(look_on, stage);
        for (int i = 0; i < CROWD; i++) {
            pids[i] = spawn(contend, stage);
        }
        stage->go = true;
        for (int i = 0; i < CROWD; i++) {
            const int code = reap(pids[i]);
            clean += code == 0;
            killed += code == 1000 + SIGKILL;
        }
        CU_ASSERT_EQUAL(reap(onlooker), 0);
        CU_ASSERT_EQUAL(clean, CROWD / 2);
        CU_ASSERT_EQUAL(killed, CROWD / 2);
        CU_ASSERT_EQUAL(stage->wins, CROWD);
        CU_ASSERT_EQUAL(stage->overlaps, 0);
        CU_ASSERT_EQUAL(stage->strange, 0);
        CU_ASSERT(stage->attempts > 0);
        CU_ASSERT(stage->attached > 0);
        printf("[%d refused, %d attached] ", stage->attempts, stage->attached);
        unlink(path_of(stage)); /* the last winner was killed */
        munmap(stage, sizeof *stage);
    }
}

static void a_group_may_read(void)
{
    struct stage *stage = stage_new("group");
    struct segment writer;
    struct stat file;
    CU_ASSERT_EQUAL_FATAL(segment_create(&writer, &kind, stage->name, getgid()), STATUS_OK);
    CU_ASSERT_EQUAL(stat(path_of(stage), &file), 0);
    CU_ASSERT_EQUAL(file.st_mode & 07777, 0640);
    CU_ASSERT_EQUAL(file.st_gid, getgid());
    segment_close(&writer);
    munmap(stage, sizeof *stage);
}

/* ---- another user: needs root, to become one ---- */

static bool become_nobody(void)
{
    return setgid(NOBODY) == 0 && setuid(NOBODY) == 0;
}

static int attach_as_nobody(void *arg)
{
    const struct stage *stage = arg;
    struct segment segment;
    return become_nobody() ? (int)segment_attach(&segment, &kind, stage->name, SEGMENT_TRUST_NONE) : 99;
}

static int create_as_nobody(void *arg)
{
    const struct stage *stage = arg;
    struct segment segment;
    if (!become_nobody()) {
        return 99;
    }
    const enum status status = segment_create(&segment, &kind, stage->name, stage->group);
    segment_close(&segment);
    return (int)status;
}

/* Plants an empty file that everybody may write under the name a writer is going to use. */
static int plant_as_nobody(void *arg)
{
    const struct stage *stage = arg;
    umask(0);
    const int fd = become_nobody() ? open(path_of(stage), O_RDWR | O_CREAT | O_EXCL, 0666) : -1;
    return fd >= 0 ? 0 : 99;
}

static void other_users(void)
{
    if (getuid() != 0) {
        puts("SKIPPED: needs root, to become another user");
        return;
    }
    struct stage *stage = stage_new("user");
    struct segment writer;
    struct stat file;
    stage->group = 0;
    CU_ASSERT_EQUAL(reap(spawn(create_as_nobody, stage)), STATUS_NO_ACCESS); /* not in that group */
    CU_ASSERT_EQUAL(access(path_of(stage), F_OK), -1);                       /* and nothing is left */
    stage->group = no_group;
    CU_ASSERT_EQUAL_FATAL(segment_create(&writer, &kind, stage->name, no_group), STATUS_OK);
    CU_ASSERT_EQUAL(reap(spawn(attach_as_nobody, stage)), STATUS_FOREIGN);
    CU_ASSERT_EQUAL(reap(spawn(create_as_nobody, stage)), STATUS_FOREIGN);
    segment_close(&writer);
    CU_ASSERT_EQUAL_FATAL(segment_create(&writer, &kind, stage->name, NOBODY), STATUS_OK);
    CU_ASSERT_EQUAL(reap(spawn(attach_as_nobody, stage)), STATUS_OK); /* it is root's */
    segment_close(&writer);

    CU_ASSERT_EQUAL(reap(spawn(plant_as_nobody, stage)), 0);
    CU_ASSERT_EQUAL_FATAL(segment_create(&writer, &kind, stage->name, no_group), STATUS_OK);
    CU_ASSERT_EQUAL(fstat(writer.fd, &file), 0);
    CU_ASSERT_EQUAL(file.st_uid, 0); /* a planted file is replaced and never adopted */
    CU_ASSERT_EQUAL(file.st_mode & 07777, 0600);
    segment_close(&writer);
    CU_ASSERT_EQUAL(access(path_of(stage), F_OK), -1);
    munmap(stage, sizeof *stage);
}

/* A dead file that may be written but, /dev/shm being sticky, not be removed: said, and not tried for ever.
 */
static void leavings_of_another_user(void)
{
    if (getuid() != 0) {
        puts("SKIPPED: needs root, to become another user");
        return;
    }
    struct stage *stage = stage_new("sticky");
    stage->group = no_group;
    const int fd = open(path_of(stage), O_RDWR | O_CREAT | O_EXCL, 0600);
    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_EQUAL(fchmod(fd, 0666), 0);
    CU_ASSERT_EQUAL(reap(spawn(create_as_nobody, stage)), STATUS_FOREIGN); /* empty */
    CU_ASSERT_EQUAL(ftruncate(fd, 100), 0);
    CU_ASSERT_EQUAL(reap(spawn(create_as_nobody, stage)), STATUS_FOREIGN);
    close(fd);
    CU_ASSERT_EQUAL(unlink(path_of(stage)), 0);
    munmap(stage, sizeof *stage);
}

/* A segment as good as any, but another user's; held until the parent has seen enough. */
static int offer_as_nobody(void *arg)
{
    struct stage *stage = arg;
    struct segment segment;
    if (!become_nobody() || segment_create(&segment, &kind, stage->name, stage->group)) {
        return 99;
    }
    stage->ready = true;
    const bool go = wait_for(&stage->go);
    segment_close(&segment);
    return go ? 0 : 99;
}

static void another_user_is_believed_only_if_named(void)
{
    if (getuid() != 0) {
        puts("SKIPPED: needs root, to become another user");
        return;
    }
    static const struct {
        struct segment_trust trust;
        enum status status;
    } rows[] = {
        {{(uid_t)-1, (gid_t)-1}, STATUS_FOREIGN}, {{NOBODY, (gid_t)-1}, STATUS_OK},
        {{(uid_t)-1, NOBODY}, STATUS_OK},         {{NOBODY - 1, NOBODY - 1}, STATUS_FOREIGN},
        {{NOBODY - 1, NOBODY}, STATUS_OK},
    };
    char owner[SEGMENT_OWNER_MAX];
    struct stage *stage = stage_new("named");
    stage->group = NOBODY;
    const pid_t other = spawn(offer_as_nobody, stage);
    CU_ASSERT_TRUE_FATAL(wait_for(&stage->ready));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct segment segment;
        CU_ASSERT_EQUAL(segment_attach(&segment, &kind, stage->name, rows[i].trust), rows[i].status);
        CU_ASSERT_EQUAL(segment.owner, NOBODY);
        CU_ASSERT_EQUAL(segment.memory != NULL, rows[i].status == STATUS_OK);
        CU_ASSERT_STRING_EQUAL(segment_owner_str(&segment, owner), "user nobody");
        segment_close(&segment);
    }
    struct segment mine;
    CU_ASSERT_EQUAL(segment_create(&mine, &kind, stage->name, no_group), STATUS_BUSY);
    CU_ASSERT_EQUAL(mine.owner, NOBODY);
    CU_ASSERT_EQUAL(segment_holder(&kind, stage->name), other);
    stage->go = true;
    CU_ASSERT_EQUAL(reap(other), 0);
    munmap(stage, sizeof *stage);
}

/* Cuts its file to all lengths and back until told to end. */
static int shrink_for_ever(void *arg)
{
    struct stage *stage = arg;
    struct segment segment;
    if (segment_create(&segment, &telemetry_kind, stage->name, no_group)) {
        return 99;
    }
    const struct metrics_snapshot frame = {.channel_count = 1};
    const struct segment_header header = *(const struct segment_header *)segment.memory;
    for (off_t i = 0; !stage->go; i++) {
        const off_t size = (off_t)telemetry_kind.size;
        stage->strange += ftruncate(segment.fd, i * 1237 % size) != 0 || ftruncate(segment.fd, size) != 0;
        stage->strange += pwrite(segment.fd, &header, sizeof header, 0) != (ssize_t)sizeof header;
        telemetry_write_metrics(segment.memory, &frame);
        stage->attempts++;
        stage->ready = true;
    }
    segment_close(&segment);
    return 0;
}

/* Some tries find the file whole, some do not; none is the end of the reader. */
static void a_shrinking_file_does_not_kill_its_reader(void)
{
    enum { WANTED = 200 };
    struct stage *stage = stage_new("shrink");
    const pid_t writer = spawn(shrink_for_ever, stage);
    const double limit = now_seconds() + LIMIT_SECONDS;
    struct segment segment = SEGMENT_NONE;
    struct metrics_snapshot frame;
    int good = 0;
    int bad = 0;
    CU_ASSERT_TRUE_FATAL(wait_for(&stage->ready));
    while ((good < WANTED || bad < WANTED || stage->attempts < WANTED) && now_seconds() < limit) {
        enum status status = segment.memory
                                 ? segment_refresh(&segment)
                                 : segment_attach(&segment, &telemetry_kind, stage->name, SEGMENT_TRUST_NONE);
        if (status == STATUS_OK) {
            status = telemetry_read_metrics(segment.memory, &frame);
            stage->strange += status == STATUS_OK && frame.channel_count != 1;
            good++;
        } else {
            segment_close(&segment);
            bad++;
        }
        if (good % 16 == 0) {
            sched_yield();
        }
    }
    stage->go = true;
    CU_ASSERT_EQUAL(reap(writer), 0);
    CU_ASSERT(good >= WANTED && bad >= WANTED);
    CU_ASSERT_EQUAL(stage->strange, 0);
    printf("[%d good, %d bad] ", good, bad);
    segment_close(&segment);
    munmap(stage, sizeof *stage);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"a second writer is refused", a_second_writer_is_refused},
        {"a killed writer is replaced", a_killed_writer_is_replaced},
        {"a crowd has one writer at a time", a_crowd_has_one_writer_at_a_time},
        {"a group may read", a_group_may_read},
        {"other users", other_users},
        {"leavings of another user", leavings_of_another_user},
        {"another user is believed only if named", another_user_is_believed_only_if_named},
        {"a shrinking file does not kill its reader", a_shrinking_file_does_not_kill_its_reader},
        CU_TEST_INFO_NULL,
    };
    return unit_run_supervised("segment_processes", tests);
}
