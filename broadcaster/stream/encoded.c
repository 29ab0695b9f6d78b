/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/stream/wire.h"

#include <libwebsockets.h>
#include <stdlib.h>
#include <string.h>

enum status wire_reserve(struct wire *wire, size_t length)
{
    if (length > wire->capacity || !wire->block) {
        const size_t capacity = length + length / 4 + 64; /* numbers change their length all the time */
        unsigned char *block = realloc(wire->block, LWS_PRE + capacity);
        if (!block) {
            return STATUS_NO_MEMORY;
        }
        wire->block = block;
        wire->capacity = capacity;
    }
    return STATUS_OK;
}

enum status wire_set(struct wire *wire, const char *text, size_t length)
{
    const enum status status = wire_reserve(wire, length);
    if (status == STATUS_OK) {
        memcpy(wire->block + LWS_PRE, text, length);
        wire->length = length;
    }
    return status;
}

unsigned char *wire_text(const struct wire *wire)
{
    return wire->block ? wire->block + LWS_PRE : NULL;
}

void wire_free(struct wire *wire)
{
    free(wire->block);
    *wire = (struct wire){0};
}
