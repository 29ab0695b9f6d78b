/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far a sound file can be believed: the containers' walkers alone. */
#include "jack-client/render/extent.h"

#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct bytes bytes;
    struct extent extent;
    const int fd = open(fuzz_file(data, size), O_RDONLY | O_CLOEXEC);
    FUZZ_CHECK(fd >= 0);
    bytes_init(&bytes, fd, size);
    extent_find(&extent, &bytes);
    FUZZ_CHECK(extent.end <= size && extent.patch_count <= sizeof extent.patch);
    FUZZ_CHECK(extent.patch_at + extent.patch_count <= size);
    FUZZ_CHECK(extent.fault || extent.end == size || data[extent.end] == 0 || size - extent.end >= 10);
    close(fd);
    return 0;
}
