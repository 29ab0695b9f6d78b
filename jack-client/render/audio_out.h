/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sound as it leaves the engine, written to a sound file block by block. */
#ifndef PHICAST_JACK_CLIENT_RENDER_AUDIO_OUT_H
#define PHICAST_JACK_CLIENT_RENDER_AUDIO_OUT_H

#include "jack-client/render/audio_format.h"
#include "jack-client/render/encoder.h"
#include "jack-client/render/sound_file.h"
#include "shared/status.h"

#include <stdint.h>

enum { AUDIO_OUT_ERROR_MAX = 512 };

struct audio_out {
    const char *path; /* NULL: there is none */
    const struct audio_format *format;
    int fd;
    struct encoder encoder;
    uint32_t channels;
    uint64_t room;       /* samples per channel that the format can still tell of */
    enum status failure; /* what audio_out_write has told */
    uint64_t clipped;    /* samples that were beyond full scale, and are not any more */
    float *interleaved;  /* SOUND_FILE_BLOCK of each channel */
};

/* What is at the path is kept until it is clear that it can be replaced; path and format must live on.
 * STATUS_BAD_ARG: the format does not take the source's channels, rate or length; STATUS_BUSY: it is the
 * source itself, or standard output; STATUS_NO_ACCESS, STATUS_NO_MEMORY, STATUS_IO ...; `error` names the
 * option, the file and the cure. */
MUST_CHECK enum status audio_out_open(struct audio_out *out, const char *path,
                                      const struct audio_format *format, const struct sound_file *source,
                                      char error[AUDIO_OUT_ERROR_MAX]);

/* count: samples per channel, SOUND_FILE_BLOCK at most. STATUS_IO, STATUS_NO_MEMORY (a full disk), ...:
 * what was written is not all; `error` names the file and why. */
MUST_CHECK enum status audio_out_write(struct audio_out *out, float *const *channel, uint32_t count,
                                       char error[AUDIO_OUT_ERROR_MAX]);

/* Ends the file, whatever happened; the errors of audio_out_write, and `error` is "" if that has told
 * already. STATUS_OK: it is whole, and `error` is "" or a warning. Does no harm where nothing was opened. */
MUST_CHECK enum status audio_out_close(struct audio_out *out, char error[AUDIO_OUT_ERROR_MAX]);

#endif
