/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The three programs' command lines: words apart by NULs. The first byte says whose. */
#include "broadcaster/options.h"
#include "jack-client/options.h"
#include "jack-client/render/options.h"
#include "tests/fuzz/fuzz.h"

enum { WORDS_MAX = 64 };

static enum options_result parse(unsigned program, int argc, char **argv, char *error)
{
    enum options_result result;
    if (program == 0) {
        struct jack_options options;
        result = jack_options_parse(&options, argc, argv, error);
        FUZZ_CHECK(result != OPTIONS_RUN || options.engine.analysis.hop <= options.engine.analysis.window);
        for (uint32_t i = 0; result == OPTIONS_RUN && i < options.midi_out_map.count; i++) {
            FUZZ_CHECK(options.midi_out_map.controller[i].number < MIDI_OUT_CONTROLLERS);
        }
        jack_options_free(&options);
    } else if (program == 1) {
        struct broadcaster_options options;
        result = broadcaster_options_read(&options, argc, argv, error);
        FUZZ_CHECK(result != OPTIONS_RUN || options.port <= 65535);
        if (result != OPTIONS_ERROR) {
            broadcaster_options_free(&options);
        }
    } else {
        struct render_options options;
        result = render_options_parse(&options, argc, argv, error);
        FUZZ_CHECK(result != OPTIONS_RUN || options.file != NULL);
    }
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char name[] = "phicast";
    char *argv[WORDS_MAX + 2] = {name};
    char error[OPTION_ERROR_MAX] = "";
    int argc = 1;
    if (size == 0) {
        return 0;
    }
    for (size_t at = 1; at < size && argc <= WORDS_MAX;
         at += strnlen((const char *)data + at, size - at) + 1) {
        argv[argc++] = fuzz_text(data + at, size - at);
    }
    char *words[WORDS_MAX + 2]; /* what parsing reorders */
    memcpy(words, argv, sizeof words);
    const enum options_result result = parse(data[0] % 3U, argc, words, error);
    if (result == OPTIONS_ERROR) {
        fuzz_check_message(error);
    }
    for (int i = 1; i < argc; i++) {
        free(argv[i]);
    }
    return 0;
}
