/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/sinks/mqtt/outbox.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

static struct mqtt_outbox box;

static void push(uint64_t writer, uint64_t index)
{
    char text[32];
    const int length = snprintf(text, sizeof text, "%u", (unsigned)index);
    CU_ASSERT_EQUAL(mqtt_outbox_push(&box, text, (size_t)length, (struct event_id){writer, index}),
                    STATUS_OK);
}

/* Sends the next one, which must be that, under a number that is its own plus 100. */
static void sends(unsigned index)
{
    char text[32];
    const struct wire *next = mqtt_outbox_next(&box);
    CU_ASSERT_PTR_NOT_NULL_FATAL(next);
    snprintf(text, sizeof text, "%.*s", (int)next->length, (const char *)wire_text(next));
    char wanted[32];
    snprintf(wanted, sizeof wanted, "%u", index);
    CU_ASSERT_STRING_EQUAL(text, wanted);
    mqtt_outbox_sent(&box, (int)index + 100);
}

static void end(void)
{
    mqtt_outbox_free(&box);
    box = (struct mqtt_outbox){0};
}

static void in_order(void)
{
    CU_ASSERT_PTR_NULL(mqtt_outbox_next(&box));
    CU_ASSERT_EQUAL(mqtt_outbox_reached(&box), UINT64_MAX);
    for (unsigned i = 5; i < 8; i++) {
        push(1, i);
    }
    CU_ASSERT_EQUAL(mqtt_outbox_reached(&box), 5);
    sends(5);
    sends(6);
    CU_ASSERT_FALSE(mqtt_outbox_acknowledge(&box, 107)); /* not sent */
    CU_ASSERT_TRUE(mqtt_outbox_acknowledge(&box, 105));
    CU_ASSERT_FALSE(mqtt_outbox_acknowledge(&box, 105)); /* twice */
    CU_ASSERT_EQUAL(mqtt_outbox_reached(&box), 6);
    sends(7);
    CU_ASSERT_PTR_NULL(mqtt_outbox_next(&box));
    CU_ASSERT_TRUE(mqtt_outbox_acknowledge(&box, 107)); /* out of order: 6 is waited for */
    CU_ASSERT_EQUAL(mqtt_outbox_reached(&box), 6);
    CU_ASSERT_EQUAL(mqtt_outbox_waiting(&box), 2);
    CU_ASSERT_TRUE(mqtt_outbox_acknowledge(&box, 106));
    CU_ASSERT_EQUAL(mqtt_outbox_reached(&box), UINT64_MAX);
    CU_ASSERT_EQUAL(box.delivered, 3);
    end();
}

static void again_after_an_end(void)
{
    for (unsigned i = 0; i < 4; i++) {
        push(1, i);
        sends(i);
    }
    CU_ASSERT_TRUE(mqtt_outbox_acknowledge(&box, 100));
    mqtt_outbox_rewind(&box);
    CU_ASSERT_FALSE(mqtt_outbox_acknowledge(&box, 101)); /* of the connection before */
    for (unsigned i = 1; i < 4; i++) {
        sends(i);
    }
    CU_ASSERT_EQUAL(box.lost, 0);
    end();
}

static void a_window(void)
{
    for (unsigned i = 0; i < MQTT_WINDOW + 1; i++) {
        push(1, i);
    }
    for (unsigned i = 0; i < MQTT_WINDOW; i++) {
        sends(i);
    }
    CU_ASSERT_PTR_NULL(mqtt_outbox_next(&box));
    CU_ASSERT_TRUE(mqtt_outbox_acknowledge(&box, 100));
    sends(MQTT_WINDOW);
    end();
}

static void too_many(void)
{
    const unsigned more = 7;
    for (unsigned i = 0; i < EVENTLOG_LAG_MAX; i++) {
        push(1, i);
    }
    sends(0);
    for (unsigned i = 0; i < more; i++) {
        push(1, EVENTLOG_LAG_MAX + i);
    }
    CU_ASSERT_EQUAL(box.lost, more);
    CU_ASSERT_EQUAL(mqtt_outbox_waiting(&box), EVENTLOG_LAG_MAX);
    CU_ASSERT_FALSE(mqtt_outbox_acknowledge(&box, 100)); /* given up by now */
    for (unsigned i = more; i < EVENTLOG_LAG_MAX + more; i++) {
        sends(i);
        CU_ASSERT_TRUE(mqtt_outbox_acknowledge(&box, (int)i + 100));
    }
    CU_ASSERT_EQUAL(mqtt_outbox_reached(&box), UINT64_MAX);
    end();
}

/* A place in the ring of an analyser that has gone says nothing about the present one's. */
static void another_analyser(void)
{
    push(1, 900);
    push(2, 3);
    CU_ASSERT_EQUAL(mqtt_outbox_reached(&box), 0);
    sends(900);
    sends(3);
    CU_ASSERT_TRUE(mqtt_outbox_acknowledge(&box, 1000));
    CU_ASSERT_EQUAL(mqtt_outbox_reached(&box), 3);
    end();
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"in order", in_order}, {"again after an end", again_after_an_end}, {"a window", a_window},
        {"too many", too_many}, {"another analyser", another_analyser},     CU_TEST_INFO_NULL,
    };
    return unit_run("mqtt outbox", tests);
}
