/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/render/audio_format.h"

#include "jack-client/render/encoder.h"

#include <inttypes.h>
#include <sndfile.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define UNLIMITED UINT64_MAX
#define SHORT_SIZES (UINT32_MAX - 65536) /* sizes of 32 bits, which count the header too */

static const struct audio_format formats[] = {
    {".wav", SF_FORMAT_WAV | SF_FORMAT_FLOAT, true, SHORT_SIZES},
    {".aiff", SF_FORMAT_AIFF | SF_FORMAT_FLOAT, true, SHORT_SIZES},
    {".aif", SF_FORMAT_AIFF | SF_FORMAT_FLOAT, true, SHORT_SIZES},
    {".au", SF_FORMAT_AU | SF_FORMAT_FLOAT, true, UNLIMITED},
    {".caf", SF_FORMAT_CAF | SF_FORMAT_FLOAT, true, UNLIMITED},
    {".w64", SF_FORMAT_W64 | SF_FORMAT_FLOAT, true, UNLIMITED},
    {".rf64", SF_FORMAT_RF64 | SF_FORMAT_FLOAT, true, UNLIMITED},
    {".flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_24, false, UNLIMITED},
    {".ogg", SF_FORMAT_OGG | SF_FORMAT_VORBIS, false, UNLIMITED},
    {".oga", SF_FORMAT_OGG | SF_FORMAT_VORBIS, false, UNLIMITED},
    {".opus", SF_FORMAT_OGG | SF_FORMAT_OPUS, false, UNLIMITED},
    {".mp3", SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III, false, UNLIMITED},
};

enum { FORMATS = sizeof formats / sizeof formats[0] };

static const uint32_t usual_rates[] = {8000,  11025, 12000, 16000, 22050,  24000, 32000,
                                       44100, 48000, 88200, 96000, 176400, 192000};

static bool is_written(const struct audio_format *format)
{
    return encoder_can(format->format, 48000, 1);
}

const struct audio_format *audio_format_of(const char *path)
{
    const char *dot = strrchr(path, '.');
    for (int i = 0; dot && i < FORMATS; i++) {
        if (strcasecmp(dot, formats[i].extension) == 0) {
            return is_written(&formats[i]) ? &formats[i] : NULL;
        }
    }
    return NULL;
}

/* Adds to a list in *text; what has no room is left out. */
static void add(char *text, size_t size, const char *item)
{
    const size_t length = strlen(text);
    snprintf(text + length, size - length, "%s%s", length > 0 ? ", " : "", item);
}

void audio_format_list(char *text, size_t size)
{
    text[0] = '\0';
    for (int i = 0; i < FORMATS; i++) {
        if (is_written(&formats[i])) {
            add(text, size, formats[i].extension);
        }
    }
}

static void rates_list(const struct audio_format *format, char *text, size_t size)
{
    text[0] = '\0';
    for (size_t i = 0; i < sizeof usual_rates / sizeof usual_rates[0]; i++) {
        char rate[16];
        if (encoder_can(format->format, usual_rates[i], 1)) {
            snprintf(rate, sizeof rate, "%" PRIu32, usual_rates[i]);
            add(text, size, rate);
        }
    }
}

enum status audio_format_check(const struct audio_format *format, uint32_t sample_rate, uint32_t channels,
                               char *why, size_t size)
{
    uint32_t most = channels;
    while (most > 0 && !encoder_can(format->format, sample_rate, most)) {
        most--;
    }
    if (most == channels) {
        return STATUS_OK;
    }
    if (most > 0) {
        snprintf(why, size,
                 "the sound has %" PRIu32 " channels, and %s takes %" PRIu32
                 " at most; give a name that ends in .wav",
                 channels, format->extension, most);
    } else {
        char rates[128];
        rates_list(format, rates, sizeof rates);
        snprintf(why, size,
                 "the sound has %" PRIu32
                 " Hz, and of the usual rates %s takes %s; give a name that ends in .wav, or "
                 "convert the sound",
                 sample_rate, format->extension, rates);
    }
    return STATUS_BAD_ARG;
}
