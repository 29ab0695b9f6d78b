/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The broadcaster's segment as the analyser reads it, and as a broadcaster's successor does. */
#include "shared/control.h"

#include "jack-client/client/inbox.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/patch.h"

static struct patch patch;
static const char *name;

static void prepare(void)
{
    const struct command command = {.kind = COMMAND_DEPTH, .value = 0.5};
    name = patch_open(&patch, &control_kind);
    struct control *control = patch.segment.memory;
    command_push(&control->commands, &command);
    patch_keep(&patch);
}

static void poll(struct inbox *inbox, uint64_t now_ms)
{
    static struct ring commands;
    uint64_t next = ring_head(&commands);
    struct command command;
    double level = -20;
    inbox_poll(inbox, &commands, &level, now_ms);
    while (command_read(&commands, &next, &command, NULL) == STATUS_OK) {
    }
    FUZZ_CHECK(next == ring_head(&commands)); /* none was out of range */
    for (uint32_t i = 0; i < inbox->patch_count; i++) {
        FUZZ_CHECK(command_check(&inbox->patch[i]) == STATUS_OK);
    }
    FUZZ_CHECK(level >= -60 && level <= 0);
}

static void succeed(void)
{
    struct segment segment;
    if (segment_attach(&segment, &control_kind, name, SEGMENT_TRUST_NONE) == STATUS_OK) {
        (void)control_load_cursor(segment.memory);
        segment_close(&segment);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct inbox inbox;
    uint64_t now_ms = 1000;
    size_t used = 0;
    if (!name) {
        prepare();
    }
    patch_undo(&patch);
    inbox_init(&inbox, name);
    poll(&inbox, now_ms);
    while (used < size) {
        const size_t step = patch_apply(&patch, data + used, size - used);
        if (step == 0) {
            break;
        }
        used += step;
        now_ms += 300;
        poll(&inbox, now_ms);
    }
    succeed();
    inbox_close(&inbox);
    return 0;
}
