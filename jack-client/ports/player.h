/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Plays the calibration's signal and records what comes back, sample by sample in step. */
#ifndef PHICAST_JACK_CLIENT_PORTS_PLAYER_H
#define PHICAST_JACK_CLIENT_PORTS_PLAYER_H

#include "shared/rt_safe.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum player_state {
    PLAYER_IDLE,    /* the control thread's: the buffers are its own */
    PLAYER_RUNNING, /* the RT thread's */
    PLAYER_DONE,    /* the control thread's again, and the recording whole */
    PLAYER_SPOILED  /* likewise, but samples were missed */
};

/* Start from {0}. The state is stored with release by whichever thread gives the buffers away. */
struct player {
    _Atomic uint32_t state; /* enum player_state */
    const float *signal;
    uint32_t signal_length; /* samples */
    float *recording;
    uint32_t length; /* samples to record, at least signal_length */
    uint32_t position;
};

/* Fills out with the signal, or with silence; takes in down. gap: samples are missing before this block. */
RT_SAFE void player_pass(struct player *player, const float *in, float *out, uint32_t count, bool gap);

#endif
