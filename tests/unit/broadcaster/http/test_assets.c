/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/http/assets.h"
#include "tests/unit/unit.h"

#include <stdbool.h>
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
    starts_with("/stage", "text/html; charset=utf-8", "<!doctype html>");
    starts_with("/vendor/uqr/index.mjs", "text/javascript; charset=utf-8", "var QrCodeDataType");
    starts_with("/words.de.js", "text/javascript; charset=utf-8", "// SPDX");
}

/* What follows `key` up to the quote at its end, in `name` after a slash; NULL if there is no more. */
static const char *next_name(const char *at, const char *key, char name[64])
{
    const char *found = strstr(at, key);
    if (!found) {
        return NULL;
    }
    const char *start = found + strlen(key);
    snprintf(name, 64, "/%.*s", (int)strcspn(start, "\"'"), start);
    return start;
}

/* What a page or script asks for is there, and by an address that a proxy may have put under a path. */
static void whole(const char *path)
{
    static const char *const keys[] = {"src=\"",  "href=\"",    " from './",
                                       " from '", "import './", "import('./"};
    struct asset page;
    struct asset part;
    char name[64];
    int count = 0;
    CU_ASSERT_PTR_NOT_NULL_FATAL(asset_find(path, &page));
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const char *at = (const char *)page.data; /* a zero follows the last byte */
        while ((at = next_name(at, keys[i], name))) {
            CU_ASSERT(name[1] != '/');
            const bool file = strncmp(name, "/data:", 6) != 0 && strncmp(name, "/./", 3) != 0 &&
                              strncmp(name, "/api/", 5) != 0;
            CU_ASSERT(!file || asset_find(name, &part));
            count += file ? 1 : 0;
        }
    }
    CU_ASSERT(count > 0);
}

/* Every address in a script is relative as well. */
static void nothing_from_the_root(void)
{
    static const char *const paths[] = {"/access.js",  "/app.js",    "/breathing.js", "/described.js",
                                        "/latency.js", "/server.js", "/stream.js",    "/streams.js",
                                        "/targets.js", "/token.js",  "/view.js",      "/visual.js"};
    static const char *const roots[] = {"'/", "\"/", "`/"};
    struct asset script;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        CU_ASSERT_PTR_NOT_NULL_FATAL(asset_find(paths[i], &script));
        for (size_t r = 0; r < sizeof roots / sizeof roots[0]; r++) {
            const char *found = strstr((const char *)script.data, roots[r]);
            CU_ASSERT_PTR_NULL(found);
        }
    }
}

static void nothing_missing(void)
{
    whole("/");
    whole("/app.js");
    whole("/share.js");
    whole("/stage");
    whole("/stage.js");
    whole("/visual");
    whole("/visual.js");
    whole("/scene-waves.js"); /* visual-scenes.js has their names, and the addresses only as a pattern */
    whole("/scene-ridges.js");
    whole("/scene-ripples.js");
    whole("/scene-orbits.js");
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"unknown paths", unknown_paths},
        {"the pages", the_pages},
        {"nothing missing", nothing_missing},
        {"nothing from the root", nothing_from_the_root},
        CU_TEST_INFO_NULL,
    };
    return unit_run("assets", tests);
}
