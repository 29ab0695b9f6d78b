/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/control.h"
#include "shared/json/homeassistant.h"
#include "tests/unit/unit.h"

#include <string.h>

static struct message message;
static char topic[HA_TOPIC_MAX];
static const struct ha_device device = {"my.stage", "a/b c/my.stage"};

/* The config of that topic; NULL: there is none. */
static const char *config(const char *wanted)
{
    for (uint32_t i = 0; message_ha_config(&message, topic, &device, i) == STATUS_OK; i++) {
        if (strcmp(topic, wanted) == 0) {
            return message.text;
        }
    }
    return NULL;
}

static void contains(const char *text, const char *part)
{
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    if (!strstr(text, part)) {
        fprintf(stderr, "%s lacks %s\n", text, part);
        CU_FAIL("something is missing");
    }
}

static void entities(void)
{
    const char *text = config("homeassistant/sensor/a_b_c_my_stage/spectral_centroid/config");
    contains(text, "\"name\":\"spectral centroid\"");
    contains(text, "\"unique_id\":\"a_b_c_my_stage_spectral_centroid\"");
    contains(text, "\"state_topic\":\"a/b c/my.stage/homeassistant\"");
    contains(text, "\"availability_topic\":\"a/b c/my.stage/status\"");
    contains(text, "\"unit_of_measurement\":\"Hz\",\"device_class\":\"frequency\"");
    contains(text, "\"expire_after\":5");
    contains(text, "\"device\":{\"identifiers\":[\"a_b_c_my_stage\"],\"name\":\"Phicast my.stage\"");
    contains(config("homeassistant/sensor/a_b_c_my_stage/state/config"), "\"options\":[\"idle\",");
    contains(config("homeassistant/number/a_b_c_my_stage/rate/config"), "\"min\":0.01,\"max\":10.0");
    contains(config("homeassistant/switch/a_b_c_my_stage/auto/config"), "\"payload_on\":\"true\"");
    contains(config("homeassistant/button/a_b_c_my_stage/calibrate/config"), "\"payload_press\":\"-20\"");
    CU_ASSERT_PTR_NULL(config("homeassistant/number/a_b_c_my_stage/phase/config"));
    CU_ASSERT_PTR_NULL(config("homeassistant/sensor/a_b_c_my_stage/phi_depth/config"));
}

static void no_two_alike(void)
{
    char topics[32][HA_TOPIC_MAX];
    uint32_t count = 0;
    while (message_ha_config(&message, topics[count], &device, count) == STATUS_OK) {
        for (uint32_t i = 0; i < count; i++) {
            CU_ASSERT_STRING_NOT_EQUAL(topics[i], topics[count]);
        }
        count++;
        CU_ASSERT_FATAL(count < 32);
    }
    CU_ASSERT_EQUAL(count, 11);
    CU_ASSERT_EQUAL(message_ha_config(&message, topic, &device, UINT32_MAX), STATUS_NOT_FOUND);
}

static void values(void)
{
    const struct metrics_snapshot frame = {.ici = 0.5F, .active_channels = 2, .phi_depth = 0.25F};
    const struct analyser_status analyser = {.phi_rate = 0.5F, .auto_phi = 1};
    CU_ASSERT_EQUAL(message_ha_values(&message, &frame, STATE_AMBIENT, &analyser), STATUS_OK);
    contains(message.text, "{\"state\":\"ambient\",\"ici\":0.5,");
    contains(message.text,
             "\"active_channels\":2,\"depth\":0.25,\"rate\":0.5,\"breathing\":false,\"auto\":true}");
    CU_ASSERT_EQUAL(message_ha_values(&message, &frame, STATE_IDLE, NULL), STATUS_OK);
    contains(message.text, "\"rate\":null,\"breathing\":false,\"auto\":null}");
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"entities", entities}, {"no two alike", no_two_alike}, {"values", values}, CU_TEST_INFO_NULL};
    const int code = unit_run("homeassistant", tests);
    message_free(&message);
    return code;
}
