/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jack-client/render/encoder.h"

#include "shared/telemetry.h"

#include <errno.h>
#include <sndfile.h>
#include <unistd.h>

/* --- what libsndfile writes through */

static sf_count_t file_size(void *user)
{
    const struct encoder *encoder = user;
    return encoder->size;
}

static sf_count_t file_tell(void *user)
{
    const struct encoder *encoder = user;
    return encoder->at;
}

static sf_count_t file_seek(sf_count_t offset, int whence, void *user)
{
    struct encoder *encoder = user;
    const int64_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? encoder->at : encoder->size;
    if (base + offset < 0) {
        return -1;
    }
    encoder->at = base + offset;
    return encoder->at;
}

static sf_count_t file_read(void *out, sf_count_t count, void *user)
{
    (void)out;
    (void)count;
    (void)user;
    return 0;
}

static void put(struct encoder *encoder, const char *from, int64_t count)
{
    int64_t done = 0;
    while (done < count && encoder->err == 0) {
        const ssize_t n = pwrite(encoder->fd, from + done, (size_t)(count - done), encoder->at + done);
        if (n > 0) {
            done += n;
        } else if (n == 0) {
            encoder->err = EIO;
        } else if (errno != EINTR) {
            encoder->err = errno;
        }
    }
}

/* libsndfile is told that all is well even when it is not, because it then tidies up as ever: for Vorbis it
 * leaks otherwise. */
static sf_count_t file_write(const void *from, sf_count_t count, void *user)
{
    struct encoder *encoder = user;
    if (encoder->fd >= 0) {
        put(encoder, from, count);
    }
    encoder->at += count;
    encoder->size = encoder->at > encoder->size ? encoder->at : encoder->size;
    return count;
}

/* --- the sound */

bool encoder_open(struct encoder *encoder, int fd, int format, uint32_t sample_rate, uint32_t channels)
{
    static SF_VIRTUAL_IO io = {file_size, file_seek, file_read, file_write, file_tell};
    SF_INFO info = {.format = format, .samplerate = (int)sample_rate, .channels = (int)channels};
    *encoder = (struct encoder){.fd = fd};
    encoder->handle = sf_open_virtual(&io, SFM_WRITE, &info, encoder);
    if (!encoder->handle) {
        return false;
    }
    /* Besides clipping, this has 1 be 2^23 in 24 bits, which is how they are read; without, it is 2^23 - 1.
     */
    sf_command(encoder->handle, SFC_SET_CLIPPING, NULL, SF_TRUE);
    /* It holds the time of day, and the same sound is to give the same bytes. (Only RF64 keeps it.) */
    sf_command(encoder->handle, SFC_SET_ADD_PEAK_CHUNK, NULL, SF_FALSE);
    return encoder->err == 0;
}

bool encoder_write(struct encoder *encoder, const float *samples, uint32_t count)
{
    return sf_writef_float(encoder->handle, samples, count) == (sf_count_t)count && encoder->err == 0;
}

bool encoder_close(struct encoder *encoder)
{
    const bool closed = encoder->handle && sf_close(encoder->handle) == 0;
    encoder->handle = NULL;
    return closed && encoder->err == 0;
}

bool encoder_can(int format, uint32_t sample_rate, uint32_t channels)
{
    static const float silence[CHANNELS_MAX];
    struct encoder trial;
    /* Ogg's encoder says only at the first sample that it does not take the rate. */
    const bool can =
        encoder_open(&trial, -1, format, sample_rate, channels) && encoder_write(&trial, silence, 1);
    return encoder_close(&trial) && can;
}
