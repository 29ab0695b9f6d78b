/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sound files as phicast-render reads them. */
#include "jack-client/render/sound_file.h"
#include "tests/unit/jack-client/dsp/signals.h"
#include "tests/unit/jack-client/render/wave.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <sndfile.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct sound_file file;
static char error[SOUND_FILE_ERROR_MAX];

/* Opens what cannot be opened; the message names the file. */
static void check_refused(const char *path, enum status expected)
{
    error[0] = '\0';
    CU_ASSERT_EQUAL(sound_file_open(&file, path, error), expected);
    CU_ASSERT_PTR_NOT_NULL(strstr(error, path));
    CU_ASSERT_PTR_NULL(strchr(error, '\n'));
    sound_file_close(&file); /* closing what was never open does no harm */
}

/* The sample of channel i at position n: all different, and exact in 32-bit float. */
static float sample_of(uint32_t i, uint32_t n)
{
    return (float)((n * 64 + i) % 65521) / 65536 - 0.5F;
}

static void write_ramp(const char *name, int format, int rate, uint32_t channels, uint32_t count)
{
    float *samples = malloc((size_t)channels * count * sizeof *samples + 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(samples);
    for (uint32_t n = 0; n < count; n++) {
        for (uint32_t i = 0; i < channels; i++) {
            samples[n * channels + i] = sample_of(i, n);
        }
    }
    wave_write(name, format, rate, (int)channels, samples, count);
    free(samples);
}

/* --- what is no sound file --- */

static void missing_files_are_refused(void)
{
    check_refused(wave_path("missing.wav"), STATUS_NOT_FOUND);
    check_refused("", STATUS_NOT_FOUND);
}

static void other_things_are_refused(void)
{
    struct random random = {4};
    uint64_t garbage[512];
    for (size_t i = 0; i < 512; i++) {
        garbage[i] = random_bits(&random);
    }
    wave_write_bytes("empty.wav", "", 0);
    wave_write_bytes("garbage.wav", garbage, sizeof garbage);
    wave_write_bytes("text.wav", "no sound at all\n", 16);
    wave_write_bytes("head.wav", "RIFF\x24\x00\x00\x00WAVE", 12);
    check_refused(wave_path("empty.wav"), STATUS_CORRUPT);
    check_refused(wave_path("garbage.wav"), STATUS_CORRUPT);
    check_refused(wave_path("text.wav"), STATUS_CORRUPT);
    check_refused(wave_path("head.wav"), STATUS_CORRUPT);
    check_refused("/tmp", STATUS_CORRUPT); /* a directory opens, but holds no sound */
}

static void forbidden_files_are_refused(void)
{
    write_ramp("forbidden.wav", SF_FORMAT_WAV | SF_FORMAT_FLOAT, 48000, 1, 10);
    CU_ASSERT_EQUAL(chmod(wave_path("forbidden.wav"), 0), 0);
    if (geteuid() == 0) {
        CU_PASS("root may read everything");
    } else {
        check_refused(wave_path("forbidden.wav"), STATUS_NO_ACCESS);
    }
}

static void too_many_channels_are_refused(void)
{
    write_ramp("65.wav", SF_FORMAT_WAV | SF_FORMAT_FLOAT, 48000, 65, 10);
    check_refused(wave_path("65.wav"), STATUS_BAD_ARG);
    CU_ASSERT_PTR_NOT_NULL(strstr(error, "65"));
}

static void strange_rates_are_refused(void)
{
    write_ramp("slow.wav", SF_FORMAT_WAV | SF_FORMAT_FLOAT, 999, 1, 10);
    write_ramp("fast.wav", SF_FORMAT_WAV | SF_FORMAT_FLOAT, 1000001, 1, 10);
    check_refused(wave_path("slow.wav"), STATUS_BAD_ARG);
    CU_ASSERT_PTR_NOT_NULL(strstr(error, "999 Hz"));
    check_refused(wave_path("fast.wav"), STATUS_BAD_ARG);
}

/* --- what is --- */

/* Reads all; every sample is where it belongs, to within `tolerance`. */
static void check_read(const char *name, uint32_t rate, uint32_t channels, uint32_t count, double tolerance)
{
    const enum status status = sound_file_open(&file, wave_path(name), error);
    uint32_t at = 0;
    uint32_t got;
    uint32_t wrong = 0;
    CU_ASSERT_EQUAL_FATAL(status, STATUS_OK);
    CU_ASSERT_EQUAL(file.sample_rate, rate);
    CU_ASSERT_EQUAL(file.channels, channels);
    while ((got = sound_file_read(&file)) > 0) {
        CU_ASSERT(got <= SOUND_FILE_BLOCK);
        for (uint32_t n = 0; n < got; n++) {
            for (uint32_t i = 0; i < channels; i++) {
                wrong += fabs((double)(file.channel[i][n] - sample_of(i, at + n))) > tolerance;
            }
        }
        at += got;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_EQUAL(at, count);
    CU_ASSERT_EQUAL(sound_file_read(&file), 0); /* the end stays the end */
    sound_file_close(&file);
    CU_ASSERT_PTR_NULL(file.handle);
}

static void any_number_of_channels(void)
{
    static const uint32_t channels[] = {1, 2, 3, 8, 63, 64};
    for (size_t i = 0; i < sizeof channels / sizeof channels[0]; i++) {
        write_ramp("channels.wav", SF_FORMAT_WAV | SF_FORMAT_FLOAT, 48000, channels[i], 10000);
        check_read("channels.wav", 48000, channels[i], 10000, 0);
    }
}

static void any_length(void)
{
    static const uint32_t lengths[] = {0, 1, 4095, 4096, 4097, 8192, 12345};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        write_ramp("length.wav", SF_FORMAT_WAV | SF_FORMAT_FLOAT, 44100, 2, lengths[i]);
        check_read("length.wav", 44100, 2, lengths[i], 0);
    }
}

static void any_rate(void)
{
    static const int rates[] = {1000, 8000, 44100, 48000, 96000, 192000, 384000, 1000000};
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        write_ramp("rate.wav", SF_FORMAT_WAV | SF_FORMAT_FLOAT, rates[i], 1, 100);
        check_read("rate.wav", (uint32_t)rates[i], 1, 100, 0);
    }
}

/* Full scale is 1 whatever the format; 16 bits are good for 1/32768. */
static void other_formats(void)
{
    write_ramp("16.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 48000, 2, 5000);
    check_read("16.wav", 48000, 2, 5000, 1.1 / 32768);
    write_ramp("24.flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_24, 48000, 2, 5000);
    check_read("24.flac", 48000, 2, 5000, 1.1 / 8388608);
    write_ramp("f.aiff", SF_FORMAT_AIFF | SF_FORMAT_FLOAT, 48000, 3, 5000);
    check_read("f.aiff", 48000, 3, 5000, 0);
}

/* A file cut short in its samples gives those that are there. */
static void a_truncated_file_gives_what_it_has(void)
{
    write_ramp("cut.wav", SF_FORMAT_WAV | SF_FORMAT_FLOAT, 48000, 2, 10000);
    struct stat whole;
    CU_ASSERT_EQUAL(stat(wave_path("cut.wav"), &whole), 0);
    CU_ASSERT_EQUAL(truncate(wave_path("cut.wav"), whole.st_size - 5000 * 8), 0);
    check_read("cut.wav", 48000, 2, 5000, 0);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"missing files are refused", missing_files_are_refused},
        {"other things are refused", other_things_are_refused},
        {"forbidden files are refused", forbidden_files_are_refused},
        {"too many channels are refused", too_many_channels_are_refused},
        {"strange rates are refused", strange_rates_are_refused},
        {"any number of channels", any_number_of_channels},
        {"any length", any_length},
        {"any rate", any_rate},
        {"other formats", other_formats},
        {"a truncated file gives what it has", a_truncated_file_gives_what_it_has},
        CU_TEST_INFO_NULL,
    };
    wave_open();
    const int code = unit_run("sound_file", tests);
    wave_close();
    return code;
}
