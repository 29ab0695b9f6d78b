/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far a sound file can be believed. libsndfile passes over much: what a header promises and the file does
 * not hold, a block whose checksum fails, a second stream behind the first. So the containers are walked
 * through before it reads them, and it is shown no more than is sound. */
#ifndef PHICAST_JACK_CLIENT_RENDER_EXTENT_H
#define PHICAST_JACK_CLIENT_RENDER_EXTENT_H

#include "jack-client/render/bytes.h"

#include <stdbool.h>
#include <stdint.h>

struct extent {
    uint64_t end;      /* bytes: the file is to be read up to here */
    const char *fault; /* why not further, a phrase for people; NULL: all is well */
    const char *note;  /* what was taken otherwise than the file says; NULL: nothing */
    bool guessed;      /* nothing in the file says how long it is; libsndfile makes a guess */
    /* A size in the header to be read as if other bytes stood there, because nobody filled it in. */
    uint64_t patch_at;
    uint32_t patch_count; /* 0: none */
    unsigned char patch[8];
};

/* Formats that it does not know are believed whole. */
void extent_find(struct extent *extent, struct bytes *bytes);

/* For the walkers, each of which expects its own kind at position `at`: */

/* The file ends here, and why. */
void extent_stop(struct extent *extent, uint64_t at, const char *fault);

/* Looks at what follows the sound: padding with zeros and tags are no harm, all else is a fault. */
void extent_tail(struct extent *extent, const struct bytes *bytes, uint64_t at);

/* What the tag of ID3v2 at that position takes, 0 without one. */
uint64_t extent_id3_length(const struct bytes *bytes, uint64_t at);

/* Whether another sound file, or a tag, begins at that position. */
bool extent_begins(const struct bytes *bytes, uint64_t at);

void extent_chunks(struct extent *extent, const struct bytes *bytes, uint64_t at); /* WAV, AIFF, W64, CAF */
void extent_flac(struct extent *extent, struct bytes *bytes, uint64_t at);
void extent_ogg(struct extent *extent, struct bytes *bytes, uint64_t at);
void extent_mpeg(struct extent *extent, const struct bytes *bytes, uint64_t at);

#endif
