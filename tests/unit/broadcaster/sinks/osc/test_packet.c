/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Packets, taken apart again by hand and by liblo. */
#include "broadcaster/sinks/osc/packet.h"
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <lo/lo.h>
#include <string.h>

static struct osc_packet packet;
static struct osc_map map;

/* The message that the bytes are; types and address as expected. */
static lo_message message_at(unsigned char *bytes, size_t length, const char *address, const char *types)
{
    int result = 0;
    CU_ASSERT_STRING_EQUAL((const char *)bytes, address);
    lo_message message = lo_message_deserialise(bytes, length, &result);
    CU_ASSERT_PTR_NOT_NULL_FATAL(message);
    CU_ASSERT_STRING_EQUAL(lo_message_get_types(message), types);
    return message;
}

/* By copy: liblo's arguments are not aligned as its union would have to be. */
static float float_of(lo_message message, int index)
{
    float value;
    memcpy(&value, lo_message_get_argv(message)[index], sizeof value);
    return value;
}

static const char *string_of(lo_message message, int index)
{
    return (const char *)lo_message_get_argv(message)[index];
}

static void bad_event(void)
{
    const struct event event = {.kind = 9};
    CU_ASSERT_EQUAL(osc_pack_event(&packet, &event, "/phicast", false), STATUS_CORRUPT);
    CU_ASSERT_EQUAL(packet.length, 0);
}

static void events(void)
{
    struct event event = {.kind = EVENT_STATE_CHANGE,
                          .timestamp = 1000,
                          .state_change = {STATE_AMBIENT, STATE_CRITICAL, TRIGGER_ICI_THRESHOLD, 0.5F}};
    CU_ASSERT_EQUAL(osc_pack_event(&packet, &event, "/phicast", false), STATUS_OK);
    lo_message message = message_at(packet.bytes, packet.length, "/phicast/event/state_change", "sssf");
    CU_ASSERT_STRING_EQUAL(string_of(message, 0), "ambient");
    CU_ASSERT_STRING_EQUAL(string_of(message, 1), "critical");
    CU_ASSERT_STRING_EQUAL(string_of(message, 2), "ici_threshold");
    CU_ASSERT_EQUAL(float_of(message, 3), 0.5F);
    lo_message_free(message);

    event = (struct event){.kind = EVENT_CRITICAL, .critical = {2.5F, 156, 0.75F}};
    CU_ASSERT_EQUAL(osc_pack_event(&packet, &event, "/x", false), STATUS_OK);
    message = message_at(packet.bytes, packet.length, "/x/event/critical_event", "fff");
    CU_ASSERT_EQUAL(float_of(message, 1), 156);
    lo_message_free(message);

    event = (struct event){.kind = EVENT_PHI_ADAPTATION,
                           .phi_adaptation = {0.25F, 0.5F, 3, 4, REASON_COHERENCE_TRACKING}};
    CU_ASSERT_EQUAL(osc_pack_event(&packet, &event, "/x", false), STATUS_OK);
    message = message_at(packet.bytes, packet.length, "/x/event/phi_adaptation", "ffffs");
    CU_ASSERT_EQUAL(float_of(message, 3), 4);
    CU_ASSERT_STRING_EQUAL(string_of(message, 4), "coherence_tracking");
    lo_message_free(message);
}

static uint32_t word(size_t at)
{
    uint32_t value;
    memcpy(&value, packet.bytes + at, sizeof value);
    return ntohl(value);
}

static void dated_event(void)
{
    const struct event event = {.kind = EVENT_CRITICAL, .timestamp = 1700000000.5};
    CU_ASSERT_EQUAL(osc_pack_event(&packet, &event, "/x", true), STATUS_OK);
    CU_ASSERT_EQUAL(memcmp(packet.bytes, "#bundle", 8), 0);
    CU_ASSERT_EQUAL(word(8), 1700000000U + 2208988800U);
    CU_ASSERT_EQUAL(word(12), 0x80000000U);
    CU_ASSERT_EQUAL(word(16), packet.length - 20);
    lo_message_free(message_at(packet.bytes + 20, packet.length - 20, "/x/event/critical_event", "fff"));
}

/* Counts the messages of the bundle in `packet`, each a float at the address that the map has next. */
static uint32_t walk(uint32_t *row, uint32_t channels, const struct metrics_snapshot *frame)
{
    uint32_t count = 0;
    CU_ASSERT_EQUAL(memcmp(packet.bytes, "#bundle\0\0\0\0\0\0\0\0\1", 16), 0); /* immediately */
    for (size_t at = 16; at < packet.length; count++, ++*row) {
        while (map.row[*row].place.group->channel_step && map.row[*row].place.channel >= channels) {
            ++*row;
        }
        const size_t size = word(at);
        lo_message message = message_at(packet.bytes + at + 4, size, map.row[*row].address, "f");
        CU_ASSERT_EQUAL(float_of(message, 0), osc_map_value(&map.row[*row], frame));
        lo_message_free(message);
        at += 4 + size;
    }
    return count;
}

static void frame_of(uint32_t channels, uint32_t packets)
{
    struct metrics_snapshot frame = {.frame = 7, .ici = 0.25F, .channel_count = channels};
    uint32_t next = 0;
    uint32_t row = 0;
    uint32_t messages = 0;
    uint32_t sent = 0;
    for (uint32_t i = 0; i < channels; i++) {
        frame.channel[i].frequency = (float)i;
    }
    while (next < map.count) {
        CU_ASSERT_EQUAL_FATAL(
            osc_pack_frame(&packet, &map, &next, &frame, (struct osc_extent){channels, 8, false}, false),
            STATUS_OK);
        if (packet.length > 0) {
            CU_ASSERT(packet.length <= OSC_PACKET_MAX && packet.length % 4 == 0);
            CU_ASSERT(packet.length > OSC_PACKET_MAX - 60 ||
                      next == map.count); /* no packet is left half empty */
            messages += walk(&row, channels, &frame);
            sent++;
        }
    }
    CU_ASSERT_EQUAL(messages, 9 + 4 * channels);
    CU_ASSERT_EQUAL(sent, packets);
}

static void frames(void)
{
    char error[OPTION_ERROR_MAX];
    CU_ASSERT_EQUAL_FATAL(osc_map_make(&map, "", "/phicast", 0, error), STATUS_OK);
    frame_of(0, 1);
    frame_of(1, 1);
    frame_of(6, 1);
    frame_of(8, 2);
    frame_of(64, 9);
    osc_map_free(&map);
}

static void rows_one_by_one(void)
{
    char error[OPTION_ERROR_MAX];
    const struct metrics_snapshot frame = {.ici = 0.25F, .channel_count = 1, .band_count = 8};
    uint32_t next = 0;
    uint32_t count = 0;
    CU_ASSERT_EQUAL_FATAL(osc_map_make(&map, OSC_MAP_GRANDMA3, "/phicast", 0, error), STATUS_OK);
    while (next < map.count) {
        CU_ASSERT_EQUAL_FATAL(osc_pack_row(&packet, &map, &next, &frame, (struct osc_extent){1, 2, false}),
                              STATUS_OK);
        if (packet.length > 0) {
            lo_message message = message_at(packet.bytes, packet.length, map.row[next - 1].address, "f");
            CU_ASSERT_EQUAL(float_of(message, 0), count == 0 ? 25 : 0);
            lo_message_free(message);
            count++;
        }
    }
    CU_ASSERT_EQUAL(count, 17 - 1 - 6); /* without the second channel's level and the third band on */
    osc_map_free(&map);
}

static void names(void)
{
    static const char *const given[] = {"", "Kick", "K\xc3\xb6lner \"Kick\" \xf0\x9f\xa5\x81",
                                        "sixty-three bytes, the most that a channel's name may have ----"};
    for (size_t i = 0; i < sizeof given / sizeof given[0]; i++) {
        CU_ASSERT_EQUAL(osc_pack_name(&packet, "/x", 0, given[i]), STATUS_OK);
        lo_message message = message_at(packet.bytes, packet.length, "/x/channel/1/name", "s");
        CU_ASSERT_STRING_EQUAL(string_of(message, 0), given[i]);
        lo_message_free(message);
    }
    CU_ASSERT_EQUAL(osc_pack_name(&packet, "/phicast", CHANNELS_MAX - 1, "Kick"), STATUS_OK);
    lo_message_free(message_at(packet.bytes, packet.length, "/phicast/channel/64/name", "s"));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"bad event", bad_event},
        {"events", events},
        {"dated event", dated_event},
        {"frames", frames},
        {"rows one by one", rows_one_by_one},
        {"names", names},
        CU_TEST_INFO_NULL,
    };
    return unit_run("osc packet", tests);
}
