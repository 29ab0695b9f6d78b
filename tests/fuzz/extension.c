/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A Sec-WebSocket-Extensions header. */
#include "broadcaster/http/deflate_offer.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *offers = fuzz_text(data, size);
    FUZZ_CHECK(!deflate_offer_takes(offers) || strstr(offers, "permessage-deflate") != NULL);
    free(offers);
    return 0;
}
