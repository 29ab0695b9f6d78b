/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/zeroconf/plain.h"

#include "shared/utf8.h"

#include <string.h>

void plain_add(char *out, size_t size, const void *bytes, size_t length)
{
    const char *from = bytes;
    size_t used = strlen(out);
    while (length > 0) {
        char character[5] = "";
        memcpy(character, from, length < 4 ? length : 4);
        const size_t bytes_of = utf8_first(character);
        const bool good = bytes_of > 0 && !utf8_is_control(character);
        const size_t taken = bytes_of > 0 ? bytes_of : 1;
        if (used + (good ? taken : 1) >= size) {
            return;
        }
        memcpy(out + used, good ? character : "?", good ? taken : 1);
        used += good ? taken : 1;
        out[used] = '\0';
        from += taken;
        length -= taken;
    }
}
