/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A sound file read block by block into one buffer per channel. */
#ifndef PHICAST_JACK_CLIENT_RENDER_SOUND_FILE_H
#define PHICAST_JACK_CLIENT_RENDER_SOUND_FILE_H

#include "shared/status.h"
#include "shared/telemetry.h"

#include <stdbool.h>
#include <stdint.h>

enum { SOUND_FILE_BLOCK = 4096, SOUND_FILE_ERROR_MAX = 512 };

struct sound_source; /* the file as libsndfile is shown it */

struct sound_file {
    void *handle;
    struct sound_source *source;
    uint32_t sample_rate; /* Hz */
    uint32_t channels;    /* 1...CHANNELS_MAX */
    uint64_t promised;    /* samples per channel, as the file says; 0: it does not */
    uint64_t passed;      /* samples per channel that were read */
    const char *fault;    /* why reading stopped; NULL: nothing known */
    float *interleaved;
    float *planar;
    float *channel[CHANNELS_MAX]; /* the latest block, full scale = 1; the caller may change it */
};

/* path: "-" is standard input. STATUS_NOT_FOUND, STATUS_NO_ACCESS, STATUS_CORRUPT (no sound file),
 * STATUS_BAD_ARG (more channels or a stranger rate than the analysis takes), STATUS_NO_MEMORY, STATUS_IO;
 * `error` names the file and the cure. */
MUST_CHECK enum status sound_file_open(struct sound_file *file, const char *path,
                                       char error[SOUND_FILE_ERROR_MAX]);

/* Reads the next block; returns its length in samples, 0 where the sound ends or cannot be believed any
 * further. */
uint32_t sound_file_read(struct sound_file *file);

/* After the last block. STATUS_CORRUPT: that was not all, or there was nothing; `error` names the file, the
 * second at which it stopped, and why. STATUS_OK: all is read, and `error` is "" or says what about the file
 * was odd. */
MUST_CHECK enum status sound_file_end(const struct sound_file *file, char error[SOUND_FILE_ERROR_MAX]);

/* Whether that name leads to the file that is being read. */
bool sound_file_is(const struct sound_file *file, const char *path);

void sound_file_close(struct sound_file *file);

#endif
