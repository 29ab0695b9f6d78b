/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an edge says of a channel. */
#include "broadcaster/sinks/edge/answer.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct edge_answer answer;
    if (edge_answer_read(&answer, (const char *)data, size) == STATUS_OK) {
        FUZZ_CHECK(size <= EDGE_ANSWER_MAX);
        FUZZ_CHECK(answer.last > 0 && answer.last < 1U << EDGE_LAST_BITS);
    }
    return 0;
}
