/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which kind of sound file is meant by a name's end, and what such a file takes. Nothing is known here that
 * the libsndfile at hand can be asked. */
#ifndef PHICAST_JACK_CLIENT_RENDER_AUDIO_FORMAT_H
#define PHICAST_JACK_CLIENT_RENDER_AUDIO_FORMAT_H

#include "shared/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct audio_format {
    const char *extension; /* with its dot */
    int format;            /* libsndfile's */
    bool exact;            /* 32-bit float stays as it is, whatever it is */
    uint64_t most;         /* bytes of sound that its header can tell of */
};

/* NULL: none, or one that the libsndfile here does not write. */
const struct audio_format *audio_format_of(const char *path);

/* Those that it writes, as ".wav, .flac". */
void audio_format_list(char *text, size_t size);

/* Whether it takes such a sound. STATUS_BAD_ARG: no; `why`, of `size` bytes, says what it does take. */
MUST_CHECK enum status audio_format_check(const struct audio_format *format, uint32_t sample_rate,
                                          uint32_t channels, char *why, size_t size);

#endif
