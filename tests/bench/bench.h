/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the benchmarks share: rows as a table or as JSON lines, medians, and real sound to work on. */
#ifndef PHICAST_TESTS_BENCH_BENCH_H
#define PHICAST_TESTS_BENCH_BENCH_H

#include "shared/telemetry.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bench {
    const char *name;
    bool json;
};

/* From a program's arguments: --json, or nothing. Exits with 2 on anything else. */
struct bench bench_open(const char *name, int argc, char **argv);

/* One figure, and the floor it is held against (0: none). */
void bench_row(const struct bench *bench, const char *what, double value, const char *unit, double floor);

/* CLOCK_MONOTONIC, us. */
double bench_now_us(void);

/* The p-th quantile, 0...1; sorts values. */
double bench_quantile(double *values, size_t count, double p);

/* Recordings, looped to `length` samples each; channels differ in recording or in where they start. */
struct bench_sound {
    uint32_t length;
    float *channel[CHANNELS_MAX];
};

/* Where a recording is: in Debian's sonic-pi-samples, or in $PHICAST_SAMPLES. */
void bench_recording(char *path, size_t size, const char *name);

/* Exits with 1 if the recordings are not there. */
void bench_sound_open(struct bench_sound *sound, uint32_t channels, uint32_t length);
void bench_sound_close(struct bench_sound *sound);

#endif
