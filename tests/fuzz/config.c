/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The configuration files of phicast-jack and phicast-broadcaster. The first byte says whose. */
#include "broadcaster/options.h"
#include "jack-client/options.h"
#include "tests/fuzz/fuzz.h"

static void read_analyser(const char *path)
{
    static char program[] = "phicast-jack";
    static char option[] = "--config";
    char *argv[] = {program, option, (char *)path, NULL};
    struct jack_options options;
    char error[OPTION_ERROR_MAX] = "";
    const enum options_result result = jack_options_parse(&options, 3, argv, error);
    if (result == OPTIONS_RUN) {
        const struct analysis_config *analysis = &options.engine.analysis;
        FUZZ_CHECK(analysis->channels >= 1 && analysis->channels <= CHANNELS_MAX);
        FUZZ_CHECK(analysis->hop <= analysis->window && analysis->window <= 16384);
        FUZZ_CHECK(options.midi_out_map.count <= MIDI_OUT_CONTROLLERS);
        FUZZ_CHECK(options.midi.depth <= 127 && options.name[0] != '\0');
        FUZZ_CHECK(options.connect.count <= OPTION_LIST_MAX && options.follow.count <= OPTION_LIST_MAX);
    } else {
        FUZZ_CHECK(result == OPTIONS_ERROR);
        fuzz_check_message(error);
    }
    jack_options_free(&options);
}

static void read_broadcaster(const char *path)
{
    static char program[] = "phicast-broadcaster";
    static char option[] = "--config";
    char *argv[] = {program, option, (char *)path, NULL};
    struct broadcaster_options options;
    char error[OPTION_ERROR_MAX] = "";
    const enum options_result result = broadcaster_options_read(&options, 3, argv, error);
    if (result == OPTIONS_RUN) {
        FUZZ_CHECK(options.port <= 65535 && options.name[0] != '\0');
        FUZZ_CHECK(options.osc.count <= OPTION_LIST_MAX && options.bind.count <= OPTION_LIST_MAX);
        broadcaster_options_free(&options);
    } else {
        FUZZ_CHECK(result == OPTIONS_ERROR);
        fuzz_check_message(error);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 0) {
        const char *path = fuzz_file(data + 1, size - 1);
        (data[0] & 1 ? read_broadcaster : read_analyser)(path);
    }
    return 0;
}
