/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An --osc URL, which an OSC ping holds as well. */
#include "broadcaster/sinks/osc/choice.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct osc_choice choice;
    char error[OPTION_ERROR_MAX] = "";
    char *url = fuzz_text(data, size);
    if (osc_choice_parse(&choice, url, false, error)) {
        fuzz_check_message(error);
    } else {
        struct osc_choice again;
        char text[OSC_URL_MAX];
        const long port = strtol(choice.port, NULL, 10);
        FUZZ_CHECK(choice.service ? port == 0 : port >= 1 && port <= 65535);
        FUZZ_CHECK(choice.host[0] != '\0');
        FUZZ_CHECK(choice.rate_hz >= 1 && choice.rate_hz <= OSC_RATE_MAX);
        osc_choice_url(&choice, text);
        fuzz_check_message(text);
        FUZZ_CHECK(osc_choice_parse(&again, text, false, error) == STATUS_OK);
        FUZZ_CHECK(strcmp(again.host, choice.host) == 0 && strcmp(again.port, choice.port) == 0);
        FUZZ_CHECK(strcmp(again.prefix, choice.prefix) == 0 && again.tcp == choice.tcp);
        FUZZ_CHECK(again.service == choice.service);
    }
    free(url);
    return 0;
}
