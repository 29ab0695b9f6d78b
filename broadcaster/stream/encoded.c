/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/stream/encoded.h"

#include <stdlib.h>
#include <string.h>

enum status wire_reserve(struct wire *wire, size_t length)
{
    if (length > wire->capacity || !wire->block) {
        const size_t capacity = length + length / 4 + 64; /* numbers change their length all the time */
        unsigned char *block = realloc(wire->block, WIRE_HEADROOM + capacity);
        if (!block) {
            return STATUS_NO_MEMORY;
        }
        wire->block = block;
        wire->capacity = capacity;
    }
    return STATUS_OK;
}

unsigned char *wire_text(const struct wire *wire)
{
    return wire->block ? wire->block + WIRE_HEADROOM : NULL;
}

static void wire_free(struct wire *wire)
{
    free(wire->block);
    *wire = (struct wire){0};
}

enum status encoded_set(struct encoded *encoded, const char *text, size_t length)
{
    const enum status status = wire_reserve(&encoded->plain, length);
    if (status == STATUS_OK) {
        memcpy(wire_text(&encoded->plain), text, length);
        encoded->plain.length = length;
        encoded->tried = false;
    }
    return status;
}

void encoded_free(struct encoded *encoded)
{
    wire_free(&encoded->plain);
    wire_free(&encoded->packed);
    encoded->tried = false;
}
