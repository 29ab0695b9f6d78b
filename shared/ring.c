/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/ring.h"

#include "shared/seqlock.h"

RT_SAFE void ring_push(struct ring *ring, const uint64_t *message)
{
    const uint64_t n = atomic_load_explicit(&ring->head, memory_order_relaxed);
    struct ring_slot *slot = &ring->slots[n & (RING_SLOTS - 1)];

    /* From the previous lap's even number straight to this message's odd one; seqlock_write makes it even. */
    atomic_store_explicit(&slot->sequence, 2 * n + 1, memory_order_relaxed);
    seqlock_write(&slot->sequence, slot->words, message, RING_WORDS);
    atomic_store_explicit(&ring->head, n + 1, memory_order_release);
}

RT_SAFE uint64_t ring_head(const struct ring *ring)
{
    return atomic_load_explicit(&ring->head, memory_order_acquire);
}

RT_SAFE enum status ring_read(const struct ring *ring, uint64_t *next, uint64_t *message, uint64_t *lost)
{
    const uint64_t head = ring_head(ring);
    if (*next == head) {
        return STATUS_EMPTY;
    }
    if (*next > head) {
        *next = head;
        return STATUS_CORRUPT;
    }
    const struct ring_slot *slot = &ring->slots[*next & (RING_SLOTS - 1)];
    const uint64_t whole = 2 * *next + 2;
    if (head - *next <= RING_SLOTS) {
        const uint64_t before = atomic_load_explicit(&slot->sequence, memory_order_acquire);
        for (int i = 0; i < RING_WORDS; i++) {
            message[i] = atomic_load_explicit(&slot->words[i], memory_order_acquire);
        }
        const uint64_t after = atomic_load_explicit(&slot->sequence, memory_order_relaxed);
        if (before == whole && after == whole) {
            ++*next;
            return STATUS_OK;
        }
    }
    /* Overtaken. Skip one more than needed: the oldest slot is the one being overwritten now. */
    const uint64_t now = ring_head(ring);
    uint64_t oldest = now >= RING_SLOTS ? now - RING_SLOTS + 1 : 0;
    if (oldest <= *next) {
        oldest = *next + 1;
    }
    if (lost) {
        *lost += oldest - *next;
    }
    *next = oldest;
    return STATUS_OVERRUN;
}
