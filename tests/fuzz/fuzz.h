/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the fuzz targets share. Each target is one parser of bytes that somebody else wrote: it must not only
 * survive them, but hold what its header promises. scripts/fuzz runs them; replay.c runs what they have found
 * so far. */
#ifndef PHICAST_TESTS_FUZZ_H
#define PHICAST_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold whatever the input. */
#define FUZZ_CHECK(condition) ((condition) ? (void)0 : fuzz_fail(#condition, __FILE__, __LINE__))

_Noreturn static inline void fuzz_fail(const char *condition, const char *file, int line)
{
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
    abort();
}

/* The bytes as a string, cut at the first NUL, in a block of just that size: a sanitizer sees what is read
 * beyond. To be freed. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
    char *text = strndup((const char *)data, size);
    FUZZ_CHECK(text != NULL);
    return text;
}

/* The path of a file that holds the bytes, which only we may read; valid until the next call. */
const char *fuzz_file(const uint8_t *data, size_t size);

/* A message to people says something; the log sees to it that it stays one line. */
void fuzz_check_message(const char *text);

#endif
