/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/bench/bench.h"

#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct bench bench_open(const char *name, int argc, char **argv)
{
    const bool json = argc == 2 && strcmp(argv[1], "--json") == 0;
    if (argc > 1 && !json) {
        fprintf(stderr, "usage: %s [--json]\n", argv[0]);
        exit(2);
    }
    if (!json) {
        printf("\n%-44s %12s %-8s %12s %7s\n", name, "value", "unit", "floor", "ratio");
    }
    return (struct bench){name, json};
}

void bench_row(const struct bench *bench, const char *what, double value, const char *unit, double floor)
{
    const double ratio = floor > 0 ? value / floor : 0;
    if (bench->json) {
        printf("{\"bench\":\"%s\",\"case\":\"%s\",\"value\":%.6g,\"unit\":\"%s\"", bench->name, what, value,
               unit);
        printf(floor > 0 ? ",\"floor\":%.6g,\"ratio\":%.4f}\n" : ",\"floor\":null,\"ratio\":null}\n", floor,
               ratio);
    } else if (floor > 0) {
        printf("  %-42s %12.5g %-8s %12.5g %7.3f\n", what, value, unit, floor, ratio);
    } else {
        printf("  %-42s %12.5g %-8s\n", what, value, unit);
    }
    fflush(stdout);
}

double bench_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec * 1e-3;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

double bench_quantile(double *values, size_t count, double p)
{
    qsort(values, count, sizeof *values, compare);
    const size_t index = (size_t)(p * (double)count);
    return values[index < count ? index : count - 1];
}

void bench_recording(char *path, size_t size, const char *name)
{
    const char *folder = getenv("PHICAST_SAMPLES");
    snprintf(path, size, "%s/%s.flac", folder ? folder : "/usr/share/sonic-pi/samples", name);
}

/* The first channel of a recording, whole. */
static float *load(const char *name, uint32_t *length)
{
    char path[512];
    SF_INFO info = {0};
    bench_recording(path, sizeof path, name);
    SNDFILE *file = sf_open(path, SFM_READ, &info);
    if (!file) {
        fprintf(stderr, "%s: %s; install sonic-pi-samples\n", path, sf_strerror(NULL));
        exit(1);
    }
    float *all = calloc((size_t)info.frames * (size_t)info.channels, sizeof *all);
    if (!all || sf_readf_float(file, all, info.frames) != info.frames) {
        fprintf(stderr, "%s: cannot be read\n", path);
        exit(1);
    }
    for (sf_count_t n = 0; n < info.frames; n++) {
        all[n] = all[n * info.channels];
    }
    sf_close(file);
    *length = (uint32_t)info.frames;
    return all;
}

void bench_sound_open(struct bench_sound *sound, uint32_t channels, uint32_t length)
{
    /* All without long rests, so that active channels stay active. */
    static const char *const names[] = {"loop_garzul",      "loop_amen_full",  "ambi_choir",
                                        "loop_compus",      "loop_drone_g_97", "loop_electric",
                                        "ambi_haunted_hum", "loop_mika"};
    enum { NAMES = sizeof names / sizeof names[0] };

    *sound = (struct bench_sound){.length = length};
    for (uint32_t i = 0; i < channels; i++) {
        uint32_t count;
        float *recording = load(names[i % NAMES], &count);
        sound->channel[i] = calloc(length, sizeof(float));
        if (!sound->channel[i]) {
            exit(1);
        }
        for (uint32_t n = 0; n < length; n++) {
            sound->channel[i][n] = recording[(n + i / NAMES * 7919) % count];
        }
        free(recording);
    }
}

void bench_sound_close(struct bench_sound *sound)
{
    for (uint32_t i = 0; i < CHANNELS_MAX; i++) {
        free(sound->channel[i]);
    }
    *sound = (struct bench_sound){0};
}
