/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a service on the network says of itself. The first byte says how much room there is. */
#include "broadcaster/zeroconf/plain.h"

#include "shared/utf8.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    const size_t room = (size_t)data[0] + 1;
    char *out = calloc(1, room);
    char *bytes = malloc(size);
    FUZZ_CHECK(out && bytes);
    memcpy(bytes, data, size); /* in a block that ends where they do */
    plain_add(out, room, bytes + 1, size - 1);
    const size_t first = strlen(out);
    FUZZ_CHECK(first < room && first <= size - 1 && utf8_is_plain(out));
    plain_add(out, room, bytes + 1, size - 1);
    FUZZ_CHECK(strlen(out) < room && strlen(out) >= first && utf8_is_plain(out));
    free(bytes);
    free(out);
    return 0;
}
