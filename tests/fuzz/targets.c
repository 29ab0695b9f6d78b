/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file of kept OSC targets: what is taken from it is written so that it is read again. */
#include "shared/json/targets.h"

#include "tests/fuzz/fuzz.h"

static void load(struct kept_targets *kept, const void *data, size_t size)
{
    char error[OPTION_ERROR_MAX] = "";
    const enum status status = kept_targets_load(kept, fuzz_file(data, size), error);
    FUZZ_CHECK((status == STATUS_OK) == (error[0] == '\0'));
    FUZZ_CHECK(status == STATUS_OK || kept->count == 0);
    if (status) {
        fuzz_check_message(error);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kept_targets kept = {0};
    struct kept_targets again = {0};
    struct message text = {0};
    load(&kept, data, size);
    FUZZ_CHECK(kept_targets_print(&kept, &text) == STATUS_OK);
    load(&again, text.text, text.length);
    FUZZ_CHECK(again.count == kept.count);
    for (uint32_t i = 0; i < kept.count; i++) {
        FUZZ_CHECK(kept.url[i][0] != '\0' && strcmp(kept.url[i], again.url[i]) == 0);
    }
    if (kept.count > 0) {
        kept_targets_remove(&again, kept.url[0]);
        FUZZ_CHECK(again.count < kept.count);
    }
    kept_targets_free(&kept);
    kept_targets_free(&again);
    message_free(&text);
    return 0;
}
