/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The analyser's segment, changed here and there, as phicast-dump prints it: whatever stands in it, the lines
 * are lines and the JSON is JSON. */
#include "shared/dump/dump.h"

#include "shared/telemetry.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/patch.h"

#include <json-c/json.h>

static struct patch patch;
static const char *name;

static void prepare(void)
{
    const struct event event = {.kind = EVENT_STATE_CHANGE,
                                .timestamp = 1e9,
                                .state_change = {STATE_IDLE, STATE_AMBIENT, TRIGGER_SIGNAL_ONSET, 0.5F}};
    const struct metrics_snapshot metrics = {.frame = 7, .timestamp = 1e9, .channel_count = 8};
    const struct latency_snapshot latency = {.hardware_ms = 5, .buffer_ms = 5};
    const struct analyser_status status = {
        .sample_rate = 48000, .period = 256, .window = 2048, .hop = 512, .channel_count = 8};
    name = patch_open(&patch, &telemetry_kind);
    struct telemetry *telemetry = patch.segment.memory;
    telemetry_write_metrics(telemetry, &metrics);
    telemetry_write_latency(telemetry, &latency);
    telemetry_write_status(telemetry, &status);
    event_push(&telemetry->events, &event);
    patch_keep(&patch);
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
    for (size_t i = 0; i < size; i++) {
        FUZZ_CHECK(text[i] == '\n' || (text[i] >= ' ' && text[i] <= '~'));
    }
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
        prepare();
    }
    patch_undo(&patch);
    while ((step = patch_apply(&patch, data + used, size - used)) > 0) {
        used += step;
    }
    look(false);
    look(true);
    return 0;
}
