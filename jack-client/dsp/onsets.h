/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Onsets: where something new begins. SuperFlux (Boeck & Widmer 2013) without a look ahead: how much the
 * spectrum, on a scale of loudness and over a maximum filter that forgives vibrato, has risen within two
 * hops. */
#ifndef PHICAST_JACK_CLIENT_DSP_ONSETS_H
#define PHICAST_JACK_CLIENT_DSP_ONSETS_H

#include "shared/rt_safe.h"
#include "shared/telemetry.h"

#include <stdbool.h>
#include <stdint.h>

#define ONSETS_THRESHOLD_MIN 0.01
#define ONSETS_THRESHOLD_MAX 10

struct analysis_onset {
    bool found;
    float strength;       /* 0...1 */
    uint32_t band;        /* that rose most, from 0 */
    float seconds_before; /* the end of the frame that it was found in */
};

struct onsets {
    float shown; /* strength of the last one, falling */
};

RT_SAFE void onsets_restart(struct onsets *onsets);
RT_SAFE struct analysis_onset onsets_frame(struct onsets *onsets, const float *amplitude);

#endif
