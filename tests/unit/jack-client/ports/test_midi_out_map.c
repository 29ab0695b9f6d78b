/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which numbers MIDI leaves by. */
#include "jack-client/ports/midi_out_map.h"
#include "tests/unit/unit.h"

#include <string.h>

enum { CHANNELS = 4, BANDS = 8 };

static struct midi_out_map map;
static char error[OPTION_ERROR_MAX];

/* Items of both lists, apart by blanks. */
static enum status read(const char *controllers, const char *notes)
{
    static char text[2][512];
    struct option_list list[2] = {{0}, {0}};
    const char *const given[2] = {controllers, notes};
    for (size_t i = 0; i < 2; i++) {
        snprintf(text[i], sizeof text[i], "%s", given[i]);
        for (char *word = strtok(text[i], " "); word; word = strtok(NULL, " ")) {
            list[i].item[list[i].count++] = word;
        }
    }
    error[0] = '\0';
    return midi_out_map_read(&map, &list[0], &list[1], CHANNELS, BANDS, error);
}

static void refuses(const char *controllers, const char *notes, const char *words)
{
    CU_ASSERT_EQUAL(read(controllers, notes), STATUS_BAD_ARG);
    if (!strstr(error, words)) {
        fprintf(stderr, "%s %s: \"%s\" lacks \"%s\"\n", controllers, notes, error, words);
        CU_FAIL("the words are others");
    }
}

/* -1: it has none. */
static int number_of(const char *metric)
{
    char name[METRIC_ADDRESS_MAX];
    for (uint32_t i = 0; i < map.count; i++) {
        const struct metric_place *place = &map.controller[i].place;
        if (strcmp(metric_address(place, name), metric) == 0) {
            return (int)map.controller[i].number;
        }
    }
    return -1;
}

static void wrong_ones(void)
{
    static const char *const pairs[] = {"ici",     "ici=",   "=20",      "ici=120", "ici=-1",
                                        "ici=1.5", "ici=no", "ici=0020", "ici==20x"};
    map = MIDI_OUT_DEFAULTS;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        refuses(pairs[i], "", "give METRIC=CC, with CC from 0 to 119");
    }
    refuses("loudness=20", "", "--midi-out-cc loudness=20: no such metric");
    refuses("timestamp=20", "", "no such metric");
    refuses("level/5/rms=40", "", "there are 4 channels and 8 bands");
    refuses("band/9=40", "", "there are 4 channels and 8 bands");
    refuses("band/*=113", "", "its 8 controllers would not end at 119");
    refuses("channel/*/band/*=40", "", "two stars");
    refuses("criticality=20", "", "--midi-out-cc criticality=20: controller 20 is that of ici as well");
    refuses("band/*=15", "", "controller 20 is that of ici as well");
    refuses("", "onset", "give WHAT=NOTE, with NOTE from 0 to 127");
    refuses("", "onset=128", "give WHAT=NOTE");
    refuses("", "offline=3", "there are idle, ambient");
    refuses("", "onset=60", "--midi-out-note onset=60: is the note of idle as well");
    char long_name[300];
    memset(long_name, 'a', sizeof long_name);
    memcpy(long_name + sizeof long_name - 4, "=20", 4);
    refuses(long_name, "", "give METRIC=CC");
}

static void usual_numbers(void)
{
    CU_ASSERT_EQUAL(read("", ""), STATUS_OK);
    CU_ASSERT_EQUAL(map.count, 9);
    CU_ASSERT_EQUAL(number_of("ici"), 20);
    CU_ASSERT_EQUAL(number_of("spectral_centroid"), 23);
    CU_ASSERT_EQUAL(number_of("phi/breathing"), 26);
    CU_ASSERT_EQUAL(number_of("onset_strength"), 28);
    CU_ASSERT_EQUAL(map.note[STATE_IDLE], 60);
    CU_ASSERT_EQUAL(map.note[STATE_CRITICAL], 64);
    CU_ASSERT_EQUAL(map.note[MIDI_OUT_CRITICAL], 65);
    CU_ASSERT_EQUAL(map.note[MIDI_OUT_ONSET], 66);
    CU_ASSERT_EQUAL(map.parts, PART_ONSETS);
}

static void numbers_are_changed(void)
{
    CU_ASSERT_EQUAL(
        read("ici=7 phi_phase=none band/*=102 level/2/rms=110 level/*/peak=111 onset_strength=none band/3=20",
             "onset=none idle=0"),
        STATUS_OK);
    CU_ASSERT_EQUAL(map.count, 7 + BANDS + 1 + CHANNELS);
    CU_ASSERT_EQUAL(number_of("ici"), 7);
    CU_ASSERT_EQUAL(number_of("phi/phase"), -1);
    CU_ASSERT_EQUAL(number_of("band/1"), 102);
    CU_ASSERT_EQUAL(number_of("band/3"), 20);
    CU_ASSERT_EQUAL(number_of("band/8"), 109);
    CU_ASSERT_EQUAL(number_of("level/2/rms"), 110);
    CU_ASSERT_EQUAL(number_of("level/4/peak"), 114);
    CU_ASSERT_EQUAL(map.note[MIDI_OUT_ONSET], MIDI_OUT_NONE);
    CU_ASSERT_EQUAL(map.note[STATE_IDLE], 0);
    CU_ASSERT_EQUAL(map.parts, PART_LEVELS | PART_BANDS);
    CU_ASSERT_EQUAL(read("channel/2/band/*=102 channel/*/amplitude=40", ""), STATUS_OK);
    CU_ASSERT_EQUAL(number_of("channel/2/band/8"), 109);
    CU_ASSERT_EQUAL(number_of("channel/4/amplitude"), 43);
    CU_ASSERT_EQUAL(map.parts, PART_ONSETS | PART_BANDS); /* channels' bands come with bands */
    CU_ASSERT_EQUAL(read("level/*/rms=116 onset_strength=none", "onset=none critical_event=none"), STATUS_OK);
    CU_ASSERT_EQUAL(map.parts, PART_LEVELS); /* two that are not sent do not have one number */
}

/* The lower halves are controllers as well. */
static void fine_ones_have_two(void)
{
    map.fine = true;
    CU_ASSERT_EQUAL(read("band/*=102", ""), STATUS_OK);
    refuses("band/1=52", "",
            "--midi-out-cc band/1=52: controller 52 is that of ici as well (--midi-out-fine)");
    refuses("ici=70 band/1=52 ici=20", "", "controller 52 is that of band/1 as well (--midi-out-fine)");
    map.fine = false;
    CU_ASSERT_EQUAL(read("band/1=52", ""), STATUS_OK);
}

static void what_midi_in_hears_is_not_sent(void)
{
    const struct midi_map usual = MIDI_DEFAULTS;
    struct midi_map other = MIDI_DEFAULTS;
    other.rate = 52;
    CU_ASSERT_EQUAL(read("", ""), STATUS_OK);
    CU_ASSERT_EQUAL(midi_out_map_check(&map, &usual, error), STATUS_OK);
    CU_ASSERT_EQUAL(midi_out_map_check(&map, &other, error), STATUS_OK);
    map.fine = true;
    CU_ASSERT_EQUAL(midi_out_map_check(&map, &usual, error), STATUS_OK);
    CU_ASSERT_EQUAL(midi_out_map_check(&map, &other, error), STATUS_BAD_ARG);
    CU_ASSERT_STRING_EQUAL(error,
                           "--midi-out-cc ici=20: midi_in takes controller 52 as --midi-rate, so midi_out "
                           "would steer it; give either another number");
    map.fine = false;
    static const char *const loops[] = {"ici=1", "ici=2", "ici=3", "ici=64", "ici=65", "band/*=60"};
    for (size_t i = 0; i < sizeof loops / sizeof loops[0]; i++) {
        CU_ASSERT_EQUAL(read(loops[i], ""), STATUS_OK);
        CU_ASSERT_EQUAL(midi_out_map_check(&map, &usual, error), STATUS_BAD_ARG);
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"wrong ones", wrong_ones},
        {"usual numbers", usual_numbers},
        {"numbers are changed", numbers_are_changed},
        {"fine ones have two", fine_ones_have_two},
        {"what midi_in hears is not sent", what_midi_in_hears_is_not_sent},
        CU_TEST_INFO_NULL,
    };
    return unit_run("midi_out_map", tests);
}
