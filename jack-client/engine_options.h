/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the command lines of phicast-jack and phicast-render have in common: rows for a table of options whose
 * struct begins with a struct engine_config. */
#ifndef PHICAST_JACK_CLIENT_ENGINE_OPTIONS_H
#define PHICAST_JACK_CLIENT_ENGINE_OPTIONS_H

#include "jack-client/engine.h"
#include "shared/control.h"
#include "shared/options.h"

#include <stddef.h>

#define ENGINE_AT(member) offsetof(struct engine_config, member)

/* clang-format off */
#define ENGINE_ROWS \
    {"window", 0, OPTION_POWER2, "W", "samples in the analysis window, a power of two", \
     ENGINE_AT(analysis.window), ANALYSIS_WINDOW_MIN, ANALYSIS_WINDOW_MAX}, \
    {"hop", 0, OPTION_POWER2, "H", "samples from frame to frame, a power of two, at most W", \
     ENGINE_AT(analysis.hop), ANALYSIS_HOP_MIN, ANALYSIS_WINDOW_MAX}, \
    {"gate-db", 0, OPTION_DOUBLE, "DB", "a channel below this level is inactive, in dBFS", \
     ENGINE_AT(analysis.gate_db), ANALYSIS_GATE_MIN, ANALYSIS_GATE_MAX}, \
    {"tau-smooth-ms", 0, OPTION_DOUBLE, "MS", "smoothing of ICI, coherence and centroid, 0 = none", \
     ENGINE_AT(analysis.smooth_ms), 0, ANALYSIS_SMOOTH_MAX}, \
    {"tau-criticality-ms", 0, OPTION_DOUBLE, "MS", "memory of the criticality", \
     ENGINE_AT(analysis.criticality_ms), ANALYSIS_CRITICALITY_MIN, ANALYSIS_CRITICALITY_MAX}, \
    {"ici-threshold", 0, OPTION_DOUBLE, "X", "from here on the sound counts as integrated", \
     ENGINE_AT(ici_threshold), 0, STATES_ICI_MAX}, \
    {"criticality-threshold", 0, OPTION_DOUBLE, "X", "from here on the sound counts as bursting", \
     ENGINE_AT(criticality_threshold), 0, STATES_CRITICALITY_MAX}, \
    {"bands", 0, OPTION_UINT, "N", "bands of frequency, when bands are asked for", ENGINE_AT(analysis.bands), \
     1, BANDS_MAX}, \
    {"bands-per-channel", 0, OPTION_FLAG, NULL, "each channel's own bands as well", \
     ENGINE_AT(analysis.channel_bands), 0, 0}, \
    {"band-release-ms", 0, OPTION_DOUBLE, "MS", "time in which the bands' levels fall, 0 = at once", \
     ENGINE_AT(analysis.band_release_ms), 0, ANALYSIS_RELEASE_MAX}, \
    {"onset-threshold", 0, OPTION_DOUBLE, "X", "how much must begin to be an onset: less finds more", \
     ENGINE_AT(analysis.onset_threshold), ONSETS_THRESHOLD_MIN, ONSETS_THRESHOLD_MAX}, \
    {"breathing", 0, OPTION_FLAG, NULL, "let the outputs breathe from the start", ENGINE_AT(breathing), 0, 0}, \
    {"phi-depth", 0, OPTION_DOUBLE, "X", "depth of the breathing", ENGINE_AT(phi_depth), \
     COMMAND_DEPTH_MIN, COMMAND_DEPTH_MAX}, \
    {"phi-phase", 0, OPTION_DOUBLE, "RAD", "phase at which the breathing begins, in radians", ENGINE_AT(phi_phase), \
     0, ENGINE_PHASE_MAX}, \
    {"phi-rate", 0, OPTION_DOUBLE, "HZ", "rate of the breathing, in Hz", \
     ENGINE_AT(phi_rate), BREATHING_RATE_MIN, BREATHING_RATE_MAX}, \
    {"auto-phi", 0, OPTION_FLAG, NULL, "steer the breathing so that criticality comes to 1", ENGINE_AT(auto_phi), 0, 0}
/* clang-format on */

/* What no single row can see. OPTIONS_RUN: it is good; OPTIONS_ERROR: `error`, of OPTION_ERROR_MAX bytes,
 * names the option and the cure. */
enum options_result engine_options_check(const struct engine_config *config, char *error);

#endif
