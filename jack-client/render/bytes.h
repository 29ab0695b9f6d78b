/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bytes of a file, wherever one likes to look. What cannot be read counts as beyond the end. */
#ifndef PHICAST_JACK_CLIENT_RENDER_BYTES_H
#define PHICAST_JACK_CLIENT_RENDER_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BYTES_AHEAD = 65536 };

struct bytes {
    int fd;        /* a file that can be sought in; not owned */
    uint64_t size; /* bytes */
    uint64_t from; /* what `ahead` holds begins here */
    size_t held;
    unsigned char ahead[BYTES_AHEAD];
};

void bytes_init(struct bytes *bytes, int fd, uint64_t size);

/* Copies `count` bytes from position `at`; false if the file does not have all of them. */
bool bytes_get(const struct bytes *bytes, uint64_t at, void *out, size_t count);

/* The bytes from position `at` on, for reading straight on: at least one and *count of them, until the next
 * call. NULL at the end. */
const unsigned char *bytes_view(struct bytes *bytes, uint64_t at, size_t *count);

/* Whether these characters stand at position `at`. */
bool bytes_are(const struct bytes *bytes, uint64_t at, const char *text);

uint64_t bytes_big(const unsigned char *from, size_t count);    /* the most significant byte first */
uint64_t bytes_little(const unsigned char *from, size_t count); /* the least significant byte first */

#endif
