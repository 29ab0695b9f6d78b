/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/assets.h"
#include "tests/unit/unit.h"

#include <string.h>

static void unknown_paths(void)
{
    struct asset asset;
    CU_ASSERT_PTR_NULL(asset_find("", &asset));
    CU_ASSERT_PTR_NULL(asset_find("/index.htm", &asset));
    CU_ASSERT_PTR_NULL(asset_find("//", &asset));
    CU_ASSERT_PTR_NULL(asset_find("/app.js/", &asset));
}

static void starts_with(const char *path, const char *type, const char *start)
{
    struct asset asset;
    CU_ASSERT_PTR_NOT_NULL_FATAL(asset_find(path, &asset));
    CU_ASSERT_STRING_EQUAL(asset.content_type, type);
    CU_ASSERT_FATAL(asset.length > strlen(start));
    CU_ASSERT_EQUAL(memcmp(asset.data, start, strlen(start)), 0);
    CU_ASSERT_EQUAL(asset.data[asset.length - 1], '\n'); /* whole, to its last line's end */
}

static void the_page(void)
{
    starts_with("/", "text/html; charset=utf-8", "<!doctype html>");
    starts_with("/app.js", "text/javascript; charset=utf-8", "// SPDX");
    starts_with("/style.css", "text/css; charset=utf-8", "/* SPDX");
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"unknown paths", unknown_paths},
        {"the page", the_page},
        CU_TEST_INFO_NULL,
    };
    return unit_run("assets", tests);
}
