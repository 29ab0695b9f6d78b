/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An overwriting ring of small messages in shared memory: one writer, any number of read-only readers.
 *
 * Messages are numbered from 0. Message n lives in slot n mod RING_SLOTS, whose sequence reads 2n + 1 while
 * it is being written and 2n + 2 once it is whole (the seqlock's rule, so a message is whole or absent). The
 * head, the number of messages ever written, is stored last with release. Readers keep their own position;
 * the writer never waits for them and never looks at them.
 */
#ifndef PHICAST_SHARED_RING_H
#define PHICAST_SHARED_RING_H

#include "shared/rt_safe.h"
#include "shared/status.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdint.h>

enum { RING_SLOTS = 1024, RING_WORDS = 7 };

struct ring_slot {
    _Atomic uint64_t sequence;
    _Atomic uint64_t words[RING_WORDS];
};

struct ring {
    _Atomic uint64_t head; /* messages ever written */
    uint64_t reserved[7];  /* keeps the head on a cache line of its own */
    struct ring_slot slots[RING_SLOTS];
};

static_assert((RING_SLOTS & (RING_SLOTS - 1)) == 0, "slots are found by masking");
static_assert(sizeof(struct ring_slot) == 64, "one slot, one cache line");
static_assert(sizeof(struct ring) == 64 + 64 * RING_SLOTS, "part of the ABI: bump both segments' versions");

/* The writer's thread, RT-safe: RING_WORDS words from message. */
RT_SAFE void ring_push(struct ring *ring, const uint64_t *message);

/* Any thread. The number of messages ever written; a reader that wants only new ones starts here. */
RT_SAFE uint64_t ring_head(const struct ring *ring);

/* Any reader. Copies message *next and advances *next.
 * STATUS_EMPTY: *next has not been written yet. STATUS_OVERRUN: it has been overwritten; *next now stands at
 * the oldest message still held and *lost, which may be NULL, grew by the number skipped; call again.
 * STATUS_CORRUPT: *next lies beyond what was ever written (another writer's ring); *next is set to the head.
 */
RT_SAFE MUST_CHECK enum status ring_read(const struct ring *ring, uint64_t *next, uint64_t *message,
                                         uint64_t *lost);

#endif
