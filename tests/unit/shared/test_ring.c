/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The overwriting ring: its edges one by one, then headers that lie. */
#include "shared/ring.h"
#include "tests/unit/shared/ring_messages.h"
#include "tests/unit/unit.h"

#include <stddef.h>

static struct ring *ring_with(uint64_t count)
{
    uint64_t message[RING_WORDS];
    struct ring *ring = calloc(1, sizeof *ring);
    if (!ring) {
        abort();
    }
    for (uint64_t n = 0; n < count; n++) {
        fill(message, n);
        ring_push(ring, message);
    }
    return ring;
}

static void layout(void)
{
    CU_ASSERT_EQUAL(sizeof(struct ring_slot), 64);
    CU_ASSERT_EQUAL(sizeof(struct ring), 65600);
    CU_ASSERT_EQUAL(offsetof(struct ring, slots), 64);
    CU_ASSERT_EQUAL(RING_SLOTS, 1024);
    CU_ASSERT_EQUAL(RING_WORDS, 7);
}

static void a_position_beyond_the_head_is_corrupt(void)
{
    struct ring *ring = ring_with(3);
    uint64_t message[RING_WORDS];
    uint64_t next = 4;
    uint64_t lost = 0;
    CU_ASSERT_EQUAL(ring_read(ring, &next, message, &lost), STATUS_CORRUPT);
    CU_ASSERT_EQUAL(next, 3);
    next = UINT64_MAX;
    CU_ASSERT_EQUAL(ring_read(ring, &next, message, NULL), STATUS_CORRUPT);
    CU_ASSERT_EQUAL(next, 3);
    CU_ASSERT_EQUAL(ring_read(ring, &next, message, &lost), STATUS_EMPTY);
    CU_ASSERT_EQUAL(lost, 0);
    free(ring);
}

static void an_empty_ring_is_empty(void)
{
    struct ring *ring = ring_with(0);
    uint64_t message[RING_WORDS];
    uint64_t next = 0;
    CU_ASSERT_EQUAL(ring_head(ring), 0);
    CU_ASSERT_EQUAL(ring_read(ring, &next, message, NULL), STATUS_EMPTY);
    CU_ASSERT_EQUAL(next, 0);
    free(ring);
}

/* Reads everything; checks each message; returns how many were received. */
static uint64_t drain(const struct ring *ring, uint64_t *next, uint64_t *lost)
{
    uint64_t received = 0;
    uint64_t message[RING_WORDS];
    enum status status = STATUS_OK;
    while ((status = ring_read(ring, next, message, lost)) != STATUS_EMPTY) {
        CU_ASSERT_FATAL(status == STATUS_OK || status == STATUS_OVERRUN);
        if (status == STATUS_OK) {
            CU_ASSERT(is_message(message, *next - 1));
            received++;
        }
    }
    return received;
}

static void each_fill_level_is_read_or_counted(void)
{
    static const uint64_t levels[] = {1, 2, 1023, 1024, 1025, 1026, 2047, 2048, 2049, 5000};
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        struct ring *ring = ring_with(levels[i]);
        uint64_t next = 0;
        uint64_t lost = 0;
        const uint64_t received = drain(ring, &next, &lost);
        CU_ASSERT_EQUAL(ring_head(ring), levels[i]);
        CU_ASSERT_EQUAL(next, levels[i]);
        CU_ASSERT_EQUAL(received + lost, levels[i]);
        CU_ASSERT_EQUAL(received, levels[i] <= RING_SLOTS ? levels[i] : RING_SLOTS - 1);
        free(ring);
    }
}

static void lost_may_be_null(void)
{
    struct ring *ring = ring_with(3 * RING_SLOTS);
    uint64_t message[RING_WORDS];
    uint64_t next = 0;
    CU_ASSERT_EQUAL(ring_read(ring, &next, message, NULL), STATUS_OVERRUN);
    CU_ASSERT_EQUAL(next, 2 * RING_SLOTS + 1);
    free(ring);
}

/* The writer died while it wrote message 1024 over message 0. */
static void a_half_written_message_is_absent(void)
{
    struct ring *ring = ring_with(RING_SLOTS);
    uint64_t message[RING_WORDS];
    uint64_t next = RING_SLOTS;
    uint64_t lost = 0;
    ring->slots[0].sequence = 2 * RING_SLOTS + 1;
    ring->slots[0].words[0] = 666;
    CU_ASSERT_EQUAL(ring_read(ring, &next, message, &lost), STATUS_EMPTY);
    next = 0;
    CU_ASSERT_EQUAL(ring_read(ring, &next, message, &lost), STATUS_OVERRUN);
    CU_ASSERT_EQUAL(next, 1);
    CU_ASSERT_EQUAL(lost, 1);
    CU_ASSERT_EQUAL(drain(ring, &next, &lost), RING_SLOTS - 1);
    free(ring);
}

/* Whatever an enemy writes, a reader gets on within a bounded number of steps, and its count adds up. */
static void a_lying_ring_cannot_hold_a_reader(void)
{
    static const uint64_t heads[] = {1, RING_SLOTS, RING_SLOTS + 1, 1U << 20, UINT64_MAX / 2, UINT64_MAX};
    static const uint64_t sequences[] = {0, 1, 2, UINT64_MAX, UINT64_MAX - 1};
    unsigned rings = 0;
    for (size_t h = 0; h < sizeof heads / sizeof heads[0]; h++) {
        for (size_t s = 0; s < sizeof sequences / sizeof sequences[0]; s++) {
            struct ring *ring = ring_with(0);
            uint64_t message[RING_WORDS];
            uint64_t next = 0;
            uint64_t lost = 0;
            uint64_t received = 0;
            int steps = 0;
            ring->head = heads[h];
            for (int i = 0; i < RING_SLOTS; i++) {
                ring->slots[i].sequence = sequences[s];
            }
            enum status status = STATUS_OK;
            for (; status != STATUS_EMPTY && steps < 2 * RING_SLOTS; steps++) {
                status = ring_read(ring, &next, message, &lost);
                received += status == STATUS_OK;
            }
            CU_ASSERT_EQUAL(status, STATUS_EMPTY);
            CU_ASSERT_EQUAL(received + lost, heads[h]);
            rings++;
            free(ring);
        }
    }
    CU_ASSERT_EQUAL(rings, 30);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"a position beyond the head is corrupt", a_position_beyond_the_head_is_corrupt},
        {"a lying ring cannot hold a reader", a_lying_ring_cannot_hold_a_reader},
        {"layout", layout},
        {"an empty ring is empty", an_empty_ring_is_empty},
        {"each fill level is read or counted", each_fill_level_is_read_or_counted},
        {"lost may be NULL", lost_may_be_null},
        {"a half-written message is absent", a_half_written_message_is_absent},
        CU_TEST_INFO_NULL,
    };
    return unit_run("ring", tests);
}
