/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/json/ascii.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEP_MAX = 12, STEP_ROOM = STEP_MAX + 1 }; /* of ASCII for one character: two escapes */

/* Writes what the character at the start of the text becomes; the bytes that were taken. What follows a
 * backslash is left as it is, to be refused if it is no escape. */
static size_t take(const char *text, size_t length, char ascii[STEP_ROOM], size_t *given)
{
    const unsigned char first = (unsigned char)text[0];
    const size_t width = first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (width == 1 || width > length) {
        *given = first == '\\' && length > 1 ? 2 : 1;
        memcpy(ascii, text, *given);
        return *given;
    }
    uint32_t code = first & (0x7fU >> width);
    for (size_t i = 1; i < width; i++) {
        code = code << 6 | ((unsigned char)text[i] & 0x3fU);
    }
    const int printed = code < 0x10000
                            ? snprintf(ascii, STEP_ROOM, "\\u%04x", code & 0xffffU)
                            : snprintf(ascii, STEP_ROOM, "\\u%04x\\u%04x", (0xd7c0U + (code >> 10)) & 0xffffU,
                                       0xdc00U | (code & 0x3ffU));
    *given = (size_t)printed;
    return width;
}

char *json_ascii(const char *text, size_t length, size_t *ascii_length)
{
    char *ascii = malloc(3 * length + STEP_ROOM); /* two bytes become six */
    if (!ascii) {
        return NULL;
    }
    *ascii_length = 0;
    for (size_t at = 0, given; at < length; *ascii_length += given) {
        at += take(text + at, length - at, ascii + *ascii_length, &given);
    }
    ascii[*ascii_length] = '\0';
    return ascii;
}

size_t json_ascii_origin(const char *text, size_t length, size_t place)
{
    char ascii[STEP_ROOM];
    size_t at = 0;
    for (size_t reached = 0; at < length;) {
        size_t given;
        const size_t taken = take(text + at, length - at, ascii, &given);
        reached += given;
        if (reached > place) {
            return at + (taken == given ? taken - (reached - place) : 0);
        }
        at += taken;
    }
    return at;
}
