/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sequence lock: single steps, then stress over the real telemetry, with controls that must tear. */
#include "shared/seqlock.h"
#include "shared/telemetry.h"
#include "tests/unit/shared/process.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

enum {
    WORDS = 4,
    TARGET = 50000 / STRESS_DIVISOR, /* different snapshots to be read */
    MINIMUM = 200,                   /* and the fewest that prove anything */
    BUDGET_SECONDS = 3,
    TEARS_WANTED = 50
};

static void nothing_written_is_empty(void)
{
    _Atomic uint64_t sequence = 0;
    _Atomic uint64_t payload[WORDS] = {0};
    uint64_t out[WORDS] = {7, 7, 7, 7};
    CU_ASSERT_EQUAL(seqlock_read(&sequence, payload, out, WORDS), STATUS_EMPTY);
    CU_ASSERT_EQUAL(out[0], 7);
}

static void an_odd_sequence_is_torn_and_repaired(void)
{
    static const uint64_t in[WORDS] = {1, 2, 3, UINT64_MAX};
    _Atomic uint64_t sequence = 5; /* what a writer killed half-way leaves */
    _Atomic uint64_t payload[WORDS] = {0};
    uint64_t out[WORDS];
    CU_ASSERT_EQUAL(seqlock_read(&sequence, payload, out, WORDS), STATUS_TORN);
    seqlock_write(&sequence, payload, in, WORDS);
    CU_ASSERT_EQUAL(sequence, 6);
    CU_ASSERT_EQUAL(seqlock_read(&sequence, payload, out, WORDS), STATUS_OK);
    CU_ASSERT_EQUAL(memcmp(in, out, sizeof in), 0);
}

static void sequence_counts_by_two(void)
{
    _Atomic uint64_t sequence = 0;
    _Atomic uint64_t payload[WORDS] = {0};
    uint64_t out[WORDS];
    for (uint64_t n = 1; n <= 1000; n++) {
        const uint64_t in[WORDS] = {n, ~n, n * n, n << 32};
        seqlock_write(&sequence, payload, in, WORDS);
        CU_ASSERT_EQUAL(sequence, 2 * n);
        CU_ASSERT_EQUAL(seqlock_read(&sequence, payload, out, WORDS), STATUS_OK);
        CU_ASSERT_EQUAL(memcmp(in, out, sizeof in), 0);
    }
}

/* Snapshot n: every word of it follows from n, and every value is in its range. */
static void fill(struct metrics_snapshot *m, uint64_t n)
{
    memset(m, 0, sizeof *m);
    m->frame = n;
    m->timestamp = (double)n;
    m->centre_us = 3 * n;
    m->published_us = ~n;
    m->ici = m->phase_coherence = m->phi_depth = (float)(n % 1000) / 1000;
    m->criticality = m->spectral_centroid = (float)(n % 4096);
    m->phi_phase = (float)(n % 6);
    m->phi_breathing_active = n & 1;
    m->active_channels = (uint32_t)(n % (CHANNELS_MAX + 1));
    m->channel_count = CHANNELS_MAX;
    m->state = (uint32_t)(n % STATE_OFFLINE);
    for (uint32_t i = 0; i < CHANNELS_MAX; i++) {
        m->channel[i].frequency = (float)(n % 8192 + i);
        m->channel[i].amplitude = (float)((n + i) % 8192);
        m->channel[i].phase = (float)((n + i) % 4);
        m->channel[i].active = (n >> 1) & 1;
    }
    if (n % 8 != 0) {
        return;
    }
    m->band_count = BANDS_MAX;
    m->parts = PARTS_ALL | PART_CHANNEL_BANDS;
    m->requested.onset_strength = (float)(n % 100) / 100;
    for (uint32_t i = 0; i < CHANNELS_MAX; i++) {
        m->requested.level[i] = (struct level_metrics){(float)(n % 1000), (float)(n % 777 + i), n + i};
        m->requested.channel_band[i][i % BANDS_MAX] = (float)(n % 8000 + i);
    }
}

/* In the part of a snapshot that is always written. */
enum { MIDDLE = offsetof(struct metrics_snapshot, requested) / sizeof(uint64_t) / 2 };

static bool consistent(const struct metrics_snapshot *m)
{
    struct metrics_snapshot wanted;
    fill(&wanted, m->frame);
    return memcmp(m, &wanted, sizeof wanted) == 0;
}

/* A writer and a reader under test, and what shall happen. */
struct pair {
    void (*write)(struct telemetry *, const struct metrics_snapshot *);
    enum status (*read)(const struct telemetry *, struct metrics_snapshot *);
    bool tears;
};

struct tally {
    _Atomic uint64_t different; /* snapshots that differ from the one before */
    _Atomic uint64_t backwards; /* of them, older than the one before */
    _Atomic uint64_t torn;      /* not self-consistent, or refused as corrupt */
    _Atomic uint64_t strange;   /* statuses that must not come */
    _Atomic bool done;
};

struct stress {
    const struct pair *pair;
    struct telemetry *telemetry; /* NULL: the reader attaches by name */
    struct tally *tally;
    char name[TEST_NAME_MAX];
};

static void judge(struct tally *tally, const struct metrics_snapshot *m, uint64_t *last)
{
    if (!consistent(m)) {
        tally->torn++;
        return;
    }
    if (m->frame == *last) {
        return;
    }
    tally->different++;
    tally->backwards += m->frame < *last;
    *last = m->frame;
}

/* Enough is TARGET different snapshots, or fewer on a machine that is too busy for so many. */
static bool enough(const struct stress *stress, double seconds)
{
    if (stress->pair->tears) {
        return stress->tally->torn >= TEARS_WANTED;
    }
    return stress->tally->different >= (seconds < BUDGET_SECONDS ? TARGET : MINIMUM);
}

/* segment: what telemetry is a copy of; NULL: it is the thing itself. */
static void read_until_enough(const struct stress *stress, const struct telemetry *telemetry,
                              struct segment *segment)
{
    struct tally *tally = stress->tally;
    const double start = now_seconds();
    struct patience patience = {0};
    struct metrics_snapshot m;
    uint64_t last = 0;
    double seconds = 0;
    while (!enough(stress, seconds) && seconds < LIMIT_SECONDS) {
        enum status status = segment ? segment_refresh(segment) : STATUS_OK;
        if (status == STATUS_OK) {
            status = stress->pair->read(telemetry, &m);
        }
        switch (status) {
        case STATUS_OK: judge(tally, &m, &last); break;
        case STATUS_EMPTY:
        case STATUS_TORN: break;
        case STATUS_CORRUPT: tally->torn++; break;
        default: tally->strange++; break;
        }
        wait_a_bit(&patience, tally->different);
        seconds = now_seconds() - start;
    }
}

static int reader_process(void *arg)
{
    const struct stress *stress = arg;
    const double limit = now_seconds() + LIMIT_SECONDS;
    struct segment segment;
    enum status status;
    do { /* this writer never rests, so its snapshots may change too fast for a first copy */
        status = segment_attach(&segment, &telemetry_kind, stress->name, SEGMENT_TRUST_NONE);
    } while (status == STATUS_TORN && now_seconds() < limit);
    if (status) {
        stress->tally->strange++;
    } else {
        read_until_enough(stress, segment.memory, &segment);
        segment_close(&segment);
    }
    stress->tally->done = true;
    return 0;
}

static void *reader_thread(void *arg)
{
    const struct stress *stress = arg;
    read_until_enough(stress, stress->telemetry, NULL);
    stress->tally->done = true;
    return NULL;
}

/* Publishes until the reader has had enough; returns the number of snapshots. */
static uint64_t write_until_done(const struct stress *stress, struct telemetry *telemetry)
{
    const double limit = now_seconds() + LIMIT_SECONDS;
    struct patience patience = {0};
    struct metrics_snapshot m;
    uint64_t n = 0;
    while (!stress->tally->done && now_seconds() < limit) {
        fill(&m, ++n);
        stress->pair->write(telemetry, &m);
        if (n % 16 == 0) {
            wait_a_bit(&patience, stress->tally->different);
        }
    }
    return n;
}

static void check_tally(const struct pair *pair, const struct tally *tally, uint64_t written)
{
    CU_ASSERT(tally->done);
    CU_ASSERT_EQUAL(tally->strange, 0);
    if (pair->tears) {
        CU_ASSERT(tally->torn >= TEARS_WANTED);
        return;
    }
    CU_ASSERT_EQUAL(tally->torn, 0);
    CU_ASSERT_EQUAL(tally->backwards, 0);
    CU_ASSERT(tally->different >= MINIMUM);
    CU_ASSERT(written >= tally->different);
    printf("[%ju written, %ju different read] ", (uintmax_t)written, (uintmax_t)tally->different);
}

static void stress_processes(const struct pair *pair)
{
    struct segment segment;
    struct stress stress = {.pair = pair, .tally = shared_memory(sizeof *stress.tally)};
    test_name(stress.name, "seqlock");
    CU_ASSERT_EQUAL_FATAL(segment_create(&segment, &telemetry_kind, stress.name, (gid_t)-1), STATUS_OK);
    const pid_t reader = spawn(reader_process, &stress);
    const uint64_t written = write_until_done(&stress, segment.memory);
    CU_ASSERT_EQUAL(reap(reader), 0);
    check_tally(pair, stress.tally, written);
    segment_close(&segment);
    munmap(stress.tally, sizeof *stress.tally);
}

/* One mapping for both, so that the thread sanitizer sees every access. */
static void stress_threads(const struct pair *pair)
{
    struct tally tally = {0};
    struct stress stress = {.pair = pair, .tally = &tally, .telemetry = calloc(1, sizeof *stress.telemetry)};
    pthread_t reader;
    CU_ASSERT_PTR_NOT_NULL_FATAL(stress.telemetry);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&reader, NULL, reader_thread, &stress), 0);
    const uint64_t written = write_until_done(&stress, stress.telemetry);
    pthread_join(reader, NULL);
    check_tally(pair, &tally, written);
    free(stress.telemetry);
}

static const struct pair real = {telemetry_write_metrics, telemetry_read_metrics, false};

static void two_processes_never_tear(void)
{
    stress_processes(&real);
}

static void two_threads_never_tear(void)
{
    stress_threads(&real);
}

/* Broken on purpose: never makes the sequence odd, and spends most of its time in the middle, however fast
 * others copy. It goes on, though: who has a copy of that number takes no other. */
static void broken_write(struct telemetry *telemetry, const struct metrics_snapshot *m)
{
    uint64_t words[TELEMETRY_WORDS(struct metrics_snapshot)];
    memcpy(words, m, sizeof words);
    for (size_t i = 0; i < TELEMETRY_WORDS(struct metrics_snapshot); i++) {
        atomic_store_explicit(&telemetry->metrics[i], words[i], memory_order_relaxed);
        if (i == MIDDLE) {
            usleep(100);
        }
    }
    atomic_fetch_add_explicit(&telemetry->metrics_sequence, 2, memory_order_release);
}

/* Broken on purpose: never looks at the sequence again, and copies so slowly that the writer moves on. */
static enum status broken_read(const struct telemetry *telemetry, struct metrics_snapshot *m)
{
    uint64_t words[TELEMETRY_WORDS(struct metrics_snapshot)];
    const double limit = now_seconds() + LIMIT_SECONDS;
    const uint64_t before = atomic_load_explicit(&telemetry->metrics_sequence, memory_order_acquire);
    if (before == 0) {
        return STATUS_EMPTY;
    }
    for (size_t i = 0; i < TELEMETRY_WORDS(struct metrics_snapshot); i++) {
        words[i] = atomic_load_explicit(&telemetry->metrics[i], memory_order_relaxed);
        while (i == MIDDLE && now_seconds() < limit &&
               atomic_load_explicit(&telemetry->metrics_sequence, memory_order_relaxed) < before + 3) {
            sched_yield();
        }
    }
    memcpy(m, words, sizeof *m);
    return STATUS_OK;
}

static const struct pair careless_writer = {broken_write, telemetry_read_metrics, true};
static const struct pair careless_reader = {telemetry_write_metrics, broken_read, true};

static void a_broken_writer_is_caught(void)
{
    stress_processes(&careless_writer);
    stress_threads(&careless_writer);
}

/* In one memory alone: a process reads a copy, which does not change while it is read. */
static void a_broken_reader_is_caught(void)
{
    stress_threads(&careless_reader);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"nothing written is empty", nothing_written_is_empty},
        {"an odd sequence is torn, and repaired", an_odd_sequence_is_torn_and_repaired},
        {"the sequence counts by two", sequence_counts_by_two},
        {"two processes never tear", two_processes_never_tear},
        {"two threads never tear", two_threads_never_tear},
        {"control: a broken writer is caught", a_broken_writer_is_caught},
        {"control: a broken reader is caught", a_broken_reader_is_caught},
        CU_TEST_INFO_NULL,
    };
    return unit_run_supervised("seqlock", tests);
}
