/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The analyser's segment, changed here and there, as phicast-dump prints it: whatever stands in it, the lines
 * are lines and the JSON is JSON. */
#include "shared/dump/dump.h"

#include "shared/ring.h"
#include "shared/utf8.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/patch.h"

#include <json-c/json.h>
#include <string.h>

static struct patch patch;
static const char *name;

/* Names are UTF-8; of control characters there is but the one that ends lines. */
static void check_lines(const char *text, size_t size)
{
    char *copy = strdup(text);
    FUZZ_CHECK(copy != NULL && strlen(copy) == size);
    for (char *end = copy; (end = strchr(end, '\n')) != NULL;) {
        *end = ' ';
    }
    FUZZ_CHECK(utf8_is_plain(copy));
    free(copy);
}

static void look(bool json)
{
    const struct dump_options options = {.name = name, .last = RING_SLOTS - 1, .json = json};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    FUZZ_CHECK(out != NULL);
    (void)dump_segments(&options, out);
    FUZZ_CHECK(fclose(out) == 0 && size > 0);
    check_lines(text, size);
    struct json_object *object = json ? json_tokener_parse(text) : NULL;
    FUZZ_CHECK(!json || object != NULL);
    json_object_put(object);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t used = 0;
    size_t step;
    if (!name) {
        name = patch_open_telemetry(&patch);
        patch_keep(&patch);
    }
    patch_undo(&patch);
    while ((step = patch_apply(&patch, data + used, size - used)) > 0) {
        used += step;
    }
    look(false);
    look(true);
    return 0;
}
