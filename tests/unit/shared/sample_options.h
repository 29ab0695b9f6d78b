/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One option of every kind: the table that test_options.c and test_config.c fill. */
#ifndef PHICAST_TESTS_UNIT_SHARED_SAMPLE_OPTIONS_H
#define PHICAST_TESTS_UNIT_SHARED_SAMPLE_OPTIONS_H

#include "shared/options.h"

struct sample {
    bool breathing;
    uint32_t channels;
    uint32_t window;
    double depth;
    const char *name;
    struct option_list connect;
    struct option_list config;
    uint32_t any_power;
    double gate;
};

static const struct option_row sample_rows[] = {
    {"breathing", 'b', OPTION_FLAG, NULL, "let it breathe", offsetof(struct sample, breathing), 0, 0},
    {"channels", 'c', OPTION_UINT, "N", "how many", offsetof(struct sample, channels), 1, 64},
    {"window", 0, OPTION_POWER2, "SAMPLES", "window length", offsetof(struct sample, window), 256, 16384},
    {"depth", 'd', OPTION_DOUBLE, "X", "depth", offsetof(struct sample, depth), 0, 1},
    {"name", 'n', OPTION_STRING, "NAME", "the name", offsetof(struct sample, name), 0, 0},
    {"connect", 0, OPTION_LIST, "PATTERN", "connect these", offsetof(struct sample, connect), 0, 0},
    {"config", 0, OPTION_LIST, "FILE", "read these", offsetof(struct sample, config), 0, 0},
    {"any-power", 0, OPTION_POWER2, "N", "any power", offsetof(struct sample, any_power), 0, 4294967295.0},
    {"gate", 0, OPTION_DOUBLE, "DB", "gate", offsetof(struct sample, gate), -120, 0},
};

static const struct option_table sample_table = {.program = "sample",
                                                 .usage = "[OPTION]... [FILE]",
                                                 .about = "Does nothing much.",
                                                 .notes = "Notes at the end.",
                                                 .rows = sample_rows,
                                                 .count = sizeof sample_rows / sizeof sample_rows[0]};

static const struct sample sample_defaults = {
    .channels = 8, .window = 2048, .depth = 0.618, .name = "phicast", .connect = {1, {"default"}}, .gate = 1};

#endif
