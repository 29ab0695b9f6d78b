/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A sound file in the making. libsndfile writes it through callbacks of ours: so what the system said of a
 * write is known, and a trial writes nothing at all. */
#ifndef PHICAST_JACK_CLIENT_RENDER_ENCODER_H
#define PHICAST_JACK_CLIENT_RENDER_ENCODER_H

#include <stdbool.h>
#include <stdint.h>

struct encoder {
    void *handle;
    int fd; /* can be sought in; -1: a trial, what comes is let go; not owned */
    int64_t at;
    int64_t size; /* bytes */
    int err;      /* the errno of the first write that failed; 0: none */
};

/* Begins a file. format: one of libsndfile's (SF_FORMAT_...). In integer formats full scale is 1, as where
 * they are read, and what lies beyond is clipped. False: it cannot be; encoder_close does no harm. */
bool encoder_open(struct encoder *encoder, int fd, int format, uint32_t sample_rate, uint32_t channels);

/* Interleaved; count: samples per channel. */
bool encoder_write(struct encoder *encoder, const float *samples, uint32_t count);

/* Writes what is held back, and the header anew. False if that, or anything before, was not all written. */
bool encoder_close(struct encoder *encoder);

/* Whether the libsndfile here writes such a file. */
bool encoder_can(int format, uint32_t sample_rate, uint32_t channels);

#endif
