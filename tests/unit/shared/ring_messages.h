/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages that tell by themselves whether they are whole: for test_ring.c and test_ring_stress.c. */
#ifndef PHICAST_TESTS_UNIT_SHARED_RING_MESSAGES_H
#define PHICAST_TESTS_UNIT_SHARED_RING_MESSAGES_H

#include "shared/ring.h"

#include <stdbool.h>
#include <string.h>

/* Message n: every word follows from n. */
static inline void fill(uint64_t message[RING_WORDS], uint64_t n)
{
    for (uint64_t i = 0; i < RING_WORDS; i++) {
        message[i] = (n + i) * 0x9E3779B97F4A7C15U;
    }
}

static inline bool is_message(const uint64_t message[RING_WORDS], uint64_t n)
{
    uint64_t wanted[RING_WORDS];
    fill(wanted, n);
    return memcmp(message, wanted, sizeof wanted) == 0;
}

#endif
