/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a program that starts itself anew leaves in its environment. */
#include "jack-client/client/resume.h"

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct links lost = {0};
    char *text = fuzz_text(data, size);
    FUZZ_CHECK(setenv("PHICAST_RESUME", text, 1) == 0);
    (void)resume_take(&lost);
    const size_t links = lost.count;
    FUZZ_CHECK(resume_take(&lost).hangs == 0); /* once */
    FUZZ_CHECK(lost.count == links);
    for (size_t i = 0; i < lost.count; i++) {
        FUZZ_CHECK(links_find(&lost, lost.link[i].source, lost.link[i].sink) == &lost.link[i]);
    }
    links_clear(&lost);
    free(text);
    return 0;
}
