/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON in ASCII alone: json-c 0.18 takes the other characters for control characters when it is to be strict.
 * Pure. */
#ifndef PHICAST_SHARED_JSON_ASCII_H
#define PHICAST_SHARED_JSON_ASCII_H

#include <stddef.h>

/* The text, which is UTF-8, with \u escapes for what is not ASCII, in a block to be freed; NULL: out of
 * memory. */
char *json_ascii(const char *text, size_t length, size_t *ascii_length);

/* Where in the text that stood which is at a place in its ASCII. */
size_t json_ascii_origin(const char *text, size_t length, size_t place);

#endif
