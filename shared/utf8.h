/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether bytes are UTF-8 (RFC 3629: no overlong forms, no surrogates), piece by piece or as a text. Pure. */
#ifndef PHICAST_SHARED_UTF8_H
#define PHICAST_SHARED_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Start from {0}; all zeros again after each whole character. */
struct utf8 {
    uint8_t missing; /* bytes of the character under way */
    uint8_t least;   /* of the next one */
    uint8_t most;
};

/* False: they are not. */
bool utf8_take(struct utf8 *utf8, const unsigned char *bytes, size_t length);

/* The bytes of the character that the text begins with, 1...4; 0: it is empty, or begins with none. */
size_t utf8_first(const char *text);

/* Whether the character that the text begins with is one of the control characters (U+0000...U+001F,
 * U+007F...U+009F). */
bool utf8_is_control(const char *text);

/* Whether all of the text is UTF-8 without control characters: it is one line wherever it is printed. */
bool utf8_is_plain(const char *text);

#endif
