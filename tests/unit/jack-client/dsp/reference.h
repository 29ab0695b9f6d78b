/* SPDX-License-Identifier: GPL-3.0-or-later */
/* docs/metrics.md once more, in double precision, as slow and as plain as can be: what the analysis is
 * compared with.
 */
#ifndef PHICAST_TESTS_UNIT_JACK_CLIENT_DSP_REFERENCE_H
#define PHICAST_TESTS_UNIT_JACK_CLIENT_DSP_REFERENCE_H

#include "jack-client/dsp/analysis.h"

#include <stdbool.h>
#include <stdint.h>

struct reference_channel {
    bool active;
    bool
        ambiguous;    /* not to be compared: rounding decides which of two peaks, or of two neighbours, is
                         taken; or bin 1,   with an offset in it, is so strong that the formula nears its pole */
    double frequency; /* Hz */
    double amplitude;
    double phase; /* rad */
};

struct reference_frame {
    uint32_t active_channels;
    double ici;
    double paired; /* the ICI's denominator over the sum of S2: with little overlap between the channels it is
                      a ratio of small differences */
    double phase_coherence;
    double spectral_centroid; /* Hz */
    double criticality;
    struct reference_channel channel[CHANNELS_MAX];
};

struct reference;

struct reference *reference_new(const struct analysis_config *config);
void reference_free(struct reference *reference);

/* The next frame: the W samples of each channel that end where the frame ends. */
struct reference_frame reference_next(struct reference *reference, const float *const *window);

#endif
