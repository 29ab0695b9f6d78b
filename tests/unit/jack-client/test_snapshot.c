/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An analysis frame in the shape in which it is published. */
#include "jack-client/snapshot.h"
#include "tests/unit/unit.h"

#include <string.h>

static struct analysis_frame sample_frame(void)
{
    struct analysis_frame frame = {
        .frame = 0x123456789A,
        .end = 99,
        .ici = 0.25F,
        .criticality = 1.5F,
        .phase_coherence = 0.75F,
        .spectral_centroid = 1234.5F,
        .active_channels = 2,
    };
    for (uint32_t i = 0; i < CHANNELS_MAX; i++) {
        frame.channel[i] = (struct channel_metrics){100.0F + (float)i, 0.5F, -1, 1};
    }
    return frame;
}

static bool is_zero(const void *memory, size_t bytes)
{
    const unsigned char *byte = memory;
    for (size_t i = 0; i < bytes; i++) {
        if (byte[i] != 0) {
            return false;
        }
    }
    return true;
}

static void the_frame_is_copied(void)
{
    const struct analysis_frame frame = sample_frame();
    static const uint32_t counts[] = {1, 2, 8, 64};
    for (size_t c = 0; c < 4; c++) {
        struct metrics_snapshot snapshot;
        memset(&snapshot, 0xFF, sizeof snapshot);
        snapshot_from_frame(&snapshot, &frame, counts[c]);
        CU_ASSERT_EQUAL(snapshot.frame, frame.frame);
        CU_ASSERT_EQUAL(snapshot.ici, frame.ici);
        CU_ASSERT_EQUAL(snapshot.criticality, frame.criticality);
        CU_ASSERT_EQUAL(snapshot.phase_coherence, frame.phase_coherence);
        CU_ASSERT_EQUAL(snapshot.spectral_centroid, frame.spectral_centroid);
        CU_ASSERT_EQUAL(snapshot.active_channels, 2);
        CU_ASSERT_EQUAL(snapshot.channel_count, counts[c]);
        CU_ASSERT_EQUAL(memcmp(snapshot.channel, frame.channel, counts[c] * sizeof frame.channel[0]), 0);
    }
}

/* What the frame does not know is 0, and so are the channels that are not in use: no old memory is published.
 */
static void the_rest_is_zero(void)
{
    const struct analysis_frame frame = sample_frame();
    struct metrics_snapshot snapshot;
    memset(&snapshot, 0xFF, sizeof snapshot);
    snapshot_from_frame(&snapshot, &frame, 8);
    CU_ASSERT_EQUAL(snapshot.timestamp, 0);
    CU_ASSERT_EQUAL(snapshot.centre_us, 0);
    CU_ASSERT_EQUAL(snapshot.published_us, 0);
    CU_ASSERT_EQUAL(snapshot.phi_depth, 0);
    CU_ASSERT_EQUAL(snapshot.phi_phase, 0);
    CU_ASSERT_EQUAL(snapshot.phi_breathing_active, 0);
    CU_ASSERT_EQUAL(snapshot.state, STATE_IDLE);
    CU_ASSERT(is_zero(&snapshot.channel[8], (CHANNELS_MAX - 8) * sizeof snapshot.channel[0]));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"the frame is copied", the_frame_is_copied},
        {"the rest is zero", the_rest_is_zero},
        CU_TEST_INFO_NULL,
    };
    return unit_run("snapshot", tests);
}
