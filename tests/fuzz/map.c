/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A person's map from metrics to OSC addresses, up to the values that it sends. */
#include "broadcaster/sinks/osc/map.h"

#include "broadcaster/sinks/osc/packet.h"
#include "tests/fuzz/fuzz.h"

#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct metrics_snapshot frame = {
        .ici = 0.5F, .criticality = 2, .spectral_centroid = 1000, .channel_count = 2};
    struct osc_packet packet;
    struct osc_map map = {0};
    char error[OPTION_ERROR_MAX] = "";
    if (osc_map_make(&map, fuzz_file(data, size), "/phicast", PARTS_ALL, error)) {
        fuzz_check_message(error);
        osc_map_free(&map);
        return 0;
    }
    for (uint32_t i = 0; i < map.count; i++) {
        FUZZ_CHECK(isfinite(osc_map_value(&map.row[i], &frame)));
        FUZZ_CHECK(map.row[i].address[0] == '/');
    }
    for (uint32_t next = 0; next < map.count;) {
        FUZZ_CHECK(osc_pack_frame(&packet, &map, &next, &frame,
                                  (struct osc_extent){CHANNELS_MAX, BANDS_MAX, true}, true) == STATUS_OK);
        FUZZ_CHECK(packet.length <= OSC_PACKET_MAX);
    }
    osc_map_free(&map);
    return 0;
}
