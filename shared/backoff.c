/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/backoff.h"

#include <sys/random.h>

uint64_t backoff_us(uint32_t failures)
{
    enum { DOUBLINGS = 4 }; /* from the least to the most */
    const uint64_t us = (uint64_t)BACKOFF_MIN_US << (failures < DOUBLINGS ? failures : DOUBLINGS);
    uint32_t dice = UINT32_MAX / 2; /* where there is no chance to be had */
    (void)!getrandom(&dice, sizeof dice, GRND_NONBLOCK);
    return us * (100 - BACKOFF_JITTER_PERCENT) / 100 +
           us * 2 * BACKOFF_JITTER_PERCENT / 100 * dice / UINT32_MAX;
}
