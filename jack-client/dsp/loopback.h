/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The test signal of the calibration, and where in a recording it comes back. Setup threads: these allocate.
 */
#ifndef PHICAST_JACK_CLIENT_DSP_LOOPBACK_H
#define PHICAST_JACK_CLIENT_DSP_LOOPBACK_H

#include "shared/status.h"

#include <stdint.h>

enum { LOOPBACK_SIGNAL = 16384 /* samples: a third of a second at 48 kHz */ };

enum loopback_verdict {
    LOOPBACK_FOUND,
    LOOPBACK_SILENT,   /* nothing at all came back */
    LOOPBACK_CLIPPED,  /* what came back is cut off at full scale */
    LOOPBACK_NOISE,    /* something came back, but not the signal */
    LOOPBACK_AMBIGUOUS /* the signal came back more than once, about equally loud */
};

struct loopback_result {
    enum loopback_verdict verdict;
    double delay;      /* samples, with a fraction; the strongest return, whatever the verdict */
    double gain;       /* of that return: 1 = as loud as it was sent; negative: turned over */
    double confidence; /* 0...1: how far it stands out over the next best */
};

/* White pseudo-random noise of two values, +level and -level (1 = full scale): the same every time. */
void loopback_signal(float *out, float level);

/* Finds the signal of that level in a recording of `length` samples (at least LOOPBACK_SIGNAL) that began
 * with it, at any delay of 0 ... length - LOOPBACK_SIGNAL samples, by cross-correlation. STATUS_BAD_ARG,
 * STATUS_NO_MEMORY. */
MUST_CHECK enum status loopback_find(const float *recording, uint32_t length, float level,
                                     struct loopback_result *result);

/* A sentence for people. */
const char *loopback_verdict_str(enum loopback_verdict verdict);

#endif
