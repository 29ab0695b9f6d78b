/* SPDX-License-Identifier: GPL-3.0-or-later */
/* phicast-join: puts the channels of several sound files side by side in one float WAV file. */
#include "shared/log.h"
#include "tests/tools/tool.h"

#include <stdlib.h>
#include <string.h>

struct join_options {
    uint32_t frames;
    uint32_t rate;
};

static const struct option_row rows[] = {
    {"frames", 'f', OPTION_UINT, "N", "length of the result (default 480000)",
     offsetof(struct join_options, frames), 1, 1e8},
    {"rate", 'r', OPTION_UINT, "HZ", "sample rate to write down (default 48000); nothing is resampled",
     offsetof(struct join_options, rate), 1, 1e6},
};

static const struct option_table table = {
    .program = "phicast-join",
    .usage = "[options] OUT.wav FILE...",
    .about =
        "Writes one float WAV file with all channels of all files; shorter files start over at their end.",
    .rows = rows,
    .count = sizeof rows / sizeof *rows,
};

int main(int argc, char **argv)
{
    struct join_options options = {.frames = 480000, .rate = 48000};
    static const float *channel[TOOL_CHANNELS_MAX];
    static size_t length[TOOL_CHANNELS_MAX];
    size_t count = 0;
    static float *joined;
    int operand;
    const int code = tool_parse(&table, &options, argc, argv, &operand);

    if (code >= 0) {
        return code;
    }
    for (int i = operand + 1; i < argc; i++) {
        struct sound sound;
        if (!sound_read(&sound, argv[i]) || sound.frames == 0) {
            return EXIT_FAILURE;
        }
        for (int c = 0; c < sound.channels && count < TOOL_CHANNELS_MAX; c++) {
            channel[count] = sound.channel[c];
            length[count++] = sound.frames;
        }
    }
    joined = calloc(options.frames * (count + 1), sizeof *joined);
    if (count == 0 || !joined) {
        log_error("nothing to join");
        return EXIT_FAILURE;
    }
    for (size_t c = 0; c < count; c++) {
        for (size_t i = 0; i < options.frames; i++) {
            memcpy(&joined[i * count + c], &channel[c][i % length[c]], sizeof *joined);
        }
    }
    return sound_write(argv[operand], (int)options.rate, (int)count, options.frames, joined) ? EXIT_SUCCESS
                                                                                             : EXIT_FAILURE;
}
