/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/render/sound_file.h"

#include "jack-client/render/extent.h"
#include "jack-client/render/same_file.h"
#include "jack-client/render/spool.h"

#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct sound_source {
    const char *name;
    struct spool spool;
    struct bytes bytes;
    struct extent extent;
    uint64_t at;
};

/* --- what libsndfile reads through */

static sf_count_t source_size(void *user)
{
    const struct sound_source *source = user;
    return (sf_count_t)source->extent.end;
}

static sf_count_t source_tell(void *user)
{
    const struct sound_source *source = user;
    return (sf_count_t)source->at;
}

static sf_count_t source_seek(sf_count_t offset, int whence, void *user)
{
    struct sound_source *source = user;
    const uint64_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? source->at : source->extent.end;
    const sf_count_t to = (sf_count_t)base + offset;
    if (to < 0) {
        return -1;
    }
    source->at = (uint64_t)to;
    return to;
}

/* Where the header was mended, the mended bytes. */
static void apply_patch(const struct extent *extent, uint64_t at, unsigned char *out, size_t count)
{
    for (uint32_t i = 0; i < extent->patch_count; i++) {
        const uint64_t place = extent->patch_at + i;
        if (place >= at && place - at < count) {
            out[place - at] = extent->patch[i];
        }
    }
}

static sf_count_t source_read(void *out, sf_count_t count, void *user)
{
    struct sound_source *source = user;
    unsigned char *to = out;
    size_t done = 0;
    while (done < (size_t)count && source->at < source->extent.end) {
        size_t held;
        const unsigned char *view = bytes_view(&source->bytes, source->at, &held);
        if (!view) {
            break; /* the file has become shorter, or its disk fails */
        }
        const uint64_t left = source->extent.end - source->at;
        size_t take = (size_t)count - done < held ? (size_t)count - done : held;
        take = take < left ? take : (size_t)left;
        memcpy(to + done, view, take);
        apply_patch(&source->extent, source->at, to + done, take);
        done += take;
        source->at += take;
    }
    return (sf_count_t)done;
}

static sf_count_t source_write(const void *from, sf_count_t count, void *user)
{
    (void)from;
    (void)count;
    (void)user;
    return 0;
}

/* --- the sound */

static enum status source_open(struct sound_file *file, const char *path, char *error)
{
    struct sound_source *source = calloc(1, sizeof *source);
    if (!source) {
        snprintf(error, SOUND_FILE_ERROR_MAX, "%s: out of memory", spool_name(path));
        return STATUS_NO_MEMORY;
    }
    char why[SPOOL_ERROR_MAX];
    const enum status status = spool_open(&source->spool, path, why);
    if (status) {
        snprintf(error, SOUND_FILE_ERROR_MAX, "%s", why);
        free(source);
        return status;
    }
    source->name = spool_name(path);
    bytes_init(&source->bytes, source->spool.fd, source->spool.size);
    extent_find(&source->extent, &source->bytes);
    file->source = source;
    file->fault = source->extent.fault;
    return STATUS_OK;
}

static enum status check_shape(const SF_INFO *info, const char *name, char *error)
{
    if (info->channels < 1 || info->channels > CHANNELS_MAX) {
        snprintf(error, SOUND_FILE_ERROR_MAX, "%s: has %d channels; 1 to %d can be measured", name,
                 info->channels, CHANNELS_MAX);
        return STATUS_BAD_ARG;
    }
    if (info->samplerate < 1000 || info->samplerate > 1000000) {
        snprintf(error, SOUND_FILE_ERROR_MAX,
                 "%s: has a sample rate of %d Hz; 1000 to 1000000 can be measured", name, info->samplerate);
        return STATUS_BAD_ARG;
    }
    return STATUS_OK;
}

static enum status sound_open(struct sound_file *file, char *error)
{
    static SF_VIRTUAL_IO io = {source_size, source_seek, source_read, source_write, source_tell};
    const char *name = file->source->name;
    SF_INFO info = {0};
    file->handle = sf_open_virtual(&io, SFM_READ, &info, file->source);
    if (!file->handle) {
        if (file->fault) {
            snprintf(error, SOUND_FILE_ERROR_MAX, "%s: stopped at 0.000 s: %s", name, file->fault);
        } else {
            snprintf(error, SOUND_FILE_ERROR_MAX, "%s: %s Give a sound file (WAV, FLAC, AIFF, Ogg ...)", name,
                     sf_strerror(NULL));
        }
        return STATUS_CORRUPT;
    }
    const enum status status = check_shape(&info, name, error);
    if (status) {
        return status;
    }
    file->sample_rate = (uint32_t)info.samplerate;
    file->channels = (uint32_t)info.channels;
    const bool told = info.frames > 0 && info.frames < SF_COUNT_MAX && !file->source->extent.guessed;
    file->promised = told ? (uint64_t)info.frames : 0;
    return STATUS_OK;
}

static enum status buffers_make(struct sound_file *file, char *error)
{
    file->interleaved = calloc((size_t)SOUND_FILE_BLOCK * file->channels, sizeof(float));
    file->planar = calloc((size_t)SOUND_FILE_BLOCK * file->channels, sizeof(float));
    if (!file->interleaved || !file->planar) {
        snprintf(error, SOUND_FILE_ERROR_MAX, "%s: out of memory", file->source->name);
        return STATUS_NO_MEMORY;
    }
    for (uint32_t i = 0; i < file->channels; i++) {
        file->channel[i] = file->planar + (size_t)i * SOUND_FILE_BLOCK;
    }
    return STATUS_OK;
}

enum status sound_file_open(struct sound_file *file, const char *path, char error[SOUND_FILE_ERROR_MAX])
{
    *file = (struct sound_file){0};
    enum status status = source_open(file, path, error);
    if (status == STATUS_OK) {
        status = sound_open(file, error);
    }
    if (status == STATUS_OK) {
        status = buffers_make(file, error);
    }
    if (status) {
        sound_file_close(file);
    }
    return status;
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
    if (got > 0) {
        file->passed += (uint64_t)got;
        return (uint32_t)got;
    }
    if (!file->fault && sf_error(file->handle) != SF_ERR_NO_ERROR) {
        file->fault = sf_strerror(file->handle);
    }
    return 0;
}

enum status sound_file_end(const struct sound_file *file, char error[SOUND_FILE_ERROR_MAX])
{
    const char *name = file->source->name;
    const char *fault = file->fault;
    error[0] = '\0';
    if (!fault && file->passed < file->promised) {
        fault = "it is cut short or damaged there";
    }
    if (fault) {
        snprintf(error, SOUND_FILE_ERROR_MAX, "%s: stopped at %.3f s: %s", name,
                 (double)file->passed / file->sample_rate, fault);
        return STATUS_CORRUPT;
    }
    if (file->passed == 0) {
        snprintf(error, SOUND_FILE_ERROR_MAX, "%s: holds no samples; give a file with sound", name);
        return STATUS_CORRUPT;
    }
    if (file->source->extent.note) {
        snprintf(error, SOUND_FILE_ERROR_MAX, "%s: %s", name, file->source->extent.note);
    }
    return STATUS_OK;
}

bool sound_file_is(const struct sound_file *file, const char *path)
{
    return same_file(file->source->spool.fd, path);
}

void sound_file_close(struct sound_file *file)
{
    if (file->handle) {
        sf_close(file->handle);
    }
    if (file->source) {
        close(file->source->spool.fd);
        free(file->source);
    }
    free(file->interleaved);
    free(file->planar);
    *file = (struct sound_file){0};
}
