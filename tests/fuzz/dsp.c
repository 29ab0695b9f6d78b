/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any samples, in any shape that the engine takes, with people's commands on it: all that is told is a
 * message.
 */
#include "jack-client/engine.h"
#include "shared/json/messages.h"
#include "tests/fuzz/fuzz.h"

#include <math.h>

enum { HEAD = 8, BLOCK = 256, BLOCKS = 24 };

/* Bytes one after the other, round and round. */
struct bytes {
    const uint8_t *data;
    size_t size;
    size_t at;
};

static uint8_t next(struct bytes *bytes)
{
    return bytes->data[bytes->at++ % bytes->size];
}

static struct engine_config config_of(struct bytes *bytes)
{
    struct engine_config config = ENGINE_DEFAULTS;
    static const uint32_t rates[] = {1000, 8000, 44100, 48000, 192000, 1000000};
    config.analysis.sample_rate = rates[next(bytes) % 6U];
    config.analysis.channels = next(bytes) % 6U + 1;
    config.analysis.window = 256U << next(bytes) % 3U;
    config.analysis.hop = config.analysis.window >> next(bytes) % 3U;
    config.analysis.smooth_ms = next(bytes) % 2U ? 50 : 0;
    config.analysis.criticality_ms = next(bytes) % 2U ? 500 : 1;
    config.analysis.repeatable = true;
    config.breathing = next(bytes) % 2U;
    config.auto_phi = next(bytes) % 2U;
    config.always = next(bytes) % (PARTS_ALL + 1U);
    config.analysis.bands = next(bytes) % BANDS_MAX + 1U;
    config.analysis.channel_bands = next(bytes) % 2U;
    config.analysis.band_release_ms = next(bytes) % 2U ? 120 : 0;
    config.analysis.onset_threshold = next(bytes) % 2U ? ONSETS_THRESHOLD_DEFAULT : ONSETS_THRESHOLD_MIN;
    return config;
}

static void tell(struct engine *engine, const struct analysis_frame *frame, struct message *message)
{
    struct metrics_snapshot snapshot = {0};
    struct event events[ENGINE_EVENTS_MAX];
    const uint32_t count = engine_describe(engine, frame, 1e9, &snapshot, events);
    FUZZ_CHECK(message_metrics(message, &snapshot, PARTS_ALL) == STATUS_OK &&
               metric_groups_in_range(&snapshot));
    FUZZ_CHECK(snapshot.ici >= 0 && snapshot.ici <= 1 && snapshot.phase_coherence >= 0 &&
               snapshot.phase_coherence <= 1 && snapshot.criticality >= 0 && snapshot.phi_depth >= 0 &&
               snapshot.phi_depth <= 1);
    FUZZ_CHECK(count <= ENGINE_EVENTS_MAX);
    for (uint32_t i = 0; i < count; i++) {
        FUZZ_CHECK(event_check(&events[i]) == STATUS_OK);
        FUZZ_CHECK(message_event(message, &events[i]) == STATUS_OK);
    }
}

static float sample_of(struct bytes *bytes)
{
    uint32_t bits = 0;
    for (int i = 0; i < 4; i++) {
        bits = bits << 8 | next(bytes);
    }
    float sample;
    memcpy(&sample, &bits, sizeof sample);
    return sample;
}

static void pass(struct engine *engine, uint32_t channels, struct bytes *bytes, struct message *message)
{
    static float samples[6][BLOCK];
    float *channel[6];
    struct analysis_frame frame;
    const uint32_t count = next(bytes) + 1U;
    for (uint32_t i = 0; i < channels; i++) {
        channel[i] = samples[i];
        for (uint32_t n = 0; n < count; n++) {
            samples[i][n] = sample_of(bytes);
        }
    }
    const uint8_t choice = next(bytes);
    if (choice < 64) {
        const struct command command = {.kind = next(bytes) % 8U, .value = (double)sample_of(bytes)};
        if (command_check(&command) == STATUS_OK) { /* as whoever passes it on has done */
            engine_command(engine, &command);
        }
    }
    engine_pass(engine, (const float *const *)channel, channel, count, choice == 255);
    while (engine_step(engine, &frame)) {
        tell(engine, &frame, message);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes bytes = {data, size, 0};
    struct engine engine = {0};
    struct message message = {0};
    if (size < HEAD) {
        return 0;
    }
    const struct engine_config config = config_of(&bytes);
    FUZZ_CHECK(engine_prepare(&engine, &config) == STATUS_OK);
    for (int i = 0; i < BLOCKS; i++) {
        pass(&engine, config.analysis.channels, &bytes, &message);
    }
    engine_release(&engine);
    message_free(&message);
    return 0;
}
