/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ring under stress, readers in processes and in threads; and a plain ring, which the same stress must
 * catch. */
#include "shared/ring.h"
#include "tests/unit/shared/process.h"
#include "tests/unit/shared/ring_messages.h"

#include <pthread.h>

enum {
    TOTAL = 1000000 / STRESS_DIVISOR,
    MEETING = 16 * RING_SLOTS, /* the writer goes no further before every reader has had a message */
    READERS = 3,
    PACE = 512,
    BUDGET_SECONDS = 3,
    FAST_MINIMUM = 8 * RING_SLOTS, /* what reader 0 must have received */
    FAULTS_WANTED = 20
};

struct tally {
    _Atomic uint64_t received;
    uint64_t lost;
    uint64_t wrong;   /* a message other than the one due, or not whole */
    uint64_t strange; /* statuses that must not come */
    _Atomic uint64_t position;
    _Atomic bool started;
    _Atomic bool done;
};

typedef enum status (*read_function)(const struct ring *, uint64_t *, uint64_t *, uint64_t *);

struct stress {
    struct ring *ring;
    read_function read;
    uint64_t wrong_wanted; /* 0 for the real ring; else a reader stops after so many */
    struct tally tally[READERS];
};

struct reader {
    struct stress *stress;
    unsigned index; /* 0 the fastest */
};

/* Reader 0 never pauses; the others wait at every so many messages until the writer is a lap ahead. */
static void dawdle(const struct reader *self, uint64_t next)
{
    static const uint64_t every[READERS] = {UINT64_MAX, 50000 / STRESS_DIVISOR, 5000};
    const double limit = now_seconds() + LIMIT_SECONDS;
    const struct ring *ring = self->stress->ring;
    if (next % every[self->index] == 0) {
        while (ring_head(ring) < TOTAL && ring_head(ring) < next + 2 * RING_SLOTS && now_seconds() < limit) {
            sched_yield();
        }
    }
}

static void read_all(const struct reader *self)
{
    struct stress *stress = self->stress;
    struct tally *tally = &stress->tally[self->index];
    const double limit = now_seconds() + LIMIT_SECONDS;
    uint64_t message[RING_WORDS];
    struct patience patience = {0};
    uint64_t next = 0;
    tally->started =
        stress->wrong_wanted > 0; /* the plain ring's reader waits for the writer, not the reverse */
    while ((stress->wrong_wanted || next < TOTAL) && now_seconds() < limit) {
        const uint64_t due = next;
        switch (stress->read(stress->ring, &next, message, &tally->lost)) {
        case STATUS_OK:
            tally->received++;
            tally->wrong += !is_message(message, next - 1);
            tally->started = true;
            dawdle(self, next);
            break;
        case STATUS_OVERRUN: /* nothing is lost but what the writer has come round to */
            tally->strange += ring_head(stress->ring) < due + RING_SLOTS;
            break;
        case STATUS_EMPTY: wait_a_bit(&patience, next); break;
        default: tally->strange++; break;
        }
        tally->position = next;
        if (stress->wrong_wanted && tally->wrong >= stress->wrong_wanted) {
            break;
        }
    }
    tally->started = true;
    tally->done = true;
}

static int reader_process(void *arg)
{
    read_all(arg);
    return 0;
}

static void *reader_thread(void *arg)
{
    read_all(arg);
    return NULL;
}

/* Whether every reader has started, or ended. */
static bool all(const struct stress *stress, bool ended)
{
    int count = 0;
    for (int i = 0; i < READERS; i++) {
        count += ended ? stress->tally[i].done : stress->tally[i].started;
    }
    return count == READERS;
}

/* In the first half the writer lets reader 0 keep up, within reason; in the second it outruns everybody. */
static void pace(const struct stress *stress, uint64_t n, double start)
{
    const struct tally *fast = &stress->tally[0];
    struct patience patience = {0};
    if (n % PACE != 0 || n >= TOTAL / 2 || stress->wrong_wanted) {
        return;
    }
    while (fast->position + PACE < n &&
           now_seconds() < start + (fast->received < FAST_MINIMUM ? LIMIT_SECONDS : BUDGET_SECONDS)) {
        wait_a_bit(&patience, fast->position);
    }
}

static void write_all(struct stress *stress)
{
    const double start = now_seconds();
    const double limit = now_seconds() + LIMIT_SECONDS;
    uint64_t message[RING_WORDS];
    for (uint64_t n = 0; n < TOTAL || (stress->wrong_wanted && !all(stress, true) && now_seconds() < limit);
         n++) {
        while (n >= MEETING && !all(stress, false) && now_seconds() < limit) {
            sched_yield();
        }
        pace(stress, n, start);
        fill(message, n);
        ring_push(stress->ring, message);
    }
}

static void check_tallies(const struct stress *stress)
{
    for (int i = 0; i < READERS; i++) {
        const struct tally *tally = &stress->tally[i];
        CU_ASSERT(tally->done);
        CU_ASSERT_EQUAL(tally->strange, 0);
        if (stress->wrong_wanted) {
            CU_ASSERT(tally->wrong >= stress->wrong_wanted);
            continue;
        }
        CU_ASSERT_EQUAL(tally->wrong, 0);
        CU_ASSERT_EQUAL(tally->received + tally->lost, TOTAL);
        CU_ASSERT(tally->received >= (i == 0 ? FAST_MINIMUM : RING_SLOTS - 1));
        CU_ASSERT(i == 0 || tally->lost > 0); /* the slow ones were overtaken */
        printf("[reader %d: %ju received, %ju lost] ", i, (uintmax_t)tally->received, (uintmax_t)tally->lost);
    }
}

static void stress_processes(read_function read, uint64_t wrong_wanted)
{
    struct stress *stress = shared_memory(sizeof *stress);
    struct reader readers[READERS];
    pid_t pids[READERS];
    *stress = (struct stress){shared_memory(sizeof(struct ring)), read, wrong_wanted, {{0}}};
    for (unsigned i = 0; i < READERS; i++) {
        readers[i] = (struct reader){stress, i};
        pids[i] = spawn(reader_process, &readers[i]);
    }
    write_all(stress);
    for (int i = 0; i < READERS; i++) {
        CU_ASSERT_EQUAL(reap(pids[i]), 0);
    }
    check_tallies(stress);
    munmap(stress->ring, sizeof(struct ring));
    munmap(stress, sizeof *stress);
}

static void stress_threads(read_function read, uint64_t wrong_wanted)
{
    struct stress stress = {calloc(1, sizeof(struct ring)), read, wrong_wanted, {{0}}};
    CU_ASSERT_PTR_NOT_NULL_FATAL(stress.ring);
    struct reader readers[READERS];
    pthread_t threads[READERS];
    for (unsigned i = 0; i < READERS; i++) {
        readers[i] = (struct reader){&stress, i};
        CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, reader_thread, &readers[i]), 0);
    }
    write_all(&stress);
    for (int i = 0; i < READERS; i++) {
        pthread_join(threads[i], NULL);
    }
    check_tallies(&stress);
    free(stress.ring);
}

static void readers_in_other_processes(void)
{
    stress_processes(ring_read, 0);
}

static void readers_in_other_threads(void)
{
    stress_threads(ring_read, 0);
}

/* Broken on purpose: a plain ring, which asks once whether the message is there and then takes its time. */
static enum status plain_read(const struct ring *ring, uint64_t *next, uint64_t *message, uint64_t *lost)
{
    const double limit = now_seconds() + LIMIT_SECONDS;
    const uint64_t head = ring_head(ring);
    if (*next >= head) {
        return STATUS_EMPTY;
    }
    if (head - *next > RING_SLOTS) {
        *lost += head - RING_SLOTS - *next;
        *next = head - RING_SLOTS;
    }
    const struct ring_slot *slot = &ring->slots[*next & (RING_SLOTS - 1)];
    for (int i = 0; i < RING_WORDS; i++) {
        message[i] = atomic_load_explicit(&slot->words[i], memory_order_relaxed);
        while (i == RING_WORDS / 2 && ring_head(ring) <= *next + RING_SLOTS && now_seconds() < limit) {
            sched_yield();
        }
    }
    ++*next;
    return STATUS_OK;
}

static void a_plain_ring_is_caught(void)
{
    stress_processes(plain_read, FAULTS_WANTED);
    stress_threads(plain_read, FAULTS_WANTED);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"readers in other processes", readers_in_other_processes},
        {"readers in other threads", readers_in_other_threads},
        {"control: a plain ring is caught", a_plain_ring_is_caught},
        CU_TEST_INFO_NULL,
    };
    return unit_run_supervised("ring_stress", tests);
}
