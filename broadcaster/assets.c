/* SPDX-License-Identifier: GPL-3.0-or-later */
/* WEB_DIR and the dependency on its files come from CMakeLists.txt. */
#include "broadcaster/assets.h"

#include <string.h>

#define EMBED(symbol, file)                                                                                  \
    __asm__(".pushsection .rodata\n"                                                                         \
            ".balign 16\n" #symbol "_start:\n"                                                               \
            ".incbin \"" WEB_DIR "/" file "\"\n" #symbol "_end:\n"                                           \
            ".byte 0\n"                                                                                      \
            ".popsection\n");                                                                                \
    extern const unsigned char symbol##_start[] __attribute__((visibility("hidden")));                       \
    extern const unsigned char symbol##_end[] __attribute__((visibility("hidden")))

EMBED(asset_page, "index.html");
EMBED(asset_script, "app.js");
EMBED(asset_style, "style.css");

static const struct {
    const char *path;
    const char *content_type;
    const unsigned char *start;
    const unsigned char *end;
} files[] = {
    {"/", "text/html; charset=utf-8", asset_page_start, asset_page_end},
    {"/app.js", "text/javascript; charset=utf-8", asset_script_start, asset_script_end},
    {"/style.css", "text/css; charset=utf-8", asset_style_start, asset_style_end},
};

const struct asset *asset_find(const char *path, struct asset *asset)
{
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        if (strcmp(path, files[i].path) == 0) {
            *asset = (struct asset){files[i].path, files[i].content_type, files[i].start,
                                    (size_t)(files[i].end - files[i].start)};
            return asset;
        }
    }
    return NULL;
}
