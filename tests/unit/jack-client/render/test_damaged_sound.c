/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sound files that are cut short, damaged, chained, or were never finished: what can be believed is read, and
 * the rest is told of with the second at which it begins. */
#include "jack-client/render/sound_file.h"
#include "tests/unit/jack-client/dsp/signals.h"
#include "tests/unit/jack-client/render/wave.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <sndfile.h>
#include <string.h>

enum { RATE = 48000, COUNT = 2 * RATE, BYTES_MAX = 4 << 20 };

struct kind {
    const char *name;
    int format;
    int channels;
    bool checked; /* a checksum tells of a changed byte */
    bool paged;
};

static const struct kind kinds[] = {
    {"wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 2, false, false},
    {"wav 24", SF_FORMAT_WAV | SF_FORMAT_PCM_24, 1, false, false},
    {"wav float", SF_FORMAT_WAV | SF_FORMAT_FLOAT, 3, false, false},
    {"wavex", SF_FORMAT_WAVEX | SF_FORMAT_PCM_16, 2, false, false},
    {"wav adpcm", SF_FORMAT_WAV | SF_FORMAT_IMA_ADPCM, 1, false, false},
    {"rifx", SF_FORMAT_WAV | SF_FORMAT_PCM_16 | SF_ENDIAN_BIG, 2, false, false},
    {"rf64", SF_FORMAT_RF64 | SF_FORMAT_PCM_16, 2, false, false},
    {"w64", SF_FORMAT_W64 | SF_FORMAT_PCM_16, 2, false, false},
    {"aiff", SF_FORMAT_AIFF | SF_FORMAT_PCM_16, 2, false, false},
    {"aiff float", SF_FORMAT_AIFF | SF_FORMAT_FLOAT, 2, false, false},
    {"caf", SF_FORMAT_CAF | SF_FORMAT_PCM_16, 2, false, false},
    {"au", SF_FORMAT_AU | SF_FORMAT_PCM_16, 2, false, false},
    {"flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 2, true, false},
    {"flac 24", SF_FORMAT_FLAC | SF_FORMAT_PCM_24, 1, true, false},
    {"vorbis", SF_FORMAT_OGG | SF_FORMAT_VORBIS, 2, true, true},
    {"opus", SF_FORMAT_OGG | SF_FORMAT_OPUS, 2, true, true},
    {"mp3", SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III, 2, false, false},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

/* A file as it should be. */
struct sound {
    unsigned char *bytes; /* BYTES_MAX */
    size_t size;
    uint64_t passed; /* samples that are read of it */
};

static struct sound sounds[KINDS];
static char said[SOUND_FILE_ERROR_MAX];

/* Reads those bytes to their end; how many samples there were, or none where it cannot be opened. */
static enum status read_bytes(const void *bytes, size_t size, uint64_t *passed)
{
    struct sound_file file;
    wave_write_bytes("damaged", bytes, size);
    *passed = 0;
    enum status status = sound_file_open(&file, wave_path("damaged"), said);
    if (status == STATUS_OK) {
        while (sound_file_read(&file) > 0) {
        }
        *passed = file.passed;
        status = sound_file_end(&file, said);
        sound_file_close(&file);
    }
    return status;
}

static void make_sound(const struct kind *kind, struct sound *sound)
{
    float *samples = calloc((size_t)COUNT * (size_t)kind->channels, sizeof *samples);
    struct random random = {7};
    sound->bytes = malloc(BYTES_MAX);
    CU_ASSERT_FATAL(samples != NULL && sound->bytes != NULL);
    for (size_t i = 0; i < (size_t)COUNT * (size_t)kind->channels; i++) {
        samples[i] = (float)(0.3 * sin((double)i * 0.03)) + (float)(random_bits(&random) % 1000) * 1e-4F;
    }
    wave_write("whole", kind->format, RATE, kind->channels, samples, COUNT);
    free(samples);
    FILE *file = fopen(wave_path("whole"), "rb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    sound->size = fread(sound->bytes, 1, BYTES_MAX, file);
    fclose(file);
    CU_ASSERT_FATAL(sound->size > 1000 && sound->size < BYTES_MAX / 2);
}

/* Fails naming the kind and the case. */
static void check(bool good, const struct kind *kind, const char *what, long at)
{
    if (!good) {
        printf("\n%s, %s at %ld: %s\n", kind->name, what, at, said);
    }
    CU_ASSERT(good);
}

static bool tells_of(uint64_t passed)
{
    char text[64];
    snprintf(text, sizeof text, "stopped at %.3f s", (double)passed / RATE);
    return strstr(said, "damaged: ") && strstr(said, text) && !strchr(said, '\n');
}

static void whole_files_are_read_whole(void)
{
    for (int k = 0; k < KINDS; k++) {
        struct sound *sound = &sounds[k];
        make_sound(&kinds[k], sound);
        const enum status status = read_bytes(sound->bytes, sound->size, &sound->passed);
        check(status == STATUS_OK && said[0] == '\0', &kinds[k], "whole", 0);
        check(sound->passed >= COUNT, &kinds[k], "whole", (long)sound->passed);
    }
}

static void files_cut_short_are_named(void)
{
    for (int k = 0; k < KINDS; k++) {
        const struct sound *sound = &sounds[k];
        for (size_t cut = 1; cut < 40; cut++) {
            const size_t size = sound->size * cut / 40 + cut % 3;
            uint64_t passed;
            const enum status status = read_bytes(sound->bytes, size, &passed);
            const double share = (double)passed / COUNT;
            check(status == STATUS_CORRUPT, &kinds[k], "cut short", (long)size);
            check(passed == 0 || tells_of(passed), &kinds[k], "cut short", (long)size);
            /* A page of Ogg is read whole or not at all. */
            const double lost = (double)cut / 40 - share;
            check(lost > -0.1 && lost < (kinds[k].paged ? 0.6 : 0.1), &kinds[k], "share", (long)(share * 40));
        }
    }
}

static void the_last_byte_counts(void)
{
    for (int k = 0; k < KINDS; k++) {
        uint64_t passed;
        const enum status status = read_bytes(sounds[k].bytes, sounds[k].size - 1, &passed);
        check(status == STATUS_CORRUPT && tells_of(passed), &kinds[k], "one byte short", 0);
    }
}

static void changed_bytes_are_named(void)
{
    struct random random = {11};
    unsigned char *bytes = malloc(BYTES_MAX);
    CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
    for (int k = 0; k < KINDS; k++) {
        for (int round = 0; kinds[k].checked && round < 40; round++) {
            const size_t length = round % 2 ? 40 : 1;
            const size_t from = sounds[k].size / 5;
            const size_t at = from + random_bits(&random) % (sounds[k].size - from - length);
            uint64_t passed;
            memcpy(bytes, sounds[k].bytes, sounds[k].size);
            for (size_t i = 0; i < length; i++) {
                bytes[at + i] ^= (unsigned char)(1 + random_bits(&random) % 255);
            }
            const enum status status = read_bytes(bytes, sounds[k].size, &passed);
            const double share = (double)passed / COUNT;
            check(status == STATUS_CORRUPT && tells_of(passed), &kinds[k], "changed", (long)at);
            check(share < (double)at / (double)sounds[k].size + 0.06, &kinds[k], "share",
                  (long)(share * 1000));
        }
    }
    free(bytes);
}

/* Reads the sound with something behind it. */
static enum status read_with(const struct sound *sound, const void *tail, size_t length, uint64_t *passed)
{
    unsigned char *bytes = malloc(2 * BYTES_MAX);
    CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
    memcpy(bytes, sound->bytes, sound->size);
    memcpy(bytes + sound->size, tail, length);
    const enum status status = read_bytes(bytes, sound->size + length, passed);
    free(bytes);
    return status;
}

static void chained_files_are_named(void)
{
    for (int k = 0; k < KINDS; k++) {
        for (int other = 0; other < KINDS; other++) {
            uint64_t passed;
            const enum status status =
                read_with(&sounds[k], sounds[other].bytes, sounds[other].size, &passed);
            check(status == STATUS_CORRUPT && tells_of(passed), &kinds[k], kinds[other].name, (long)passed);
            check(passed == sounds[k].passed, &kinds[k], kinds[other].name, (long)passed);
            check(strstr(said, "of its own") != NULL, &kinds[k], kinds[other].name, 0);
        }
    }
}

static void check_tail(int k, const char *what, const void *tail, size_t length, enum status expected)
{
    uint64_t passed;
    const enum status status = read_with(&sounds[k], tail, length, &passed);
    check(status == expected && (status == STATUS_OK || tells_of(passed)), &kinds[k], what, (long)passed);
    check(passed == sounds[k].passed, &kinds[k], what, (long)passed);
}

static void what_follows_the_sound_is_judged(void)
{
    static const unsigned char zeros[100];
    static const char tag[128] = "TAGa title";
    struct random random = {3};
    unsigned char garbage[3000];
    for (size_t i = 0; i < sizeof garbage; i++) {
        garbage[i] = (unsigned char)random_bits(&random);
    }
    for (int k = 0; k < KINDS; k++) {
        check_tail(k, "zeros", zeros, sizeof zeros, STATUS_OK);
        check_tail(k, "a tag", tag, sizeof tag, STATUS_OK);
        check_tail(k, "garbage", garbage, sizeof garbage, STATUS_CORRUPT);
    }
}

/* Overwrites bytes of a copy of the sound behind the first `mark` in it. */
static enum status read_changed(int k, const char *mark, size_t behind, const char *bytes, size_t count,
                                uint64_t *passed)
{
    unsigned char *copy = malloc(BYTES_MAX);
    CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
    memcpy(copy, sounds[k].bytes, sounds[k].size);
    unsigned char *at = memmem(copy, sounds[k].size, mark, strlen(mark));
    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    memcpy(at + behind, bytes, count);
    const enum status status = read_bytes(copy, sounds[k].size, passed);
    free(copy);
    return status;
}

static void a_wav_without_a_length_is_read_to_its_end(void)
{
    static const char *const sizes[] = {"\0\0\0\0", "\xff\xff\xff\xff", "\xff\xff\xff\x7f", "\0\0\0\x80",
                                        "\0\xf0\xff\x7f"};
    for (int k = 0; k < 4; k++) {
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            uint64_t passed;
            const enum status status = read_changed(k, "data", 4, sizes[i], 4, &passed);
            check(status == STATUS_OK && passed == COUNT, &kinds[k], "unknown size", (long)i);
            check((said[0] != '\0') == (i == 0), &kinds[k], "told of", (long)i);
        }
    }
}

/* As a recorder leaves them that never came to write the size. */
static void so_are_others(void)
{
    static const struct {
        int kind;
        const char *mark;
        size_t behind;
        const char *bytes;
        size_t count;
        bool told;
    } rows[] = {
        {6, "ds64", 8, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 24, true},
        {7, "data\xf3\xac", 16, "\0\0\0\0\0\0\0", 8, true},
        {7, "data\xf3\xac", 16, "\x18\0\0\0\0\0\0", 8, true},
        {7, "data\xf3\xac", 16, "\xff\xff\xff\xff\xff\xff\xff\xff", 8, false},
        {8, "SSND", 4, "\0\0\0", 4, true},
        {9, "SSND", 4, "\0\0\0\x8", 4, true},
        {8, "SSND", 4, "\xff\xff\xff\xff", 4, false},
        {10, "data", 4, "\0\0\0\0\0\0\0", 8, true},
        {10, "data", 4, "\xff\xff\xff\xff\xff\xff\xff\xff", 8, false},
        {11, ".snd", 8, "\0\0\0", 4, true},
        {11, ".snd", 8, "\xff\xff\xff\xff", 4, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct kind *kind = &kinds[rows[i].kind];
        uint64_t passed;
        const enum status status =
            read_changed(rows[i].kind, rows[i].mark, rows[i].behind, rows[i].bytes, rows[i].count, &passed);
        check(status == STATUS_OK, kind, "unknown size", (long)i);
        check(passed >= COUNT && passed < COUNT + 10, kind, "passed", (long)passed);
        check((said[0] != '\0') == rows[i].told, kind, "told of", (long)i);
    }
}

static void a_header_that_promises_too_much_is_named(void)
{
    uint64_t passed;
    CU_ASSERT_EQUAL(read_changed(0, "data", 4, "\0\0\x10\x10", 4, &passed), STATUS_CORRUPT);
    CU_ASSERT(tells_of(COUNT));
    CU_ASSERT_EQUAL(passed, COUNT);
    CU_ASSERT_EQUAL(read_changed(0, "data", 4, "\x01\x01\0\0", 4, &passed),
                    STATUS_CORRUPT); /* 257: an odd one */
    CU_ASSERT(tells_of(passed));
}

static void an_empty_file_is_named(void)
{
    for (int k = 0; k < KINDS; k++) {
        uint64_t passed;
        const float nothing = 0;
        wave_write("none", kinds[k].format, RATE, kinds[k].channels, &nothing, 0);
        FILE *file = fopen(wave_path("none"), "rb");
        unsigned char bytes[8192];
        CU_ASSERT_PTR_NOT_NULL_FATAL(file);
        const size_t size = fread(bytes, 1, sizeof bytes, file);
        fclose(file);
        const enum status status = read_bytes(bytes, size, &passed);
        check(status == STATUS_CORRUPT && passed == 0 && said[0] != '\0', &kinds[k], "empty", (long)size);
    }
}

static int run(void)
{
    static const CU_TestInfo tests[] = {
        {"whole files are read whole", whole_files_are_read_whole},
        {"files cut short are named", files_cut_short_are_named},
        {"the last byte counts", the_last_byte_counts},
        {"changed bytes are named", changed_bytes_are_named},
        {"chained files are named", chained_files_are_named},
        {"what follows the sound is judged", what_follows_the_sound_is_judged},
        {"a WAV without a length is read to its end", a_wav_without_a_length_is_read_to_its_end},
        {"so are others", so_are_others},
        {"a header that promises too much is named", a_header_that_promises_too_much_is_named},
        {"an empty file is named", an_empty_file_is_named},
        CU_TEST_INFO_NULL,
    };
    return unit_run("damaged_sound", tests);
}

int main(void)
{
    wave_open();
    const int code = run();
    for (int k = 0; k < KINDS; k++) {
        free(sounds[k].bytes);
    }
    wave_close();
    return code;
}
