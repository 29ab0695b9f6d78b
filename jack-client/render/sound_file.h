/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A sound file read block by block into one buffer per channel. The one owner of libsndfile here. */
#ifndef PHICAST_JACK_CLIENT_RENDER_SOUND_FILE_H
#define PHICAST_JACK_CLIENT_RENDER_SOUND_FILE_H

#include "shared/status.h"
#include "shared/telemetry.h"

#include <stdint.h>

enum { SOUND_FILE_BLOCK = 4096, SOUND_FILE_ERROR_MAX = 256 };

struct sound_file {
    void *handle;
    uint32_t sample_rate; /* Hz */
    uint32_t channels;    /* 1...CHANNELS_MAX */
    float *interleaved;
    float *planar;
    float *channel[CHANNELS_MAX]; /* the latest block, full scale = 1; the caller may change it */
};

/* STATUS_NOT_FOUND, STATUS_NO_ACCESS, STATUS_CORRUPT (no sound file), STATUS_BAD_ARG (more channels or a
 * stranger rate than the analysis takes), STATUS_NO_MEMORY; `error` names the file and the cure. */
MUST_CHECK enum status sound_file_open(struct sound_file *file, const char *path,
                                       char error[SOUND_FILE_ERROR_MAX]);

/* Reads the next block; returns its length in samples, 0 at the end. */
uint32_t sound_file_read(struct sound_file *file);

void sound_file_close(struct sound_file *file);

#endif
