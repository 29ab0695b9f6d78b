/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The token's file, and what clients give as one. */
#include "broadcaster/guard/token.h"

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tokens tokens = {{"control"}, {""}};
    char error[OPTION_ERROR_MAX] = "";
    char *given = fuzz_text(data, size);
    if (tokens_load(&tokens, NULL, fuzz_file(data, size), error)) {
        fuzz_check_message(error);
        FUZZ_CHECK(tokens.viewer.text[0] == '\0');
    } else {
        const struct token token = tokens.viewer;
        const size_t length = strnlen(token.text, TOKEN_MAX);
        FUZZ_CHECK(length >= 1 && length < TOKEN_MAX && strncmp(token.text, given, length) == 0);
        FUZZ_CHECK(token_fits(&token, token.text) && !token_fits(&token, tokens.control.text));
        FUZZ_CHECK(token_fits(&token, given) == (strcmp(given, token.text) == 0));
    }
    free(given);
    return 0;
}
