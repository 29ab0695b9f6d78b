/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An address to listen at, of --bind or --osc-bind. */
#include "broadcaster/guard/listen.h"
#include "tests/fuzz/fuzz.h"

#include <arpa/inet.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct listen_address address;
    struct listen_address again;
    char *text = fuzz_text(data, size);
    const enum status status = listen_parse(text, &address);
    if (status != STATUS_BAD_ARG) {
        FUZZ_CHECK(status == STATUS_OK);
        FUZZ_CHECK(address.family == AF_INET || address.family == AF_INET6);
        FUZZ_CHECK(listen_parse(address.text, &again) == status);
        FUZZ_CHECK(strcmp(again.text, address.text) == 0 && again.reachable == address.reachable);
    }
    free(text);
    return 0;
}
