/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a program that starts itself anew leaves in its environment. */
#include "jack-client/control/resume.h"

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct links lost = {0};
    uint64_t next_frame = 0;
    char *text = fuzz_text(data, size);
    FUZZ_CHECK(setenv("PHICAST_RESUME", text, 1) == 0);
    FUZZ_CHECK(resume_take(&next_frame, &lost));
    FUZZ_CHECK(!resume_take(&next_frame, &lost)); /* once */
    for (size_t i = 0; i < lost.count; i++) {
        FUZZ_CHECK(links_find(&lost, lost.link[i].source, lost.link[i].sink) == &lost.link[i]);
    }
    links_clear(&lost);
    free(text);
    return 0;
}
