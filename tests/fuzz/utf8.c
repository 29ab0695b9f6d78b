/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text from a WebSocket, which comes in pieces: the first byte says how long they are. Checked against a
 * decoder that goes by the definition, not by tables of bytes. */
#include "shared/utf8.h"

#include "tests/fuzz/fuzz.h"

/* The length of the character that begins there, 0 if none does. */
static size_t character(const uint8_t *at, size_t left)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const size_t length = at[0] < 0x80       ? 1
                          : at[0] >> 5 == 6  ? 2
                          : at[0] >> 4 == 14 ? 3
                          : at[0] >> 3 == 30 ? 4
                                             : 0;
    if (length == 0 || length > left) {
        return 0;
    }
    uint32_t value = length == 1 ? at[0] : at[0] & (0x7fU >> length);
    for (size_t i = 1; i < length; i++) {
        if (at[i] >> 6 != 2) {
            return 0;
        }
        value = value << 6 | (at[i] & 0x3f);
    }
    return value >= least[length] && value <= 0x10ffff && (value < 0xd800 || value > 0xdfff) ? length : 0;
}

static bool is_text(const uint8_t *at, size_t left)
{
    while (left > 0) {
        const size_t length = character(at, left);
        if (length == 0) {
            return false;
        }
        at += length;
        left -= length;
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct utf8 utf8 = {0};
    bool good = true;
    if (size == 0) {
        return 0;
    }
    const size_t piece = data[0] % 8U + 1;
    for (size_t at = 1; at < size && good; at += piece) {
        good = utf8_take(&utf8, data + at, size - at < piece ? size - at : piece);
    }
    FUZZ_CHECK((good && utf8.missing == 0) == is_text(data + 1, size - 1));
    return 0;
}
