/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/assets.h"
#include "tests/unit/unit.h"

#include <stdio.h>
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

static void the_pages(void)
{
    starts_with("/", "text/html; charset=utf-8", "<!doctype html>");
    starts_with("/app.js", "text/javascript; charset=utf-8", "// SPDX");
    starts_with("/style.css", "text/css; charset=utf-8", "/* SPDX");
    starts_with("/visual", "text/html; charset=utf-8", "<!doctype html>");
    starts_with("/visual.js", "text/javascript; charset=utf-8", "// SPDX");
    starts_with("/vendor/uplot/uPlot.iife.min.js", "text/javascript; charset=utf-8",
                "/*! https://github.com/leeoniya/uPlot");
}

/* What a page asks for is there: each "/name" after src= or href=, and each './name' after from. */
static void whole(const char *path)
{
    struct asset page;
    struct asset part;
    char name[64];
    int count = 0;
    CU_ASSERT_PTR_NOT_NULL_FATAL(asset_find(path, &page));
    const char *at = (const char *)page.data; /* a zero follows the last byte */
    while ((at = strpbrk(at, "\"'"))) {
        at++;
        if (sscanf(at, "./%60[^']'", name + 1) == 1 || sscanf(at, "/%60[a-zA-Z/.-]\"", name + 1) == 1) {
            name[0] = '/';
            CU_ASSERT(strncmp(name, "/api/", 5) == 0 || asset_find(name, &part));
            count++;
        }
    }
    CU_ASSERT(count > 0);
}

static void nothing_missing(void)
{
    whole("/");
    whole("/app.js");
    whole("/visual");
    whole("/visual.js");
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"unknown paths", unknown_paths},
        {"the pages", the_pages},
        {"nothing missing", nothing_missing},
        CU_TEST_INFO_NULL,
    };
    return unit_run("assets", tests);
}
