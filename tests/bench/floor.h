/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The least that a frame can cost: every channel windowed and transformed, and nothing done with it. */
#ifndef PHICAST_TESTS_BENCH_FLOOR_H
#define PHICAST_TESTS_BENCH_FLOOR_H

#include <stdint.h>

struct floor;

struct floor *floor_create(uint32_t window);
void floor_destroy(struct floor *floor);

/* One channel: window samples from x. */
void floor_pass(struct floor *floor, const float *x);

#endif
