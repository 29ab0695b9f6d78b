/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a client of OSCQuery's WebSocket says, and whether there is an address like that. */
#include "shared/json/oscquery.h"
#include "shared/osc_space.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct osc_order order;
    struct osc_leaf leaf;
    if (osc_order_read(&order, (const char *)data, size)) {
        return 0;
    }
    FUZZ_CHECK(memchr(order.path, '\0', sizeof order.path) != NULL);
    if (osc_leaf_find(&leaf, order.path)) {
        char path[OSC_PATH_MAX];
        FUZZ_CHECK(osc_leaf_number(&leaf) < OSC_LEAVES);
        FUZZ_CHECK(strcmp(osc_leaf_path(&leaf, path), order.path) == 0);
    }
    return 0;
}
