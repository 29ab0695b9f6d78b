/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sound files made for a test, in a directory of their own. */
#ifndef PHICAST_TESTS_UNIT_JACK_CLIENT_RENDER_WAVE_H
#define PHICAST_TESTS_UNIT_JACK_CLIENT_RENDER_WAVE_H

#include <stddef.h>
#include <stdint.h>

enum { WAVE_PATH_MAX = 512 };

/* Makes the directory; aborts if it cannot. wave_close removes it and all that is in it. */
void wave_open(void);
void wave_close(void);

/* The path of a file in it; valid until the next call. */
const char *wave_path(const char *name);

/* Writes a file of so many samples per channel, interleaved; format as of libsndfile (SF_FORMAT_...). Fails a
 * CUnit assertion if it cannot. */
void wave_write(const char *name, int format, int rate, int channels, const float *interleaved, size_t count);

/* Writes a file of any bytes. */
void wave_write_bytes(const char *name, const void *bytes, size_t count);

#endif
