/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/fuzz/patch.h"

#include "shared/telemetry.h"
#include "tests/fuzz/fuzz.h"

#include <unistd.h>

static struct segment *opened;

static void remove_segment(void)
{
    segment_close(opened);
}

const char *patch_open(struct patch *patch, const struct segment_kind *kind)
{
    static char name[32];
    snprintf(name, sizeof name, "fuzz-%d", (int)getpid());
    FUZZ_CHECK(segment_create(&patch->segment, kind, name, (gid_t)-1) == STATUS_OK);
    patch->good = malloc(kind->size);
    FUZZ_CHECK(patch->good != NULL);
    opened = &patch->segment;
    atexit(remove_segment);
    return name;
}

const char *patch_open_telemetry(struct patch *patch)
{
    const struct event event = {.kind = EVENT_STATE_CHANGE,
                                .timestamp = 1e9,
                                .state_change = {STATE_IDLE, STATE_AMBIENT, TRIGGER_SIGNAL_ONSET, 0.5F}};
    const struct metrics_snapshot metrics = {.frame = 7, .timestamp = 1e9, .channel_count = 8};
    const struct latency_snapshot latency = {.hardware_ms = 5, .buffer_ms = 5};
    const struct analyser_status status = {
        .sample_rate = 48000, .period = 256, .window = 2048, .hop = 512, .channel_count = 8};
    static const struct patchbay patchbay = {.count = 1, .source = {{7, 1, "system:capture_1"}}};
    const char *name = patch_open(patch, &telemetry_kind);
    struct telemetry *telemetry = patch->segment.memory;
    telemetry_write_metrics(telemetry, &metrics);
    telemetry_write_latency(telemetry, &latency);
    telemetry_write_status(telemetry, &status);
    telemetry_write_patchbay(telemetry, &patchbay);
    event_push(&telemetry->events, &event);
    return name;
}

void patch_keep(struct patch *patch)
{
    memcpy(patch->good, patch->segment.memory, patch->segment.kind->size);
}

void patch_undo(struct patch *patch)
{
    FUZZ_CHECK(ftruncate(patch->segment.fd, (off_t)patch->segment.kind->size) == 0);
    memcpy(patch->segment.memory, patch->good, patch->segment.kind->size);
}

size_t patch_apply(struct patch *patch, const uint8_t *data, size_t size)
{
    if (size < 3) {
        return 0;
    }
    const size_t length = patch->segment.kind->size;
    const size_t at = (size_t)(data[0] | data[1] << 8) % length;
    if (data[2] == PATCH_CUT) {
        FUZZ_CHECK(ftruncate(patch->segment.fd, (off_t)at) == 0);
        return size; /* what lies behind cannot be written to any more */
    }
    size_t count = data[2] < size - 3 ? data[2] : size - 3;
    count = count < length - at ? count : length - at;
    memcpy((char *)patch->segment.memory + at, data + 3, count);
    return 3 + count;
}
