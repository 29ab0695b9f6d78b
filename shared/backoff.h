/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How long to wait before another attempt. */
#ifndef PHICAST_SHARED_BACKOFF_H
#define PHICAST_SHARED_BACKOFF_H

#include <stdint.h>

enum { BACKOFF_MIN_US = 250000, BACKOFF_MAX_US = 4000000, BACKOFF_JITTER_PERCENT = 30 };

/* After so many failures in a row before this one: BACKOFF_MIN_US, twice as much each time up to
 * BACKOFF_MAX_US, and by chance up to BACKOFF_JITTER_PERCENT more or less, so that a crowd does not come back
 * at one moment. Any thread. */
uint64_t backoff_us(uint32_t failures);

#endif
