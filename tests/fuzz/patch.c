/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/fuzz/patch.h"

#include "tests/fuzz/fuzz.h"

#include <unistd.h>

static struct segment *opened;

static void remove_segment(void)
{
    segment_close(opened);
}

const char *patch_open(struct patch *patch, const struct segment_kind *kind)
{
    static char name[32];
    snprintf(name, sizeof name, "fuzz-%d", (int)getpid());
    FUZZ_CHECK(segment_create(&patch->segment, kind, name, (gid_t)-1) == STATUS_OK);
    patch->good = malloc(kind->size);
    FUZZ_CHECK(patch->good != NULL);
    opened = &patch->segment;
    atexit(remove_segment);
    return name;
}

void patch_keep(struct patch *patch)
{
    memcpy(patch->good, patch->segment.memory, patch->segment.kind->size);
}

void patch_undo(struct patch *patch)
{
    FUZZ_CHECK(ftruncate(patch->segment.fd, (off_t)patch->segment.kind->size) == 0);
    memcpy(patch->segment.memory, patch->good, patch->segment.kind->size);
}

size_t patch_apply(struct patch *patch, const uint8_t *data, size_t size)
{
    if (size < 3) {
        return 0;
    }
    const size_t length = patch->segment.kind->size;
    const size_t at = (size_t)(data[0] | data[1] << 8) % length;
    if (data[2] == PATCH_CUT) {
        FUZZ_CHECK(ftruncate(patch->segment.fd, (off_t)at) == 0);
        return size; /* what lies behind cannot be written to any more */
    }
    size_t count = data[2] < size - 3 ? data[2] : size - 3;
    count = count < length - at ? count : length - at;
    memcpy((char *)patch->segment.memory + at, data + 3, count);
    return 3 + count;
}
