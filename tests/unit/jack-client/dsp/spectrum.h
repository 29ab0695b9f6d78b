/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How loud the loudest partial is that does not belong to a tone: for tests that listen for clicks. */
#ifndef PHICAST_TESTS_UNIT_JACK_CLIENT_DSP_SPECTRUM_H
#define PHICAST_TESTS_UNIT_JACK_CLIENT_DSP_SPECTRUM_H

#include <stddef.h>

enum { SPECTRUM_SIZE = 8192 };

/* The largest amplitude (1 = full scale) anywhere from 0 Hz to half the rate that lies further than `away`
 * from the tone, both in cycles per sample, in any window of SPECTRUM_SIZE samples (Blackman-Harris, whose
 * side lobes lie 92 dB down) of sound[0...count-1], one window every 256 samples. */
double spectrum_stray(const float *sound, size_t count, double tone, double away);

#endif
