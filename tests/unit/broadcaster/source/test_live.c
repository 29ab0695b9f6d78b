/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Against real segments; the writer is this process, or a child of it where it has to be killed. More than
 * 400 lines because all cases share one analyser. */
#include "broadcaster/source/live.h"
#include "shared/clock.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static char name[64];
static char path[96];
static struct live live;
static struct source *const source = &live.base;
static uint64_t now; /* the test's own clock, started at the real one */

static void start(void)
{
    now = clock_now_us();
    live_init(&live, name, SEGMENT_TRUST_NONE);
}

/* A quarter of a second later, when an absent segment is looked for again. */
static void poll_later(void)
{
    now += SOURCE_RETRY_US;
    source_poll(source, now);
}

static struct telemetry *create(struct segment *segment)
{
    CU_ASSERT_EQUAL_FATAL(segment_create(segment, &telemetry_kind, name, (gid_t)-1), STATUS_OK);
    return segment->memory;
}

static void write_frame(struct telemetry *telemetry, uint64_t frame, float ici)
{
    const struct metrics_snapshot snapshot = {.frame = frame,
                                              .timestamp = 1.5,
                                              .ici = ici,
                                              .phi_depth = 0.25F,
                                              .phi_phase = 3,
                                              .phi_breathing_active = 1,
                                              .active_channels = 1,
                                              .channel_count = 2};
    atomic_store(&telemetry->heartbeat_us, now);
    telemetry_write_metrics(telemetry, &snapshot);
}

static void expect(enum source_state state, const char *why)
{
    CU_ASSERT_EQUAL(source->state, state);
    if (!strstr(source->why, why)) {
        fprintf(stderr, "\"%s\" lacks \"%s\"\n", source->why, why);
        CU_FAIL("the reason is another");
    }
}

static void expect_idle(uint64_t frame)
{
    struct metrics_snapshot shown;
    source_frame(source, 99.5, &shown);
    CU_ASSERT_EQUAL(shown.frame, frame);
    CU_ASSERT_EQUAL(shown.timestamp, 99.5);
    CU_ASSERT_EQUAL(shown.ici, 0);
    CU_ASSERT_EQUAL(shown.channel_count, 0);
    CU_ASSERT_EQUAL(shown.active_channels, 0);
    CU_ASSERT_EQUAL(shown.phi_breathing_active, 0);
    CU_ASSERT_EQUAL(source_latency(source).hardware_ms, 0);
}

static void bad_name(void)
{
    now = clock_now_us();
    live_init(&live, "no/such name", SEGMENT_TRUST_NONE);
    source_poll(source, now);
    expect(SOURCE_REFUSED, "out of range");
    source_close(source);
}

static void absent(void)
{
    struct event event;
    start();
    source_poll(source, now);
    expect(SOURCE_ABSENT, "no analyser");
    expect_idle(0);
    CU_ASSERT_EQUAL(source_event(source, &event), STATUS_EMPTY);
    source_close(source);
}

static void make_file(const void *bytes, size_t length)
{
    const int fd = shm_open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_EQUAL(write(fd, bytes, length), (ssize_t)length);
    close(fd);
}

static void truncated_file(void)
{
    const struct segment_header header = {
        .magic = telemetry_kind.magic, .abi = TELEMETRY_ABI, .size = sizeof(struct telemetry)};
    start();
    make_file("phi", 3);
    source_poll(source, now);
    expect(SOURCE_REFUSED, "truncated");
    shm_unlink(path);
    make_file(&header, sizeof header);
    poll_later();
    expect(SOURCE_REFUSED, "truncated");
    shm_unlink(path);
    poll_later();
    expect(SOURCE_ABSENT, "no analyser");
    source_close(source);
}

static void other_version_or_kind(void)
{
    struct segment segment;
    struct segment_kind kind = telemetry_kind;
    kind.abi++;
    start();
    CU_ASSERT_EQUAL_FATAL(segment_create(&segment, &kind, name, (gid_t)-1), STATUS_OK);
    source_poll(source, now);
    expect(SOURCE_REFUSED, "another version");
    segment_close(&segment);
    kind = telemetry_kind;
    kind.magic++;
    CU_ASSERT_EQUAL_FATAL(segment_create(&segment, &kind, name, (gid_t)-1), STATUS_OK);
    poll_later();
    expect(SOURCE_REFUSED, "not a phicast segment");
    segment_close(&segment);
    struct telemetry *telemetry = create(&segment); /* and a good one after that is taken */
    now += SOURCE_RETRY_US;
    write_frame(telemetry, 0, 0.5F);
    source_poll(source, now);
    expect(SOURCE_LIVE, "streaming");
    source_close(source);
    segment_close(&segment);
}

static void starting_up(void)
{
    struct segment segment;
    start();
    struct telemetry *telemetry = create(&segment);
    source_poll(source, now);
    expect(SOURCE_STALLED, "waiting for a JACK server");
    atomic_store(&telemetry->heartbeat_us, now);
    source_poll(source, now);
    expect(SOURCE_STALLED, "first frame");
    expect_idle(0);
    write_frame(telemetry, 0, 0.5F);
    source_poll(source, now);
    expect(SOURCE_LIVE, "streaming");
    struct metrics_snapshot shown;
    source_frame(source, 99.5, &shown);
    CU_ASSERT_EQUAL(shown.ici, 0.5F);
    CU_ASSERT_EQUAL(shown.channel_count, 2);
    source_close(source);
    segment_close(&segment);
}

static void stalled_heartbeat(void)
{
    struct segment segment;
    start();
    struct telemetry *telemetry = create(&segment);
    write_frame(telemetry, 7, 0.5F);
    source_poll(source, now);
    expect(SOURCE_LIVE, "streaming");
    now += SOURCE_STALL_US - 1;
    source_poll(source, now);
    expect(SOURCE_LIVE, "streaming");
    now += 1;
    source_poll(source, now);
    expect(SOURCE_STALLED, "lost its JACK server");
    expect_idle(7);
    write_frame(telemetry, 8, 0.5F);
    source_poll(source, now);
    expect(SOURCE_LIVE, "streaming");
    atomic_store(&telemetry->heartbeat_us, now + UINT64_C(2) * SOURCE_STALL_US);
    source_poll(source, now);
    expect(SOURCE_REFUSED, "future");
    source_close(source);
    segment_close(&segment);
}

static void corrupt_snapshots(void)
{
    struct segment segment;
    start();
    struct telemetry *telemetry = create(&segment);
    write_frame(telemetry, 10, 0.5F);
    source_poll(source, now);
    write_frame(telemetry, 11, 2.0F); /* ICI beyond 1 */
    source_poll(source, now);
    source_poll(source, now);
    CU_ASSERT_EQUAL(source->refused, 1); /* once each, however often it is looked at */
    CU_ASSERT_EQUAL(source->metrics.frame, 10);
    expect(SOURCE_LIVE, "streaming");
    write_frame(telemetry, 9, 0.5F); /* going back */
    source_poll(source, now);
    CU_ASSERT_EQUAL(source->refused, 2);
    CU_ASSERT_EQUAL(source->metrics.frame, 10);
    now += SOURCE_STALL_US;
    atomic_store(&telemetry->heartbeat_us, now);
    source_poll(source, now);
    expect(SOURCE_REFUSED, "corrupt");
    expect_idle(10);
    atomic_store(&telemetry->metrics_sequence, 99); /* a writer that stopped half-way */
    source_poll(source, now);
    expect(SOURCE_REFUSED, "changed while being read");
    CU_ASSERT_EQUAL(source->refused, 2); /* it might be about to finish */
    source_poll(source, now);
    source_poll(source, now);
    CU_ASSERT_EQUAL(source->refused, 3);
    write_frame(telemetry, 12, 0.5F);
    source_poll(source, now);
    expect(SOURCE_LIVE, "streaming");
    source_close(source);
    segment_close(&segment);
}

static void cut_short_while_mapped(void)
{
    struct segment segment;
    start();
    struct telemetry *telemetry = create(&segment);
    write_frame(telemetry, 3, 0.5F);
    source_poll(source, now);
    expect(SOURCE_LIVE, "streaming");
    CU_ASSERT_EQUAL(ftruncate(segment.fd, 100), 0);
    source_poll(source, now);
    expect(SOURCE_REFUSED, "truncated");
    expect_idle(3);
    poll_later();
    expect(SOURCE_REFUSED, "truncated");
    source_close(source);
    segment_close(&segment);
}

/* A child that writes one frame and then sleeps until it is killed. */
static pid_t fork_writer(uint64_t frame)
{
    int ready[2];
    char byte;
    CU_ASSERT_EQUAL_FATAL(pipe(ready), 0);
    const pid_t child = fork();
    if (child == 0) {
        struct segment segment;
        if (segment_create(&segment, &telemetry_kind, name, (gid_t)-1) == STATUS_OK) {
            write_frame(segment.memory, frame, 0.5F);
            byte = 1;
            if (write(ready[1], &byte, 1) == 1) {
                pause();
            }
        }
        _exit(1);
    }
    close(ready[1]);
    CU_ASSERT_EQUAL_FATAL(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return child;
}

static void write_name(struct telemetry *telemetry, const char *text)
{
    struct channel_names names = {0};
    strncpy(names.name[1], text, CHANNEL_NAME_MAX - 1);
    telemetry_write_names(telemetry, &names);
}

static void the_patchbay_goes_with_its_analyser(void)
{
    static struct patchbay patchbay;
    struct segment segment;
    struct telemetry *telemetry = create(&segment);
    start();
    write_frame(telemetry, 0, 0.5F);
    patchbay = (struct patchbay){.count = 1, .source = {{.id = 7, .feeds = 2, .name = "system:capture_1"}}};
    telemetry_write_patchbay(telemetry, &patchbay);
    source_poll(source, now);
    CU_ASSERT_EQUAL(source->patchbay.count, 1);
    CU_ASSERT_STRING_EQUAL(source->patchbay.source[0].name, "system:capture_1");
    patchbay.source[0].id = 0; /* what cannot be believed changes nothing */
    telemetry_write_patchbay(telemetry, &patchbay);
    poll_later();
    CU_ASSERT_EQUAL(source->patchbay.source[0].id, 7);
    segment_close(&segment);
    poll_later();
    poll_later();
    poll_later();
    poll_later();
    CU_ASSERT_EQUAL(source->patchbay.count, 0);
    source_close(source);
}

static void names_go_with_their_analyser(void)
{
    struct segment segment;
    struct telemetry *telemetry = create(&segment);
    start();
    write_frame(telemetry, 0, 0.5F);
    write_name(telemetry, "Kick");
    source_poll(source, now);
    CU_ASSERT_STRING_EQUAL(source->names.name[1], "Kick");
    write_name(telemetry, "\xff"); /* what cannot be believed changes nothing */
    poll_later();
    CU_ASSERT_STRING_EQUAL(source->names.name[1], "Kick");
    write_name(telemetry, "Snare");
    now += 2 * (uint64_t)SOURCE_STALL_US;
    source_poll(source, now);
    expect(SOURCE_STALLED, "no process callback");
    CU_ASSERT_STRING_EQUAL(source->names.name[1], "Snare");
    segment_close(&segment);
    poll_later();
    poll_later();
    CU_ASSERT_EQUAL(source->state, SOURCE_ABSENT);
    CU_ASSERT_STRING_EQUAL(source->names.name[1], "");
    telemetry = create(&segment); /* another one, with as many names written */
    write_frame(telemetry, 0, 0.5F);
    write_name(telemetry, "");
    write_name(telemetry, "");
    write_name(telemetry, "Hat");
    poll_later();
    CU_ASSERT_STRING_EQUAL(source->names.name[1], "Hat");
    source_close(source);
    segment_close(&segment);
}

static void killed_writer(void)
{
    start();
    for (uint64_t i = 0; i < 3; i++) {
        now += SOURCE_RETRY_US;
        const pid_t child = fork_writer(100 - i);
        source_poll(source, now);
        expect(SOURCE_LIVE, "streaming"); /* a new analyser may start from a smaller number */
        CU_ASSERT_EQUAL(source->metrics.frame, 100 - i);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        source_poll(source, now);
        expect(SOURCE_ABSENT, "ended");
        expect_idle(100 - i);
        poll_later();
        expect(SOURCE_ABSENT, "ended"); /* its leavings are not taken for an analyser */
    }
    CU_ASSERT_EQUAL(source->attached, 3);
    source_close(source);
    shm_unlink(path);
}

static void push_event(struct telemetry *telemetry, float confidence)
{
    const struct event event = {.kind = EVENT_STATE_CHANGE,
                                .timestamp = 1,
                                .state_change = {.to_state = STATE_AMBIENT, .confidence = confidence}};
    event_push(&telemetry->events, &event);
}

static void events_in_order(void)
{
    struct segment segment;
    struct event event;
    start();
    struct telemetry *telemetry = create(&segment); /* younger than the source: nothing of it is missed */
    push_event(telemetry, 0.25F);
    push_event(telemetry, 7.0F); /* refused */
    push_event(telemetry, 0.75F);
    write_frame(telemetry, 0, 0.5F);
    source_poll(source, now);
    CU_ASSERT_EQUAL(source_event(source, &event), STATUS_OK);
    CU_ASSERT_EQUAL(event.state_change.confidence, 0.25F);
    CU_ASSERT_EQUAL(source_event(source, &event), STATUS_OK);
    CU_ASSERT_EQUAL(event.state_change.confidence, 0.75F);
    CU_ASSERT_EQUAL(source->refused_events, 1);
    CU_ASSERT_EQUAL(source_event(source, &event), STATUS_EMPTY);
    for (int i = 0; i < 2 * RING_SLOTS; i++) {
        push_event(telemetry, 1);
    }
    source_poll(source, now);
    uint64_t got = 0;
    while (source_event(source, &event) == STATUS_OK) {
        got++;
    }
    CU_ASSERT_TRUE(got > 0);
    CU_ASSERT_EQUAL(got + source->lost_events, UINT64_C(2) * RING_SLOTS);
    source_close(source);
    segment_close(&segment);
}

static void events_before_our_time(void)
{
    struct segment segment;
    struct event event;
    struct telemetry *telemetry = create(&segment);
    push_event(telemetry, 0.25F);
    write_frame(telemetry, 0, 0.5F);
    usleep(1000);
    start();
    source_poll(source, now);
    CU_ASSERT_EQUAL(source_event(source, &event), STATUS_EMPTY);
    push_event(telemetry, 0.75F);
    source_poll(source, now);
    CU_ASSERT_EQUAL(source_event(source, &event), STATUS_OK);
    source_close(source);
    segment_close(&segment);
}

/* How many lines the log has got since `from`, and where it is now; the log is a file meanwhile. */
static int count_lines(int log, off_t *from)
{
    char text[4096];
    int lines = 0;
    ssize_t got;
    fflush(stderr);
    while ((got = pread(log, text, sizeof text, *from)) > 0) {
        for (ssize_t i = 0; i < got; i++) {
            lines += text[i] == '\n';
        }
        *from += got;
    }
    return lines;
}

/* Whatever a ring or a heartbeat does, the log gets a few lines. */
static void a_broken_writer_does_not_fill_the_log(void)
{
    enum { ROUNDS = 2000 };
    struct segment segment;
    struct event event;
    const int log = memfd_create("log", MFD_CLOEXEC);
    fflush(stderr);
    const int kept = dup(STDERR_FILENO);
    off_t from = 0;
    dup2(log, STDERR_FILENO);
    start();
    struct telemetry *telemetry = create(&segment);
    for (uint64_t i = 1; i <= ROUNDS; i++) {
        write_frame(telemetry, i, 0.5F);
        if (i % 2) { /* to and fro */
            atomic_store(&telemetry->heartbeat_us, now + UINT64_C(2) * SOURCE_STALL_US);
        }
        atomic_store(&telemetry->events.head, i % 3 ? i * 1000000 : 5); /* a ring that is everywhere */
        source_poll(source, now);
        while (source_event(source, &event) == STATUS_OK) {
        }
    }
    const int lines = count_lines(log, &from);
    dup2(kept, STDERR_FILENO);
    close(kept);
    close(log);
    printf("[%d lines] ", lines);
    CU_ASSERT(lines > 4 && lines < 100);
    CU_ASSERT(live.losses > ROUNDS / 2);
    CU_ASSERT_EQUAL(source->attached, 1);
    source_close(source);
    segment_close(&segment);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"bad name", bad_name},
        {"absent", absent},
        {"truncated file", truncated_file},
        {"other version or kind", other_version_or_kind},
        {"starting up", starting_up},
        {"stalled heartbeat", stalled_heartbeat},
        {"corrupt snapshots", corrupt_snapshots},
        {"cut short while mapped", cut_short_while_mapped},
        {"the patchbay goes with its analyser", the_patchbay_goes_with_its_analyser},
        {"names go with their analyser", names_go_with_their_analyser},
        {"killed writer", killed_writer},
        {"events in order", events_in_order},
        {"events before our time", events_before_our_time},
        {"a broken writer does not fill the log", a_broken_writer_does_not_fill_the_log},
        CU_TEST_INFO_NULL,
    };
    snprintf(name, sizeof name, "test-source-%d", (int)getpid());
    snprintf(path, sizeof path, "/phicast.%s.telemetry", name);
    return unit_run("source", tests);
}
