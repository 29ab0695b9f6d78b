/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Atomics that each stand for themselves: no other memory is read or written by what they say. */
#ifndef PHICAST_SHARED_RELAXED_H
#define PHICAST_SHARED_RELAXED_H

#include <stdatomic.h>

/* Of any atomic type, which is why they are macros. Any thread. */
#define load_relaxed(atomic) atomic_load_explicit(&(atomic), memory_order_relaxed)
#define store_relaxed(atomic, value) atomic_store_explicit(&(atomic), value, memory_order_relaxed)

#endif
