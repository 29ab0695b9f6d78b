/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An OSC address pattern, and after a NUL the address that it may match. */
#include "broadcaster/osc/pattern.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const size_t length = strnlen((const char *)data, size);
    char *pattern = fuzz_text(data, length);
    char *address = length < size ? fuzz_text(data + length + 1, size - length - 1) : fuzz_text(data, 0);
    const bool matches = osc_pattern_match(pattern, address);
    if (address[0] == '/' && !strpbrk(pattern, "?*[]{}") && strlen(address) <= OSC_PART_MAX) {
        FUZZ_CHECK(matches == (strcmp(pattern, address) == 0));
    }
    free(pattern);
    free(address);
    return 0;
}
