/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A Sec-WebSocket-Extensions header. */
#include "broadcaster/sinks/ws/extension.h"

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *offers = fuzz_text(data, size);
    FUZZ_CHECK(!extension_takes(offers) || strstr(offers, "permessage-deflate") != NULL);
    free(offers);
    return 0;
}
