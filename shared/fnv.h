/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FNV-1a of 64 bits: names as numbers. Pure. */
#ifndef PHICAST_SHARED_FNV_H
#define PHICAST_SHARED_FNV_H

#include <stddef.h>
#include <stdint.h>

#define FNV_START UINT64_C(0xcbf29ce484222325)

/* before: FNV_START, or the hash of what comes before. */
static inline uint64_t fnv_hash(uint64_t before, const void *bytes, size_t length)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < length; i++) {
        before = (before ^ at[i]) * UINT64_C(0x100000001b3);
    }
    return before;
}

#endif
