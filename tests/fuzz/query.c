/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One argument of a stream's URL. The first byte says which stream's. */
#include "broadcaster/stream/query.h"

#include "shared/part.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    const enum stream_kind kind = (enum stream_kind)(data[0] % STREAM_COUNT);
    const uint32_t most = kind == STREAM_METRICS ? METRICS_HZ_MAX : LATENCY_HZ_MAX;
    char *argument = fuzz_text(data + 1, size - 1);
    struct subscription asked = query_default(kind);
    const char *wrong = query_take(&asked, kind, argument);
    if (wrong) {
        fuzz_check_message(wrong);
    }
    FUZZ_CHECK(kind == STREAM_EVENTS ? asked.replay <= REPLAY_MAX
                                     : asked.rate_hz >= 1 && asked.rate_hz <= most);
    FUZZ_CHECK(kind == STREAM_METRICS  ? asked.add <= PARTS_ALL
               : kind == STREAM_EVENTS ? asked.add == 0 || asked.add == PART_ONSETS
                                       : asked.add == 0);
    free(argument);
    return 0;
}
