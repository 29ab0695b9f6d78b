/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MIDI messages as commands: the controllers, and all that is none of them. */
#include "jack-client/ports/midi.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <string.h>

static const double two_pi = 6.28318530717958647692;
static const struct midi_map usual = MIDI_DEFAULTS;

static bool hear(const struct midi_map *map, uint8_t status, uint8_t number, uint8_t value,
                 struct command *command)
{
    const uint8_t message[] = {status, number, value};
    *command = (struct command){.kind = 99, .value = -99};
    return midi_command(map, message, sizeof message, command);
}

static void expect(uint8_t number, uint8_t value, uint32_t kind, double want)
{
    struct command command;
    for (uint8_t channel = 0; channel < 16; channel++) {
        CU_ASSERT(hear(&usual, 0xB0U | channel, number, value, &command));
        CU_ASSERT_EQUAL(command.kind, kind);
        CU_ASSERT_DOUBLE_EQUAL(command.value, want, 1e-9);
        CU_ASSERT_EQUAL(command_check(&command), STATUS_OK);
    }
}

static void other_messages_are_none_of_ours(void)
{
    struct command command;
    for (unsigned status = 0; status < 256; status++) {
        if ((status & 0xF0U) != 0xB0U) {
            CU_ASSERT(!hear(&usual, (uint8_t)status, 1, 64, &command));
            CU_ASSERT_EQUAL(command.kind, 99);
        }
    }
}

static void short_and_long_messages_are_refused(void)
{
    static const uint8_t message[4] = {0xB0, 1, 64, 0};
    struct command command = {.kind = 99};
    for (size_t size = 0; size <= 4; size++) {
        CU_ASSERT_EQUAL(midi_command(&usual, message, size, &command), size == 3);
    }
    CU_ASSERT(!hear(&usual, 0xB0, 0x81, 64, &command)); /* a status where data should be */
    CU_ASSERT(!hear(&usual, 0xB0, 1, 0x80, &command));
    CU_ASSERT(!hear(&usual, 0xB0, 1, 0xFF, &command));
}

static void other_controllers_do_nothing(void)
{
    struct command command;
    for (uint8_t number = 0; number < 128; number++) {
        const bool ours = number == 1 || number == 2 || number == 3 || number == 64 || number == 65;
        CU_ASSERT_EQUAL(hear(&usual, 0xB5, number, 100, &command), ours);
        CU_ASSERT(ours || command.kind == 99);
    }
}

static void every_value_is_in_its_range(void)
{
    for (uint8_t value = 0; value < 128; value++) {
        expect(1, value, COMMAND_DEPTH, value / 127.0);
        expect(2, value, COMMAND_PHASE, two_pi * value / 128);
        expect(3, value, COMMAND_RATE, 0.01 * pow(1000, value / 127.0));
        expect(64, value, COMMAND_BREATHING, value >= 64);
        expect(65, value, COMMAND_AUTO, value >= 64);
    }
    expect(3, 0, COMMAND_RATE, 0.01);
    expect(3, 127, COMMAND_RATE, 10);
}

static void controllers_can_be_chosen(void)
{
    static const uint32_t numbers[] = {0, 127, 20, 21, 22};
    static const uint32_t kinds[] = {COMMAND_DEPTH, COMMAND_PHASE, COMMAND_RATE, COMMAND_BREATHING,
                                     COMMAND_AUTO};
    const struct midi_map map = {.depth = 0, .phase = 127, .rate = 20, .breathing = 21, .auto_phi = 22};
    struct command command;
    for (size_t i = 0; i < 5; i++) {
        CU_ASSERT(hear(&map, 0xB0, (uint8_t)numbers[i], 100, &command));
        CU_ASSERT_EQUAL(command.kind, kinds[i]);
    }
    CU_ASSERT(!hear(&map, 0xB0, 1, 100, &command));
    CU_ASSERT(!hear(&map, 0xB0, 64, 100, &command));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"other messages are none of ours", other_messages_are_none_of_ours},
        {"short and long messages are refused", short_and_long_messages_are_refused},
        {"other controllers do nothing", other_controllers_do_nothing},
        {"every value is in its range", every_value_is_in_its_range},
        {"controllers can be chosen", controllers_can_be_chosen},
        CU_TEST_INFO_NULL,
    };
    return unit_run("midi", tests);
}
