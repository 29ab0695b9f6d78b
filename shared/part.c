/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/part.h"

#include <stddef.h>
#include <string.h>

const char *part_str(uint32_t part)
{
    switch (part) {
    case PART_LEVELS: return "levels";
    case PART_BANDS: return "bands";
    case PART_ONSETS: return "onsets";
    default: return NULL;
    }
}

uint32_t parts_to_ask(uint32_t parts)
{
    return (parts & PARTS_ALL) | (parts & PART_CHANNEL_BANDS ? PART_BANDS : 0);
}

/* The part whose name is `length` characters of text; 0: there is none. */
static uint32_t find(const char *text, size_t length)
{
    for (uint32_t part = 1; part <= PARTS_ALL; part <<= 1U) {
        const char *name = part_str(part);
        if (strlen(name) == length && strncmp(name, text, length) == 0) {
            return part;
        }
    }
    return 0;
}

enum status parts_parse(const char *list, uint32_t *parts)
{
    uint32_t all = 0;
    for (;; list++) {
        const size_t length = strcspn(list, ",");
        const uint32_t part = find(list, length);
        if (part == 0) {
            return STATUS_BAD_ARG;
        }
        all |= part;
        list += length;
        if (*list == '\0') {
            *parts = all;
            return STATUS_OK;
        }
    }
}
