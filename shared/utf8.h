/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether bytes that come piece by piece are UTF-8 (RFC 3629: no overlong forms, no surrogates). Pure. */
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

#endif
