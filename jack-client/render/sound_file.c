/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/render/sound_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum status check_shape(const SF_INFO *info, const char *path, char *error)
{
    if (info->channels > CHANNELS_MAX) {
        snprintf(error, SOUND_FILE_ERROR_MAX, "%s: has %d channels; at most %d can be measured", path,
                 info->channels, CHANNELS_MAX);
        return STATUS_BAD_ARG;
    }
    if (info->samplerate < 1000 || info->samplerate > 1000000) {
        snprintf(error, SOUND_FILE_ERROR_MAX,
                 "%s: has a sample rate of %d Hz; 1000 to 1000000 can be measured", path, info->samplerate);
        return STATUS_BAD_ARG;
    }
    return STATUS_OK;
}

enum status sound_file_open(struct sound_file *file, const char *path, char error[SOUND_FILE_ERROR_MAX])
{
    SF_INFO info = {0};
    *file = (struct sound_file){0};
    /* Opened by ourselves, because libsndfile says only "System error" of a file that cannot be read. */
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        const int err = errno;
        snprintf(error, SOUND_FILE_ERROR_MAX, "%s: %s; give a sound file that can be read", path,
                 strerror(err));
        return status_from_errno(err);
    }
    file->handle = sf_open_fd(fd, SFM_READ, &info, SF_TRUE);
    if (!file->handle) {
        snprintf(error, SOUND_FILE_ERROR_MAX, "%s: %s Give a sound file (WAV, FLAC, AIFF, Ogg ...)", path,
                 sf_strerror(NULL));
        return STATUS_CORRUPT;
    }
    const enum status status = check_shape(&info, path, error);
    if (status) {
        sound_file_close(file);
        return status;
    }
    file->sample_rate = (uint32_t)info.samplerate;
    file->channels = (uint32_t)info.channels;
    file->interleaved = calloc((size_t)SOUND_FILE_BLOCK * file->channels, sizeof(float));
    file->planar = calloc((size_t)SOUND_FILE_BLOCK * file->channels, sizeof(float));
    if (!file->interleaved || !file->planar) {
        snprintf(error, SOUND_FILE_ERROR_MAX, "%s: out of memory", path);
        sound_file_close(file);
        return STATUS_NO_MEMORY;
    }
    for (uint32_t i = 0; i < file->channels; i++) {
        file->channel[i] = file->planar + (size_t)i * SOUND_FILE_BLOCK;
    }
    return STATUS_OK;
}

uint32_t sound_file_read(struct sound_file *file)
{
    const sf_count_t got = sf_readf_float(file->handle, file->interleaved, SOUND_FILE_BLOCK);
    for (uint32_t i = 0; i < file->channels; i++) {
        float *out = file->planar + (size_t)i * SOUND_FILE_BLOCK;
        for (sf_count_t n = 0; n < got; n++) {
            out[n] = file->interleaved[(size_t)n * file->channels + i];
        }
    }
    return got > 0 ? (uint32_t)got : 0;
}

void sound_file_close(struct sound_file *file)
{
    if (file->handle) {
        sf_close(file->handle);
    }
    free(file->interleaved);
    free(file->planar);
    *file = (struct sound_file){0};
}
