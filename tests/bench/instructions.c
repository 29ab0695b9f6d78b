/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A fixed number of frames for callgrind to count: scripts/bench runs it twice, and the difference is the
 * frames' own. */
#include "jack-client/dsp/analysis.h"
#include "tests/bench/bench.h"
#include "tests/bench/floor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HOP = 512, WINDOW = 2048 };

int main(int argc, char **argv)
{
    if (argc != 4 || (strcmp(argv[1], "frame") != 0 && strcmp(argv[1], "floor") != 0)) {
        fprintf(stderr, "usage: %s frame|floor CHANNELS FRAMES\n", argv[0]);
        return 2;
    }
    const uint32_t channels = (uint32_t)strtoul(argv[2], NULL, 10);
    const uint32_t frames = (uint32_t)strtoul(argv[3], NULL, 10);
    struct analysis_config config = ANALYSIS_DEFAULTS;
    struct analysis *analysis;
    struct bench_sound sound;
    struct floor *floor = floor_create(WINDOW);
    static struct analysis_frame frame;

    config.channels = channels;
    if (channels < 1 || channels > CHANNELS_MAX || analysis_create(&config, &analysis)) {
        return 2;
    }
    bench_sound_open(&sound, channels, WINDOW + HOP * 64);
    for (uint32_t n = 0; n < frames; n++) {
        const uint32_t at = n % 64 * HOP;
        const float *inputs[CHANNELS_MAX];
        for (uint32_t i = 0; i < channels; i++) {
            inputs[i] = sound.channel[i] + at;
            if (argv[1][1] == 'l') {
                floor_pass(floor, inputs[i]);
            }
        }
        if (argv[1][1] == 'r') {
            analysis_feed(analysis, inputs, HOP);
            while (analysis_step(analysis, &frame)) {
            }
        }
    }
    bench_sound_close(&sound);
    analysis_destroy(analysis);
    floor_destroy(floor);
    return 0;
}
