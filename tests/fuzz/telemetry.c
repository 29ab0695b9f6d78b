/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The analyser's segment as the broadcaster reads it, changed under its eyes. */
#include "broadcaster/source/live.h"
#include "shared/json/messages.h"
#include "shared/utf8.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/patch.h"

enum { NOW_US = 1000000000, POLL_US = 300000, EVENTS_MAX = 4 * RING_SLOTS };

static struct patch patch;
static const char *name;
static struct message message;

static void free_message(void)
{
    message_free(&message);
}

static void prepare(void)
{
    name = patch_open_telemetry(&patch);
    ((struct telemetry *)patch.segment.memory)->heartbeat_us = NOW_US;
    patch_keep(&patch);
    atexit(free_message);
}

/* Looks at everything. */
static void look(struct source *source, uint64_t now_us)
{
    struct metrics_snapshot frame;
    struct event event;
    source_poll(source, now_us);
    source_frame(source, 1e9, &frame);
    FUZZ_CHECK(message_metrics(&message, &frame, PARTS_ALL) == STATUS_OK);
    FUZZ_CHECK(source_latency(source).hardware_ms >= 0);
    for (uint32_t i = 0; i < CHANNELS_MAX; i++) {
        FUZZ_CHECK(utf8_is_plain(source->names.name[i]));
    }
    FUZZ_CHECK(source->patchbay.count <= PATCHBAY_MAX);
    for (uint32_t i = 0; i < source->patchbay.count; i++) {
        FUZZ_CHECK(utf8_is_plain(source->patchbay.source[i].name));
    }
    FUZZ_CHECK(source_sound_state(source) <= STATE_OFFLINE);
    for (int i = 0; i < EVENTS_MAX && source_event(source, &event) == STATUS_OK; i++) {
        FUZZ_CHECK(message_event(&message, &event) == STATUS_OK);
    }
    if (source->state != SOURCE_LIVE) {
        fuzz_check_message(source->why);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct live live;
    uint64_t now_us = NOW_US;
    size_t used = 1;
    if (!name) {
        prepare();
    }
    patch_undo(&patch);
    live_init(&live, name, SEGMENT_TRUST_NONE);
    if (size > 0 && data[0] & 1) { /* as it is found */
        used += patch_apply(&patch, data + 1, size - 1);
    }
    look(&live.base, now_us);
    while (used < size) {
        const size_t step = patch_apply(&patch, data + used, size - used);
        if (step == 0) {
            break;
        }
        used += step;
        now_us += POLL_US;
        look(&live.base, now_us);
    }
    source_close(&live.base);
    return 0;
}
