/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/http/deflate_offer.h"
#include "tests/unit/unit.h"

#include <string.h>

static void left(void)
{
    static const char *const offers[] = {
        "",
        "x-webkit-deflate-frame",
        "permessage-deflate; server_max_window_bits=10",
        "permessage-deflate; client_max_window_bits=7",
        "permessage-deflate; client_max_window_bits=16",
        "permessage-deflate; client_max_window_bits=",
        "permessage-deflate; client_max_window_bits=\"10",
        "permessage-deflate; client_no_context_takeover=1",
        "permessage-deflate; client_no_context_takeover; client_no_context_takeover",
        "permessage-deflate; unknown",
        "permessage-deflate;",
        "permessage-deflate-x",
        "permessage-deflate, permessage-deflate; client_max_window_bits",
    };
    char large[400] = "permessage-deflate";
    for (size_t i = 0; i < sizeof offers / sizeof offers[0]; i++) {
        CU_ASSERT_FALSE(deflate_offer_takes(offers[i]));
    }
    memset(large + strlen(large), ' ', sizeof large - 1 - strlen(large));
    CU_ASSERT_FALSE(deflate_offer_takes(large));
}

static void taken(void)
{
    static const char *const offers[] = {
        "permessage-deflate",
        "permessage-deflate; client_max_window_bits",
        "permessage-deflate;client_max_window_bits=15;server_no_context_takeover",
        "permessage-deflate ; client_max_window_bits = \"8\" ; client_no_context_takeover",
        "permessage-deflate; client_max_window_bits, permessage-deflate",
        "x-webkit-deflate-frame, permessage-deflate",
    };
    for (size_t i = 0; i < sizeof offers / sizeof offers[0]; i++) {
        CU_ASSERT_TRUE(deflate_offer_takes(offers[i]));
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {{"left", left}, {"taken", taken}, CU_TEST_INFO_NULL};
    return unit_run("deflate_offer", tests);
}
