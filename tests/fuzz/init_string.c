/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The plug-in's init string, as jack_load commands it over. */
#include "jack-client/options.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jack_options options;
    char error[OPTION_ERROR_MAX] = "";
    char *init = fuzz_text(data, size);
    const enum options_result result = jack_options_parse_init(&options, "a client", init, error);
    if (result == OPTIONS_ERROR) {
        fuzz_check_message(error);
    }
    jack_options_free(&options);
    free(init);
    return 0;
}
