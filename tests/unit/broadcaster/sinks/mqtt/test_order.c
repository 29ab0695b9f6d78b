/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broadcaster/sinks/mqtt/order.h"
#include "tests/unit/unit.h"

#include <string.h>

static struct request request;
static char error[REQUEST_ERROR_MAX];

static void refuses_bytes(const char *level, const void *bytes, size_t length, const char *part)
{
    error[0] = '\0';
    CU_ASSERT_NOT_EQUAL(mqtt_order_read(&request, level, bytes, length, error), STATUS_OK);
    CU_ASSERT_EQUAL(request.count, 0);
    if (!strstr(error, part) || strchr(error, '\n')) {
        fprintf(stderr, "%s: \"%s\" lacks \"%s\"\n", level, error, part);
        CU_FAIL("the words are others");
    }
}

static void refuses(const char *level, const char *text, const char *part)
{
    refuses_bytes(level, text, strlen(text), part);
}

static void wrong_ones(void)
{
    static char huge[MQTT_ORDER_MAX + 1];
    static const char *const numbers[] = {"",    " ",    "x",     "0.5x", "nan",       "inf", "0x0", "1e999",
                                          "1.5", "-0.1", "0.5 1", "true", "{\"a\":1}", "0,5", "--1", "."};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        refuses("/depth", numbers[i], "a number from 0 to 1");
    }
    refuses("/rate", "0", "0.01");
    refuses("/phase", "1e7", "1000000");
    refuses("/calibrate", "1", "dBFS");
    refuses("/calibrate", "loud", "dBFS");
    refuses("/auto", "2", "true or false");
    refuses("/auto", "yes", "true or false");
    refuses("/auto", "", "true or false");
    refuses("/", "1", "no such command");
    refuses("/loudness", "1", "no such command");
    refuses("/depth/", "1", "no such command");
    refuses("/depth/x", "1", "no such command");
    refuses_bytes("/depth", "0.5\0", 4, "a number");
    refuses_bytes("/depth", "\0\xff\xfe", 3, "a number");
    refuses_bytes("/depth", NULL, 0, "a number");
    memset(huge, '0', sizeof huge);
    refuses_bytes("/depth", huge, 64, "a number");
    refuses_bytes("/depth", huge, sizeof huge, "bytes");
    refuses_bytes("", huge, sizeof huge, "bytes");
}

static void wrong_objects(void)
{
    refuses("", "", "JSON");
    refuses("", "0.5", "JSON");
    refuses("", "{}", "");
    refuses("", "{\"depth\":2}", "depth");
    refuses("", "{\"depth\":0.5,\"auto\":1}", "auto");
    refuses("", "{\"loudness\":1}", "loudness");
    refuses_bytes("", NULL, 0, "JSON");
}

static void takes(const char *level, const char *text, uint32_t kind, double value)
{
    CU_ASSERT_EQUAL(mqtt_order_read(&request, level, text, strlen(text), error), STATUS_OK);
    CU_ASSERT_EQUAL(request.count, 1);
    CU_ASSERT_EQUAL(request.command[0].kind, kind);
    CU_ASSERT_EQUAL(request.command[0].value, value);
}

static void right_ones(void)
{
    takes("/depth", "0.25", COMMAND_DEPTH, 0.25);
    takes("/depth", " 1\n", COMMAND_DEPTH, 1);
    takes("/depth", "5e-1", COMMAND_DEPTH, 0.5);
    takes("/phase", "-1.5", COMMAND_PHASE, -1.5);
    takes("/rate", "10", COMMAND_RATE, 10);
    takes("/breathing", "true", COMMAND_BREATHING, 1);
    takes("/breathing", "OFF", COMMAND_BREATHING, 0);
    takes("/auto", "1", COMMAND_AUTO, 1);
    takes("/auto", "False", COMMAND_AUTO, 0);
    takes("/calibrate", "-30", COMMAND_CALIBRATE, -30);
    takes("/calibrate", "", COMMAND_CALIBRATE, COMMAND_LEVEL_DEFAULT);
}

static void several(void)
{
    static const char text[] = "{\"auto\":true,\"depth\":0.5}";
    CU_ASSERT_EQUAL(mqtt_order_read(&request, "", text, sizeof text - 1, error), STATUS_OK);
    CU_ASSERT_EQUAL(request.count, 2);
    CU_ASSERT_EQUAL(request.command[0].kind, COMMAND_DEPTH);
    CU_ASSERT_EQUAL(request.command[1].kind, COMMAND_AUTO);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"wrong ones", wrong_ones}, {"wrong objects", wrong_objects},
        {"right ones", right_ones}, {"several", several},
        CU_TEST_INFO_NULL,
    };
    return unit_run("mqtt order", tests);
}
