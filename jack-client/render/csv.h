/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Frames as comma-separated values (RFC 4180, lines ending with a line feed): a line of names, then a line
 * for each frame. Names are those of the messages (timestamp, ici), or OSC's addresses with _ for / where
 * there are several (channel_1_frequency, level_2_rms, band_8); flags are 0 or 1. */
#ifndef PHICAST_JACK_CLIENT_RENDER_CSV_H
#define PHICAST_JACK_CLIENT_RENDER_CSV_H

#include "shared/telemetry.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* What there are columns for: those of the snapshot's channels, bands and parts, the same for every line.
 * False: it could not be written; errno says why. */
bool csv_print_names(FILE *out, const struct metrics_snapshot *snapshot);
bool csv_print_frame(FILE *out, const struct metrics_snapshot *snapshot);

#endif
