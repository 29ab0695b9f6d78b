/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/render/audio_out.h"

#include "jack-client/render/same_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- opening */

static enum status refuse(const struct audio_out *out, enum status status, const char *why, char *error)
{
    snprintf(error, AUDIO_OUT_ERROR_MAX, "--audio-out %s: %s", out->path, why);
    return status;
}

static enum status check_sound(struct audio_out *out, const struct sound_file *source, char *error)
{
    char why[256];
    const enum status status =
        audio_format_check(out->format, source->sample_rate, source->channels, why, sizeof why);
    if (status) {
        return refuse(out, status, why, error);
    }
    out->channels = source->channels;
    out->room = out->format->most / (source->channels * sizeof(float));
    if (source->promised > out->room) {
        return refuse(out, STATUS_BAD_ARG,
                      "the sound is longer than the 4 GiB that such a file holds; give a name that ends in "
                      ".rf64, .w64 or .caf",
                      error);
    }
    return STATUS_OK;
}

static enum status check_place(const struct audio_out *out, const struct sound_file *source, char *error)
{
    if (sound_file_is(source, out->path)) {
        return refuse(out, STATUS_BUSY, "is the file that is to be measured; give another one", error);
    }
    if (same_file(STDOUT_FILENO, out->path)) {
        return refuse(out, STATUS_BUSY, "is standard output, which carries the metrics; give another file",
                      error);
    }
    return STATUS_OK;
}

static enum status open_place(struct audio_out *out, char *error)
{
    /* O_NONBLOCK: a pipe that nobody reads is not waited for. */
    out->fd = open(out->path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666);
    if (out->fd < 0) {
        const int err = errno;
        snprintf(error, AUDIO_OUT_ERROR_MAX, "--audio-out %s: %s; give a file that can be written", out->path,
                 strerror(err));
        return status_from_errno(err);
    }
    if (lseek(out->fd, 0, SEEK_CUR) < 0) {
        return refuse(out, STATUS_BAD_ARG, "cannot be gone back in, as is needed for the header; give a file",
                      error);
    }
    (void)!ftruncate(out->fd, 0); /* a device has no length */
    return STATUS_OK;
}

static enum status failed(const struct audio_out *out, char *error)
{
    const int err = out->encoder.err;
    snprintf(error, AUDIO_OUT_ERROR_MAX, "%s: %s; what was written is not all", out->path,
             err ? strerror(err) : "libsndfile could not write it");
    return err ? status_from_errno(err) : STATUS_IO;
}

static enum status begin(struct audio_out *out, const struct sound_file *source, char *error)
{
    out->interleaved = calloc((size_t)SOUND_FILE_BLOCK * source->channels, sizeof(float));
    if (!out->interleaved) {
        return refuse(out, STATUS_NO_MEMORY, "out of memory", error);
    }
    return encoder_open(&out->encoder, out->fd, out->format->format, source->sample_rate, source->channels)
               ? STATUS_OK
               : failed(out, error);
}

static void release(struct audio_out *out)
{
    if (out->fd >= 0) {
        close(out->fd);
    }
    free(out->interleaved);
    *out = (struct audio_out){.fd = -1};
}

enum status audio_out_open(struct audio_out *out, const char *path, const struct audio_format *format,
                           const struct sound_file *source, char error[AUDIO_OUT_ERROR_MAX])
{
    *out = (struct audio_out){.path = path, .format = format, .fd = -1};
    enum status status = check_sound(out, source, error);
    if (status == STATUS_OK) {
        status = check_place(out, source, error);
    }
    if (status == STATUS_OK) {
        status = open_place(out, error);
    }
    if (status == STATUS_OK) {
        status = begin(out, source, error);
    }
    if (status) {
        encoder_close(&out->encoder);
        release(out);
    }
    return status;
}

/* --- writing */

/* What integers and lossy encoders can take. */
static float bounded(float sample, uint64_t *clipped)
{
    if (isnan(sample)) {
        return 0; /* as it was measured */
    }
    if (sample > 1 || sample < -1) {
        (*clipped)++;
        return sample > 1 ? 1 : -1;
    }
    return sample;
}

static void interleave(struct audio_out *out, float *const *channel, uint32_t count)
{
    for (uint32_t i = 0; i < out->channels; i++) {
        float *to = out->interleaved + i;
        for (uint32_t n = 0; n < count; n++, to += out->channels) {
            *to = out->format->exact ? channel[i][n] : bounded(channel[i][n], &out->clipped);
        }
    }
}

enum status audio_out_write(struct audio_out *out, float *const *channel, uint32_t count,
                            char error[AUDIO_OUT_ERROR_MAX])
{
    if (count > out->room) {
        snprintf(error, AUDIO_OUT_ERROR_MAX,
                 "%s: is full at 4 GiB, and what was written is not all; give a name that ends in .rf64, "
                 ".w64 or .caf",
                 out->path);
        out->failure = STATUS_IO;
        return out->failure;
    }
    out->room -= count;
    interleave(out, channel, count);
    if (!encoder_write(&out->encoder, out->interleaved, count)) {
        out->failure = failed(out, error);
    }
    return out->failure;
}

enum status audio_out_close(struct audio_out *out, char error[AUDIO_OUT_ERROR_MAX])
{
    error[0] = '\0';
    if (!out->path) {
        return STATUS_OK;
    }
    enum status status = out->failure;
    const bool whole = encoder_close(&out->encoder);
    /* Some file systems say only now that there is no room. */
    if (close(out->fd) != 0 && out->encoder.err == 0) {
        out->encoder.err = errno;
    }
    out->fd = -1;
    if (status == STATUS_OK && (!whole || out->encoder.err != 0)) {
        status = failed(out, error);
    } else if (status == STATUS_OK && out->clipped > 0) {
        snprintf(error, AUDIO_OUT_ERROR_MAX,
                 "%s: %" PRIu64 " samples beyond full scale were clipped; turn the sound down, or give a "
                 "name that ends in .wav, which keeps them",
                 out->path, out->clipped);
    }
    release(out);
    return status;
}
