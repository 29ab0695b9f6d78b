/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes that change a good segment here and there: two bytes for a place, one for how many follow. */
#ifndef PHICAST_TESTS_FUZZ_PATCH_H
#define PHICAST_TESTS_FUZZ_PATCH_H

#include "shared/segment.h"

#include <stddef.h>
#include <stdint.h>

enum { PATCH_CUT = 255 }; /* in place of how many: the file is cut short there */

/* A segment of that kind with this process as its writer, and a copy of it as it should be. */
struct patch {
    struct segment segment;
    void *good;
};

/* Makes the segment, under a name of this process's own, which it returns; removed at exit. */
const char *patch_open(struct patch *patch, const struct segment_kind *kind);

/* The same with an analyser's, in which something stands everywhere but for the heartbeat. */
const char *patch_open_telemetry(struct patch *patch);

/* Remembers how it is now as how it should be. */
void patch_keep(struct patch *patch);

/* Back to that. */
void patch_undo(struct patch *patch);

/* Takes one change out of the data; how many bytes that were, 0 at the end. */
size_t patch_apply(struct patch *patch, const uint8_t *data, size_t size);

#endif
