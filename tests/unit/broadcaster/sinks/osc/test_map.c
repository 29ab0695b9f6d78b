/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/sinks/osc/map.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

static struct osc_map map;
static char error[OPTION_ERROR_MAX];

static const struct metrics_snapshot frame = {
    .frame = 65536 * 3 + 5,
    .ici = 0.5F,
    .criticality = 2,
    .phase_coherence = 0.25F,
    .spectral_centroid = 20000,
    .phi_depth = 0.618F,
    .phi_phase = 3.1415927F,
    .phi_breathing_active = 1,
    .active_channels = 2,
    .channel_count = 2,
    .channel = {{.frequency = 440, .amplitude = 0.5F, .phase = -3, .active = 1},
                {.frequency = 880, .amplitude = 0.125F, .phase = 3, .active = 1}},
    .band_count = 8,
    .parts = PARTS_ALL,
    .requested = {.onset_strength = 0.75F, .level = {{.rms = 0.25F}}, .band = {0, 0.6F}},
};

static enum status make(const char *text)
{
    char path[] = "/tmp/phicast-map-XXXXXX";
    const int fd = mkstemp(path);
    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_EQUAL(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    const enum status status = osc_map_make(&map, path, "/phicast", 0, error);
    unlink(path);
    return status;
}

static void refuses(const char *text, const char *part)
{
    error[0] = '\0';
    CU_ASSERT_EQUAL(make(text), STATUS_BAD_ARG);
    CU_ASSERT_EQUAL(map.count, 0);
    if (!strstr(error, part)) {
        fprintf(stderr, "%s: \"%s\" lacks \"%s\"\n", text, error, part);
        CU_FAIL("the words are others");
    }
}

static float value_at(const char *address)
{
    for (uint32_t i = 0; i < map.count; i++) {
        if (strcmp(map.row[i].address, address) == 0) {
            return osc_map_value(&map.row[i], &frame);
        }
    }
    fprintf(stderr, "no %s\n", address);
    return NAN;
}

static void near(const char *address, double expected)
{
    const double value = (double)value_at(address);
    if (!(fabs(value - expected) <= 1e-6 * fmax(1, fabs(expected)))) {
        fprintf(stderr, "%s: %g, not %g\n", address, value, expected);
        CU_FAIL("another value was expected");
    }
}

static void wrong_ones(void)
{
    CU_ASSERT_EQUAL(osc_map_make(&map, "/nonexistent", "/p", 0, error), STATUS_NOT_FOUND);
    refuses("[{\"metric\":\"loudness\",\"address\":\"/a\"}]", "loudness: no such metric");
    refuses("[{\"metric\":\"frequency\",\"address\":\"/a\"}]", "no such metric");
    refuses("[{\"metric\":\"channel/0/frequency\",\"address\":\"/a\"}]", "no such metric");
    refuses("[{\"metric\":\"channel/65/frequency\",\"address\":\"/a\"}]", "no such metric");
    refuses("[{\"metric\":\"channel/+1/frequency\",\"address\":\"/a\"}]", "no such metric");
    refuses("[{\"metric\":\"channel/1/ici\",\"address\":\"/a\"}]", "no such metric");
    refuses("[{\"metric\":\"channel/1\",\"address\":\"/a\"}]", "no such metric");
    refuses("[{\"metric\":\"ici\",\"address\":\"a\"}]", "give an address");
    refuses("[{\"metric\":\"ici\",\"address\":\"/\"}]", "give an address");
    refuses("[{\"metric\":\"ici\",\"address\":\"/a b\"}]", "give an address");
    refuses("[{\"metric\":\"ici\",\"address\":\"/*\"}]", "give an address");
    refuses("[{\"metric\":\"channel/*/phase\",\"address\":\"/a\"}]", "give an address");
    refuses("[{\"metric\":\"channel/*/phase\",\"address\":\"/*/*\"}]", "give an address");
    refuses("[{\"metric\":\"ici\",\"address\":\"/a\"},{\"metric\":\"ici\",\"address\":\"/#\"}]", "line 2");
}

static void every_metric(void)
{
    CU_ASSERT_EQUAL(osc_map_make(&map, "", "/my/show", 0, error), STATUS_OK);
    CU_ASSERT_EQUAL(map.count, 9 + 4 * CHANNELS_MAX);
    near("/my/show/ici", 0.5);
    near("/my/show/criticality", 2);
    near("/my/show/phase_coherence", 0.25);
    near("/my/show/spectral_centroid", 20000);
    near("/my/show/phi/depth", 0.618);
    near("/my/show/phi/phase", 3.1415927);
    near("/my/show/phi/breathing", 1);
    near("/my/show/active_channels", 2);
    near("/my/show/heartbeat", 5);
    near("/my/show/channel/1/frequency", 440);
    near("/my/show/channel/2/amplitude", 0.125);
    near("/my/show/channel/2/phase", 3);
    near("/my/show/channel/1/active", 1);
    near("/my/show/channel/3/frequency", 0); /* the frame does not have it */
    near("/my/show/channel/64/active", 0);
    osc_map_free(&map);
}

static void percentages(void)
{
    for (uint32_t i = 0; i < map.count; i++) {
        const float value = osc_map_value(&map.row[i], &frame);
        CU_ASSERT(value >= 0 && value <= 100);
    }
}

static void ready_made(void)
{
    CU_ASSERT_EQUAL(osc_map_make(&map, "touchdesigner", "/phicast", 0, error), STATUS_OK);
    near("/phicast/ici", 0.5);
    osc_map_free(&map);
    CU_ASSERT_EQUAL(osc_map_make(&map, "resolume", "/phicast", 0, error), STATUS_OK);
    CU_ASSERT_EQUAL(map.count, 8 + BANDS_MAX);
    near("/composition/dashboard/link1", 0.5);
    near("/composition/dashboard/link2", 0.5);
    near("/composition/dashboard/link4", 1); /* cut */
    near("/composition/dashboard/link6", 0.5);
    near("/composition/dashboard/link7", 0.5);
    near("/composition/dashboard/link8", 0.75);
    near("/composition/layers/1/dashboard/link2", 1);
    CU_ASSERT_EQUAL(map.parts, PARTS_ALL);
    osc_map_free(&map);
    CU_ASSERT_EQUAL(osc_map_make(&map, "eos", "/phicast", 0, error), STATUS_OK);
    near("/eos/chan/901", 50);
    near("/eos/chan/904", 100);
    percentages();
    osc_map_free(&map);
    CU_ASSERT_EQUAL(osc_map_make(&map, "grandma3", "/phicast", 0, error), STATUS_OK);
    near("/gma3/Page99/Fader201", 50);
    near("/gma3/Page99/Fader202", 50);
    near("/gma3/Page99/Fader204", 100);
    near("/gma3/Page99/Fader208", 50);
    near("/gma3/Page99/Fader212", 100);
    near("/gma3/Page99/Fader218", 0);
    CU_ASSERT_EQUAL(map.count, 17);
    CU_ASSERT_EQUAL(map.parts, PARTS_ALL);
    percentages();
    osc_map_free(&map);
}

static void ranges(void)
{
    CU_ASSERT_EQUAL(
        make("[{\"metric\":\"spectral_centroid\",\"address\":\"/plain\"},"
             "{\"metric\":\"spectral_centroid\",\"address\":\"/cut\",\"in\":[0,10000],\"out\":[-1,1]},"
             "{\"metric\":\"spectral_centroid\",\"address\":\"/"
             "uncut\",\"in\":[0,10000],\"out\":[-1,1],\"clip\":false},"
             "{\"metric\":\"spectral_centroid\",\"address\":\"/turned\",\"in\":[0,10000],\"out\":[1,-1]},"
             "{\"metric\":\"phi_depth\",\"address\":\"/in_turned\",\"in\":[1,0],\"out\":[0,100]},"
             "{\"metric\":\"criticality\",\"address\":\"/flat\",\"out\":[7,7]},"
             "{\"metric\":\"spectral_centroid\",\"address\":\"/huge\",\"in\":[0,1e-9],\"out\":[0,1e9],"
             "\"clip\":false},"
             "{\"metric\":\"channel/2/frequency\",\"address\":\"/two\",\"out\":[0,1]},"
             "{\"metric\":\"channel/*/amplitude\",\"address\":\"/par/*/level\",\"out\":[0,255]}]"),
        STATUS_OK);
    CU_ASSERT_EQUAL(map.count, 8 + CHANNELS_MAX);
    near("/plain", 20000);
    near("/cut", 1);
    near("/uncut", 3);
    near("/turned", -1);
    near("/in_turned", 38.2);
    near("/flat", 7);
    near("/huge", 2e22);
    near("/two", 0.088);
    near("/par/1/level", 127.5);
    near("/par/2/level", 31.875);
    near("/par/64/level", 0);
    osc_map_free(&map);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"wrong ones", wrong_ones}, {"every metric", every_metric},
        {"ready-made", ready_made}, {"ranges", ranges},
        CU_TEST_INFO_NULL,
    };
    return unit_run("osc map", tests);
}
