/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A one-writer snapshot that any number of processes read without ever holding the writer up.
 *
 * The rule, in full: the writer makes the sequence odd, release-stores every word of the payload, then
 * release-stores the next even sequence. A reader acquire-loads the sequence (odd: retry), acquire-loads
 * every word, then re-reads the sequence. If any word it loaded came from a newer write, that acquire makes
 * the odd sequence stored before the word visible, so the re-check cannot miss it. The payload is atomic
 * words, not plain memory, so this is race-free by the language's rules and needs no fence.
 */
#ifndef PHICAST_SHARED_SEQLOCK_H
#define PHICAST_SHARED_SEQLOCK_H

#include "shared/rt_safe.h"
#include "shared/status.h"

#include <assert.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A reader gives up after this many attempts, each after a pause of some tens of nanoseconds: many times
 * longer than a write takes, and still soon where a writer was stopped or killed half-way. */
enum { SEQLOCK_READ_TRIES = 2000 };

/* Tells the processor that this is a waiting loop. */
RT_SAFE static inline void seqlock_pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb");
#endif
}

static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "shared memory needs lock-free 64-bit atomics");

/* Writer thread, RT-safe. `words` 64-bit words from src; src need not be atomic. */
RT_SAFE static inline void seqlock_write(_Atomic uint64_t *sequence, _Atomic uint64_t *payload,
                                         const void *src, size_t words)
{
    /* A writer killed half-way left an odd value behind: round it up to the odd number it meant. */
    const uint64_t odd = atomic_load_explicit(sequence, memory_order_relaxed) | 1U;
    atomic_store_explicit(sequence, odd, memory_order_relaxed);
    for (size_t i = 0; i < words; i++) {
        uint64_t word;
        memcpy(&word, (const char *)src + i * sizeof word, sizeof word);
        atomic_store_explicit(&payload[i], word, memory_order_release);
    }
    atomic_store_explicit(sequence, odd + 1, memory_order_release);
}

/* Any reader, lock-free. STATUS_TORN after SEQLOCK_READ_TRIES attempts; dst is then garbage.
 * STATUS_EMPTY if nothing was ever written. */
MUST_CHECK static inline enum status seqlock_read(const _Atomic uint64_t *sequence,
                                                  const _Atomic uint64_t *payload, void *dst, size_t words)
{
    for (int attempt = 0; attempt < SEQLOCK_READ_TRIES; attempt++) {
        const uint64_t before = atomic_load_explicit(sequence, memory_order_acquire);
        if (before == 0) {
            return STATUS_EMPTY;
        }
        if (before & 1U) {
            seqlock_pause();
            continue;
        }
        for (size_t i = 0; i < words; i++) {
            const uint64_t word = atomic_load_explicit(&payload[i], memory_order_acquire);
            memcpy((char *)dst + i * sizeof word, &word, sizeof word);
        }
        if (atomic_load_explicit(sequence, memory_order_relaxed) == before) {
            return STATUS_OK;
        }
    }
    return STATUS_TORN;
}

#endif
