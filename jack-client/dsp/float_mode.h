/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Denormal numbers as zero, for the calling thread: they would cost a hundred times the time, and mean
 * nothing. */
#ifndef PHICAST_JACK_CLIENT_DSP_FLOAT_MODE_H
#define PHICAST_JACK_CLIENT_DSP_FLOAT_MODE_H

#include "shared/rt_safe.h"

#include <stdint.h>

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

/* Any thread, RT-safe. Where the machine has no such mode, nothing happens. */
RT_SAFE static inline void float_mode_flush_denormals(void)
{
#if defined(__SSE2__)
    _mm_setcsr(_mm_getcsr() | 0x8040U); /* flush to zero, denormals are zero */
#elif defined(__aarch64__)
    uint64_t fpcr;
    __asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
    __asm__ volatile("msr fpcr, %0" : : "r"(fpcr | (UINT64_C(1) << 24)));
#endif
}

#endif
