/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands: the range of each kind, from either side of the ring. */
#include "shared/control.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct row {
    uint32_t kind;
    double value;
};

static const struct row bad[] = {
    {0, 0},
    {7, 0},
    {UINT32_MAX, 0},
    {COMMAND_DEPTH, -1e-9},
    {COMMAND_DEPTH, 1.0000001},
    {COMMAND_PHASE, 1.1e6},
    {COMMAND_PHASE, -1.1e6},
    {COMMAND_RATE, 0},
    {COMMAND_RATE, 0.0099},
    {COMMAND_RATE, 10.001},
    {COMMAND_BREATHING, 0.5},
    {COMMAND_BREATHING, 2},
    {COMMAND_BREATHING, -1},
    {COMMAND_AUTO, 1e-300},
    {COMMAND_AUTO, 2},
    {COMMAND_CALIBRATE, 0.001},
    {COMMAND_CALIBRATE, -60.001},
};

static const struct row good[] = {
    {COMMAND_DEPTH, 0},     {COMMAND_DEPTH, 1},       {COMMAND_DEPTH, 0.618},   {COMMAND_PHASE, 1e6},
    {COMMAND_PHASE, -1e6},  {COMMAND_PHASE, 0},       {COMMAND_RATE, 0.01},     {COMMAND_RATE, 10},
    {COMMAND_BREATHING, 0}, {COMMAND_BREATHING, 1},   {COMMAND_AUTO, 0},        {COMMAND_AUTO, 1},
    {COMMAND_CALIBRATE, 0}, {COMMAND_CALIBRATE, -60}, {COMMAND_CALIBRATE, -20},
};

enum { BAD = sizeof bad / sizeof bad[0], GOOD = sizeof good / sizeof good[0] };

static void out_of_range_is_refused(void)
{
    for (int i = 0; i < BAD; i++) {
        const struct command command = {.kind = bad[i].kind, .value = bad[i].value};
        CU_ASSERT_EQUAL(command_check(&command), STATUS_BAD_ARG);
    }
    CU_ASSERT_EQUAL(BAD, 17);
}

/* Those that patch take a channel and a source, and have no row: they are no number. */
static void patches(void)
{
    static const double bad_channel[] = {-1, 64, 0.5, NAN, INFINITY, 1e300};
    for (uint32_t kind = COMMAND_CONNECT; kind <= COMMAND_DISCONNECT; kind++) {
        struct command command = {.kind = kind, .value = 63, .source = UINT64_MAX};
        CU_ASSERT_TRUE(command_is_patch(kind));
        CU_ASSERT_PTR_NULL(command_row(kind));
        CU_ASSERT_EQUAL(command_check(&command), STATUS_OK);
        for (size_t i = 0; i < sizeof bad_channel / sizeof bad_channel[0]; i++) {
            command.value = bad_channel[i];
            CU_ASSERT_EQUAL(command_check(&command), STATUS_BAD_ARG);
        }
        command = (struct command){.kind = kind};
        CU_ASSERT_EQUAL(command_check(&command), STATUS_BAD_ARG);
    }
    CU_ASSERT_FALSE(command_is_patch(COMMAND_CALIBRATE));
    CU_ASSERT_FALSE(command_is_patch(COMMAND_DISCONNECT + 1));
}

static void rows_agree(void)
{
    const struct command_row *row;
    for (uint32_t kind = COMMAND_DEPTH; (row = command_row(kind)); kind++) {
        CU_ASSERT_TRUE(row->low <= row->usual_low && row->usual_low < row->usual_high &&
                       row->usual_high <= row->high);
        CU_ASSERT_EQUAL(row->address == NULL, kind == COMMAND_CALIBRATE);
        CU_ASSERT_STRING_EQUAL(row->address ? strrchr(row->address, '/') + 1 : row->name, row->name);
    }
}

static void no_kind_takes_what_is_no_number(void)
{
    static const double values[] = {NAN, -NAN, INFINITY, -INFINITY, 1e308, -1e308};
    int refused = 0;
    for (uint32_t kind = 0; kind <= 8; kind++) {
        for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
            const struct command command = {.kind = kind, .value = values[i]};
            refused += command_check(&command) == STATUS_BAD_ARG;
        }
    }
    CU_ASSERT_EQUAL(refused, 9 * 6);
}

/* An enemy writes into the ring without asking command_check. */
static void out_of_range_is_not_received(void)
{
    struct ring *ring = calloc(1, sizeof *ring);
    struct command out;
    uint64_t next = 0;
    uint64_t lost = 0;
    CU_ASSERT_PTR_NOT_NULL_FATAL(ring);
    for (int i = 0; i < BAD; i++) {
        const struct command command = {.kind = bad[i].kind, .value = bad[i].value};
        uint64_t words[RING_WORDS];
        memcpy(words, &command, sizeof words);
        ring_push(ring, words);
    }
    for (uint64_t i = 0; i < BAD; i++) {
        CU_ASSERT_EQUAL(command_read(ring, &next, &out, &lost), STATUS_BAD_ARG);
        CU_ASSERT_EQUAL(next, i + 1);
    }
    CU_ASSERT_EQUAL(command_read(ring, &next, &out, &lost), STATUS_EMPTY);
    CU_ASSERT_EQUAL(lost, 0);
    free(ring);
}

static void round_trips(void)
{
    struct ring *ring = calloc(1, sizeof *ring);
    struct command out;
    uint64_t next = 0;
    CU_ASSERT_PTR_NOT_NULL_FATAL(ring);
    for (int i = 0; i < GOOD; i++) {
        const struct command command = {.kind = good[i].kind, .value = good[i].value};
        command_push(ring, &command);
    }
    for (int i = 0; i < GOOD; i++) {
        CU_ASSERT_EQUAL(command_read(ring, &next, &out, NULL), STATUS_OK);
        CU_ASSERT_EQUAL(out.kind, good[i].kind);
        CU_ASSERT_EQUAL(out.value, good[i].value);
    }
    CU_ASSERT_EQUAL(next, 15);
    free(ring);
}

static void words_for_kinds(void)
{
    CU_ASSERT_PTR_NULL(command_range_str(0));
    for (uint32_t kind = COMMAND_DEPTH; kind <= COMMAND_CALIBRATE; kind++) {
        CU_ASSERT_PTR_NOT_NULL(command_range_str(kind));
        CU_ASSERT_EQUAL(command_is_switch(kind), kind == COMMAND_BREATHING || kind == COMMAND_AUTO);
    }
}

/* What the words say is what is checked: the ends are taken, and what lies just beyond them is not. */
static void words_are_true(void)
{
    int ranges = 0;
    for (uint32_t kind = COMMAND_DEPTH; kind <= COMMAND_CALIBRATE; kind++) {
        const char *from = strstr(command_range_str(kind), "from ");
        double min;
        double max;
        if (command_is_switch(kind)) {
            continue;
        }
        CU_ASSERT_PTR_NOT_NULL_FATAL(from);
        CU_ASSERT_EQUAL_FATAL(sscanf(from, "from %lf to %lf", &min, &max), 2);
        const double beyond = 1e-9 * (max - min);
        const struct command inside[] = {{.kind = kind, .value = min}, {.kind = kind, .value = max}};
        const struct command outside[] = {{.kind = kind, .value = min - beyond},
                                          {.kind = kind, .value = max + beyond}};
        for (int i = 0; i < 2; i++) {
            CU_ASSERT_EQUAL(command_check(&inside[i]), STATUS_OK);
            CU_ASSERT_EQUAL(command_check(&outside[i]), STATUS_BAD_ARG);
        }
        ranges++;
    }
    CU_ASSERT_EQUAL(ranges, 4);
}

/* The note outlives a writer that leaves its name behind, and is not the successor's own. */
static void cursor_is_left_behind(void)
{
    char name[64];
    struct segment writer;
    struct segment reader;
    struct channel_note notes[CHANNEL_NOTES];
    const struct event_cursor note = {.writer = 11, .state = 4, .place = {{"ws", 22}, {"osc", 33}}};
    snprintf(name, sizeof name, "test-control-%d", (int)getpid());
    CU_ASSERT_EQUAL_FATAL(segment_create(&writer, &control_kind, name, (gid_t)-1), STATUS_OK);
    CU_ASSERT_EQUAL(control_load_cursor(writer.memory).writer, 0);
    control_save_cursor(writer.memory, &note);
    control_save_note(writer.memory, CHANNEL_NOTES - 1, (struct channel_note){44, 55});
    segment_leave(&writer);
    CU_ASSERT_EQUAL_FATAL(segment_attach(&reader, &control_kind, name, SEGMENT_TRUST_NONE), STATUS_OK);
    CU_ASSERT_FALSE(segment_alive(&reader));
    const struct event_cursor found = control_load_cursor(reader.memory);
    CU_ASSERT_EQUAL(memcmp(&found, &note, sizeof note), 0);
    control_load_notes(&reader, notes);
    CU_ASSERT_EQUAL(notes[0].key, 0);
    CU_ASSERT_EQUAL(notes[CHANNEL_NOTES - 1].key, 44);
    CU_ASSERT_EQUAL(notes[CHANNEL_NOTES - 1].value, 55);
    segment_close(&reader);
    CU_ASSERT_EQUAL_FATAL(segment_create(&writer, &control_kind, name, (gid_t)-1), STATUS_OK);
    CU_ASSERT_EQUAL(((const struct segment_header *)writer.memory)->generation, 2);
    CU_ASSERT_EQUAL(control_load_cursor(writer.memory).writer, 0);
    segment_close(&writer);
    CU_ASSERT_EQUAL(segment_attach(&reader, &control_kind, name, SEGMENT_TRUST_NONE), STATUS_NOT_FOUND);
}

static void layout(void)
{
    CU_ASSERT_EQUAL(CONTROL_ABI, 6);
    CU_ASSERT_EQUAL(control_kind.size, 67904);
    CU_ASSERT_EQUAL(control_kind.abi, 6);
    CU_ASSERT_EQUAL(memcmp(&control_kind.magic, "PHICTRL1", 8), 0);
    CU_ASSERT_STRING_EQUAL(control_kind.suffix, "control");
    CU_ASSERT_EQUAL(sizeof(struct command), 56);
    CU_ASSERT_EQUAL(offsetof(struct command, value), 8);
    CU_ASSERT_EQUAL(offsetof(struct command, source), 16);
    CU_ASSERT_EQUAL(sizeof(struct control), 67904);
    CU_ASSERT_EQUAL(offsetof(struct control, note), 65856);
    CU_ASSERT_EQUAL(offsetof(struct control, commands), 256);
    CU_ASSERT_EQUAL(offsetof(struct control, cursor), 64);
    CU_ASSERT_EQUAL(COMMAND_DEPTH, 1);
    CU_ASSERT_EQUAL(COMMAND_PHASE, 2);
    CU_ASSERT_EQUAL(COMMAND_RATE, 3);
    CU_ASSERT_EQUAL(COMMAND_BREATHING, 4);
    CU_ASSERT_EQUAL(COMMAND_AUTO, 5);
    CU_ASSERT_EQUAL(COMMAND_CALIBRATE, 6);
    CU_ASSERT_EQUAL(COMMAND_CONNECT, 7);
    CU_ASSERT_EQUAL(COMMAND_DISCONNECT, 8);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"out of range is refused", out_of_range_is_refused},
        {"no kind takes what is no number", no_kind_takes_what_is_no_number},
        {"out of range is not received", out_of_range_is_not_received},
        {"round trips", round_trips},
        {"words for kinds", words_for_kinds},
        {"patches", patches},
        {"rows agree", rows_agree},
        {"words are true", words_are_true},
        {"the cursor is left behind", cursor_is_left_behind},
        {"layout", layout},
        CU_TEST_INFO_NULL,
    };
    return unit_run("control", tests);
}
