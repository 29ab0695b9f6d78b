/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sound files as phicast-render writes them. */
#include "jack-client/render/audio_out.h"
#include "tests/unit/jack-client/render/wave.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <sndfile.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COUNT = 7 };

static char error[AUDIO_OUT_ERROR_MAX];
static char path[WAVE_PATH_MAX];

static const struct audio_format *name(const char *text)
{
    snprintf(path, sizeof path, "%s", wave_path(text));
    return audio_format_of(path);
}

/* Opens `text` for what comes from a source of one channel. */
static enum status open_out(struct audio_out *out, const char *text, uint64_t promised)
{
    static const float silence[COUNT];
    struct sound_file source;
    const struct audio_format *format = name(text);
    CU_ASSERT_PTR_NOT_NULL_FATAL(format);
    wave_write("source.wav", SF_FORMAT_WAV | SF_FORMAT_FLOAT, 48000, 1, silence, COUNT);
    CU_ASSERT_EQUAL_FATAL(sound_file_open(&source, wave_path("source.wav"), error), STATUS_OK);
    source.promised = promised;
    const enum status status = audio_out_open(out, path, format, &source, error);
    sound_file_close(&source);
    return status;
}

/* --- formats --- */

static void names_that_end_in_nothing_known_have_no_format(void)
{
    static const char *const wrong[] = {"",          "wav",        "take",   "take.",     "take.xyz",
                                        "take.wav.", "a.wav/take", ".wav.x", "take.wavex"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        CU_ASSERT_PTR_NULL(audio_format_of(wrong[i]));
    }
}

static void the_end_of_the_name_says_the_format(void)
{
    CU_ASSERT_PTR_NOT_NULL_FATAL(audio_format_of("a.b/take.1.WAV"));
    CU_ASSERT(audio_format_of("take.wav")->exact);
    CU_ASSERT_PTR_EQUAL(audio_format_of("take.wav"), audio_format_of("a.b/take.1.WAV"));
    CU_ASSERT(!audio_format_of("take.flac")->exact);
}

/* All that are offered can be had, and nothing else. */
static void the_list_is_true(void)
{
    char list[128];
    char *rest = NULL;
    int count = 0;
    audio_format_list(list, sizeof list);
    for (const char *one = strtok_r(list, ", ", &rest); one; one = strtok_r(NULL, ", ", &rest), count++) {
        const struct audio_format *format = audio_format_of(one);
        CU_ASSERT_PTR_NOT_NULL_FATAL(format);
        CU_ASSERT_EQUAL(audio_format_check(format, 48000, 1, error, sizeof error), STATUS_OK);
    }
    CU_ASSERT(count >= 8);
}

static void check_shape(const char *format, uint32_t rate, uint32_t channels, const char *named)
{
    error[0] = '\0';
    CU_ASSERT_EQUAL(audio_format_check(audio_format_of(format), rate, channels, error, sizeof error),
                    STATUS_BAD_ARG);
    CU_ASSERT_PTR_NOT_NULL(strstr(error, named));
    CU_ASSERT_PTR_NOT_NULL(strstr(error, "give a name that ends in .wav"));
}

static void what_a_format_does_not_take_is_refused(void)
{
    check_shape("a.flac", 48000, 9, "has 9 channels, and .flac takes 8 at most");
    check_shape("a.flac", 1000000, 1, "has 1000000 Hz");
    if (audio_format_of("a.opus")) {
        check_shape("a.opus", 44100, 2, ".opus takes 8000, 12000, 16000, 24000, 48000;");
    }
    if (audio_format_of("a.ogg")) { /* its encoder opens, and fails at the first sample */
        check_shape("a.ogg", 1000000, 2, "has 1000000 Hz");
    }
    if (audio_format_of("a.mp3")) {
        check_shape("a.mp3", 44100, 3, "has 3 channels, and .mp3 takes 2 at most");
    }
    CU_ASSERT_EQUAL(audio_format_check(audio_format_of("a.wav"), 1000000, 64, error, sizeof error),
                    STATUS_OK);
}

/* --- writing --- */

static void what_is_too_long_is_refused_before_it_is_made(void)
{
    struct audio_out out;
    CU_ASSERT_EQUAL(open_out(&out, "long.wav", UINT64_C(1) << 30), STATUS_BAD_ARG);
    CU_ASSERT_PTR_NOT_NULL(strstr(error, ".w64"));
    CU_ASSERT_NOT_EQUAL(access(path, F_OK), 0);
    CU_ASSERT_EQUAL(open_out(&out, "long.w64", UINT64_C(1) << 30), STATUS_OK);
    CU_ASSERT_EQUAL(audio_out_close(&out, error), STATUS_OK);
}

/* Nobody knew that it would be so long. */
static void what_becomes_too_long_ends_there(void)
{
    float samples[COUNT] = {0};
    float *const channel[] = {samples};
    struct audio_out out;
    CU_ASSERT_EQUAL_FATAL(open_out(&out, "full.wav", 0), STATUS_OK);
    CU_ASSERT_EQUAL(out.room, (UINT32_MAX - 65536) / 4);
    out.room = COUNT + 1;
    CU_ASSERT_EQUAL(audio_out_write(&out, channel, COUNT, error), STATUS_OK);
    CU_ASSERT_EQUAL(audio_out_write(&out, channel, COUNT, error), STATUS_IO);
    CU_ASSERT_PTR_NOT_NULL(strstr(error, ".w64"));
    CU_ASSERT_EQUAL(audio_out_close(&out, error), STATUS_IO);
    CU_ASSERT_STRING_EQUAL(error, ""); /* it has been told */
}

static void check_written(const char *text, const float *samples, const int *expected)
{
    int found[COUNT + 1] = {0};
    SF_INFO info = {0};
    float copy[COUNT];
    float *const channel[] = {copy};
    struct audio_out out;
    memcpy(copy, samples, sizeof copy);
    CU_ASSERT_EQUAL_FATAL(open_out(&out, text, COUNT), STATUS_OK);
    CU_ASSERT_EQUAL(audio_out_write(&out, channel, COUNT, error), STATUS_OK);
    CU_ASSERT_EQUAL(audio_out_close(&out, error), STATUS_OK);
    SNDFILE *file = sf_open(path, SFM_READ, &info);
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_EQUAL(sf_readf_int(file, found, COUNT + 1), COUNT);
    for (int i = 0; i < COUNT; i++) {
        CU_ASSERT_EQUAL(found[i] / 256, expected[i]);
    }
    sf_close(file);
}

static void what_is_beyond_full_scale_is_clipped_and_counted(void)
{
    static const float loud[] = {2, -2, INFINITY, NAN, 1, -1, 0.5F};
    static const int clipped[] = {8388607, -8388608, 8388607, 0, 8388607, -8388608, 4194304};
    check_written("loud.flac", loud, clipped);
    CU_ASSERT_PTR_NOT_NULL(strstr(error, " 3 samples"));
    static const float fine[] = {1, -1, 0.25F, 0, -0.25F, 0x1p-23F, -0x1p-23F};
    static const int same[] = {8388607, -8388608, 2097152, 0, -2097152, 1, -1};
    check_written("fine.flac", fine, same);
    CU_ASSERT_STRING_EQUAL(error, "");
}

static void what_cannot_be_written_is_told_once(void)
{
    float samples[COUNT] = {0};
    float *const channel[] = {samples};
    struct audio_out out;
    name("device.wav");
    CU_ASSERT_EQUAL_FATAL(symlink("/dev/full", path), 0);
    CU_ASSERT_EQUAL(open_out(&out, "device.wav", COUNT), STATUS_NO_MEMORY);
    CU_ASSERT_PTR_NOT_NULL(strstr(error, "No space left on device; what was written is not all"));
    name("pipe.wav");
    CU_ASSERT_EQUAL_FATAL(mkfifo(path, 0600), 0);
    CU_ASSERT_NOT_EQUAL(open_out(&out, "pipe.wav", COUNT), STATUS_OK); /* and is not waited for */
    CU_ASSERT_PTR_NOT_NULL(strstr(error, "pipe.wav"));
    CU_ASSERT_EQUAL_FATAL(open_out(&out, "broken.wav", COUNT), STATUS_OK);
    out.encoder.err = 5;
    CU_ASSERT_EQUAL(audio_out_write(&out, channel, COUNT, error), STATUS_IO);
    CU_ASSERT_PTR_NOT_NULL(strstr(error, "broken.wav"));
    CU_ASSERT_EQUAL(audio_out_close(&out, error), STATUS_IO);
    CU_ASSERT_STRING_EQUAL(error, "");
    out = (struct audio_out){0};
    CU_ASSERT_EQUAL(audio_out_close(&out, error), STATUS_OK);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"names that end in nothing known have no format", names_that_end_in_nothing_known_have_no_format},
        {"the end of the name says the format", the_end_of_the_name_says_the_format},
        {"the list is true", the_list_is_true},
        {"what a format does not take is refused", what_a_format_does_not_take_is_refused},
        {"what is too long is refused before it is made", what_is_too_long_is_refused_before_it_is_made},
        {"what becomes too long ends there", what_becomes_too_long_ends_there},
        {"what is beyond full scale is clipped and counted",
         what_is_beyond_full_scale_is_clipped_and_counted},
        {"what cannot be written is told once", what_cannot_be_written_is_told_once},
        CU_TEST_INFO_NULL,
    };
    wave_open();
    const int result = unit_run("audio_out", tests);
    wave_close();
    return result;
}
