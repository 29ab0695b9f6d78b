/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The addresses: those that there cannot be first, then all that there can. */
#include "shared/osc_space.h"
#include "tests/unit/unit.h"

#include <string.h>

static struct metrics_snapshot frame;
static struct channel_names names;
static struct analyser_status analyser;
static struct osc_space space;

static void begin(uint32_t channels, uint32_t bands)
{
    frame = (struct metrics_snapshot){
        .channel_count = channels, .band_count = bands, .parts = PARTS_ALL | PART_CHANNEL_BANDS};
    space =
        (struct osc_space){.frame = &frame, .names = &names, .analyser = &analyser, .takes_commands = true};
}

static void what_cannot_be(void)
{
    static const char *const paths[] = {"",
                                        "/",
                                        "/phicast",
                                        "/phicast/",
                                        "ici",
                                        "/phicast/ici/",
                                        "/phicast/phi_depth", /* a name, no address */
                                        "/phicast/frame",
                                        "/phicast/channel",
                                        "/phicast/channel/*/phase",
                                        "/phicast/channel/0/phase",
                                        "/phicast/channel/01/phase",
                                        "/phicast/channel/65/phase",
                                        "/phicast/channel/0/name",
                                        "/phicast/channel/65/name",
                                        "/phicast/channel/01/name",
                                        "/phicast/channel/4294967297/name",
                                        "/phicast/channel/-1/name",
                                        "/phicast/channel//name",
                                        "/phicast/band/33",
                                        "/phicast/set/calibrate",
                                        "/phicast/set/depth/",
                                        "/phicast/ping"};
    struct osc_leaf leaf;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        CU_ASSERT_FALSE(osc_leaf_find(&leaf, paths[i]));
    }
}

/* Each is found by its path, has a number of its own, and a value. */
static uint32_t walk(void)
{
    static bool seen[OSC_LEAVES];
    struct osc_leaf leaf = {0};
    uint32_t count = 0;
    memset(seen, 0, sizeof seen);
    while (osc_leaf_next(&leaf, &space)) {
        char path[OSC_PATH_MAX];
        struct osc_leaf found;
        struct osc_value value;
        const uint32_t number = osc_leaf_number(&leaf);
        CU_ASSERT_FATAL(number < OSC_LEAVES);
        CU_ASSERT_FALSE(seen[number]);
        seen[number] = true;
        CU_ASSERT_TRUE_FATAL(osc_leaf_find(&found, osc_leaf_path(&leaf, path)));
        CU_ASSERT_EQUAL(osc_leaf_number(&found), number);
        CU_ASSERT_EQUAL(found.kind, leaf.kind);
        CU_ASSERT_TRUE(osc_leaf_read(&found, &space, &value));
        count++;
    }
    return count;
}

static void all_that_can_be(void)
{
    begin(CHANNELS_MAX, BANDS_MAX);
    /* frame and timestamp have no address; of commands there are five, with numbers from 1 to 6 */
    CU_ASSERT_EQUAL(walk(), OSC_LEAVES - 2 - 2);
    begin(0, 0);
    CU_ASSERT_EQUAL(walk(), FRAME_METRICS - 2 + ONSET_METRICS + 5);
    space.takes_commands = false;
    CU_ASSERT_EQUAL(walk(), FRAME_METRICS - 2 + ONSET_METRICS);
    begin(2, 3);
    frame.parts = 0; /* bands of each channel are not known to be there */
    CU_ASSERT_EQUAL(walk(), FRAME_METRICS - 2 + ONSET_METRICS + 5 + 2 * (4 + 3 + 1) + 3);
}

static char type_of(const char *path, bool known, double number)
{
    struct osc_leaf leaf;
    struct osc_value value;
    CU_ASSERT_TRUE_FATAL(osc_leaf_find(&leaf, path));
    CU_ASSERT_EQUAL(osc_leaf_read(&leaf, &space, &value), known);
    CU_ASSERT_EQUAL(value.number, number);
    return value.type;
}

static void values(void)
{
    begin(2, 3);
    frame.ici = 0.5F;
    frame.channel[1].phase = -1;
    frame.phi_breathing_active = 1;
    analyser = (struct analyser_status){.phi_rate = 0.25F};
    CU_ASSERT_EQUAL(type_of("/phicast/ici", true, 0.5), 'f');
    CU_ASSERT_EQUAL(type_of("/phicast/channel/2/phase", true, -1), 'f');
    CU_ASSERT_EQUAL(type_of("/phicast/channel/3/phase", true, 0), 'f');
    CU_ASSERT_EQUAL(type_of("/phicast/channel/2/name", true, 0), 's');
    CU_ASSERT_EQUAL(type_of("/phicast/channel/3/name", false, 0), 's');
    CU_ASSERT_EQUAL(type_of("/phicast/set/breathing", true, 1), 'T');
    CU_ASSERT_EQUAL(type_of("/phicast/set/auto", true, 0), 'F');
    CU_ASSERT_EQUAL(type_of("/phicast/set/rate", true, 0.25), 'f');
    space.analyser = NULL;
    CU_ASSERT_EQUAL(type_of("/phicast/set/rate", false, 0), 'f');
    CU_ASSERT_EQUAL(type_of("/phicast/set/auto", false, 0), 'F');
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"what cannot be", what_cannot_be},
        {"all that can be", all_that_can_be},
        {"values", values},
        CU_TEST_INFO_NULL,
    };
    return unit_run("osc_space", tests);
}
